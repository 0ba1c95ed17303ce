import { keys, NapError } from '@nap/shared';
import { eventually } from '@nap/shared/testing';
import { appliedStore } from '../testing/applied-store.js';
import { project, service } from '../testing/builders.js';
import type { CommandContext, Screen } from './context.js';
import { watchPs } from './ps-watch.js';
import { systemClock } from '@nap/shared/runtime';
import { noStreams } from '../testing/streams.js';

/** A context that can be interrupted, and what it was told. */
function context(screen?: Screen) {
  const said: string[] = [];
  const stop = new AbortController();
  const made: CommandContext = {
    ...{ out: (text) => said.push(text), err: (text) => said.push(text) },
    openScreen: screen && (() => Promise.resolve(screen)),
    ...{
      readStdin: () => Promise.resolve(''),
      streams: noStreams(),
      signal: stop.signal,
      clock: systemClock,
    },
    ...{ env: {}, cwd: '/', user: 'alice@ops1' },
  };
  return {
    context: made,
    said,
    interrupt: (): void => {
      stop.abort(new NapError('INTERRUPTED', 'interrupted by SIGINT'));
    },
  };
}

it('without a terminal it says what changes, until it is interrupted', async () => {
  const { cluster, store } = await appliedStore(project(service('web')));
  const { context: it, said, interrupt } = context();
  const watching = watchPs(it, store, { project: 'shop' }, 'table');
  await eventually(() => {
    expect(said).toEqual(['shop-web-1 on host-a waiting: host-a has not reported yet']);
  }, 5_000);
  const [web] = cluster.view.placements;
  cluster.report(web!, { state: 'running', health: 'none', startedAtMs: 0 }, { ip: '10.4.1.2' });
  const key = keys.report(web!.instance);
  await store.commit([{ kind: 'put', key, value: cluster.entries.get(key) ?? '' }]);
  await eventually(() => {
    expect(said[1]).toBe('shop-web-1 on host-a running at 10.4.1.2');
  }, 5_000);
  interrupt();
  await expect(watching).resolves.toBe(0);
});

it('says of a project that is not there that there are others, and waits for it', async () => {
  const { store } = await appliedStore(project(service('web')));
  const { context: it, said, interrupt } = context();
  const watching = watchPs(it, store, { project: 'shpo' }, 'table');
  await eventually(() => {
    expect(said).toEqual(['note: no project shpo in this cluster yet; there are: shop']);
  }, 5_000);
  interrupt();
  await expect(watching).resolves.toBe(0);
});

it('on a terminal it is shown in place, and the terminal is left as it was', async () => {
  const { store } = await appliedStore(project(service('web')));
  const shown: string[] = [];
  let left = 0;
  const {
    context: it,
    said,
    interrupt,
  } = context({
    size: () => ({ rows: 20, columns: 120 }),
    show: (text) => shown.push(text),
    leave: () => (left += 1),
  });
  const watching = watchPs(it, store, { project: undefined }, 'table');
  await eventually(() => {
    expect(shown[0]).toMatch(/^1 instances, 0 well/);
  }, 5_000);
  store.disconnect();
  await eventually(() => {
    expect(shown.at(-1)).toContain('as last seen: ');
  }, 5_000);
  interrupt();
  await expect(watching).resolves.toBe(0);
  expect({ left, said }).toEqual({ left: 1, said: [] });
});
