import { hostCheckCodec, hostId, keys, NapError } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { hostProblems } from './host-problems.js';

const { signal } = new AbortController();
const onHosts = (...hosts: readonly string[]): NapError =>
  new NapError('NOT_CONVERGED', 'shop did not converge', {
    details: { failed: hosts.map((host) => ({ instance: 'shop.web.1', host, message: '' })) },
  });

async function storeWith(values: Readonly<Record<string, string>>): Promise<MemoryStore> {
  const store = new MemoryStore({ clock: systemClock });
  const puts = Object.entries(values).map(([host, value]) => {
    return { kind: 'put' as const, key: keys.check(hostId(host)), value };
  });
  await store.commit(puts);
  return store;
}

const saying = (...problems: string[]): string =>
  hostCheckCodec.encode({ projects: {}, problems, atMs: 1 });

it('are those of the hosts of what did not come up, once', async () => {
  const store = await storeWith({ a: saying('no flannel'), b: saying('silent'), c: saying('x') });
  expect(await hostProblems(store, onHosts('b', 'a', 'b', 'd'), signal)).toEqual([
    'a: no flannel',
    'b: silent',
  ]);
});

it('are none where they cannot be read, or nothing has failed', async () => {
  const store = await storeWith({ a: 'not JSON' });
  expect(await hostProblems(store, onHosts('a'), signal)).toEqual([]);
  expect(await hostProblems(store, new NapError('NOT_CONVERGED', 'x'), signal)).toEqual([]);
});
