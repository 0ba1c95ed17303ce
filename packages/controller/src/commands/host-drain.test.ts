import { hostId, keys, nameRecordCodec, parseInstanceId } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { noStreams } from '../testing/streams.js';
import type { CommandContext } from './context.js';
import { drain } from './host-drain.js';

const { signal } = new AbortController();
const host = hostId('host-a');

/** A host that runs one instance, and another one whose agent does nothing: nothing gets well there. */
async function bed() {
  const cluster = new FakeCluster('host-a');
  const context = { appliedBy: 'a', files: [], nowMs: 1 };
  cluster.commit(planProject(cluster.view, project(service('web')), context));
  const [web] = cluster.view.placements;
  const { instance, specHash, spec } = web!;
  const record = nameRecordCodec.encode({
    ...{ instance, host, specHash, containerName: spec.containerName, aliases: [] },
    ...{ ip: '10.4.1.2', condition: 'ready' },
    ...parseInstanceId(instance)!,
  });
  cluster.entries.set(keys.name(instance), record);
  cluster.report(web!, { state: 'running', health: 'none', startedAtMs: 0 }, { ip: '10.4.1.2' });
  cluster.addHost('host-b');
  const store = new MemoryStore({ clock: systemClock });
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  const said: string[] = [];
  const command: CommandContext = {
    ...{ out: (text) => said.push(text), err: (text) => said.push(text) },
    ...{ readStdin: () => Promise.resolve(''), streams: noStreams(), signal },
    ...{ clock: systemClock, env: {}, cwd: '/', user: 'alice@ops1' },
  };
  const wanted = async (): Promise<readonly string[]> =>
    (await readView(store, signal)).placements.map((it) => `${it.host} ${it.wanted}`).sort();
  return { store, said, command, wanted };
}

const args = { progress: 'quiet', detach: false } as const;
const aboutTime = (said: readonly string[]): readonly string[] =>
  said.filter((line) => /within|deadline/.test(line));

it.each([
  ['at its deadline', { timeout: 300, deadline: 1 }],
  ['at its deadline although --timeout is shorter', { timeout: 0.5, deadline: 2 }],
])(
  '%s stops what is not well elsewhere, and says that once and nothing else of time',
  async (_when, times) => {
    const { store, said, command, wanted } = await bed();
    await drain(command, store, host, { ...args, ...times });
    expect(aboutTime(said)).toEqual([
      `the deadline of ${times.deadline} s has passed: what still runs beside its successor is stopped`,
    ]);
    expect(await wanted()).toEqual(['host-b running']);
  },
  20_000,
);

it('without a deadline says what has not come up elsewhere in time, and stops nothing', async () => {
  const { store, said, command, wanted } = await bed();
  expect(await drain(command, store, host, { ...args, timeout: 1, deadline: undefined })).not.toBe(
    0,
  );
  expect(aboutTime(said)).toEqual(['note: shop did not converge within 1 s']);
  expect(await wanted()).toEqual(['host-a running', 'host-b running']);
  expect((await store.get(keys.hostPolicy(host)))?.value).toContain('draining');
}, 20_000);

it('of a host that is away it says not that it is empty', async () => {
  const { store, said, command } = await bed();
  await store.commit([{ kind: 'delete', key: keys.hostSession(host) }]);
  expect(await drain(command, store, host, { ...args, timeout: 1, deadline: undefined })).toBe(0);
  expect(said.at(-1)).toMatch(/^nothing is placed on host-a any more; it is away: /);
}, 20_000);
