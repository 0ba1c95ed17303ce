import { hostFactsCodec, hostId, keys, type HostFacts } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { ManualClock, MemoryEtcd, MemoryStore } from '@nap/shared/testing';
import { factsPublisher } from './facts-publisher.js';

const host = hostId('host-a');
const key = keys.hostFacts(host);

it('writes what is seen, again only when it is something else or etcd has lost it', async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const store = new MemoryStore({ etcd });
  const seen = { facts: { interfaces: [], disks: [] } as HostFacts };
  const asked: string[] = [];
  const publisher = factsPublisher({
    ...{ host, store, clock, random: () => 0.5, log: silentLog },
    collect: (network) => {
      asked.push(network);
      return Promise.resolve(seen.facts);
    },
  });
  await publisher.start(new AbortController().signal);
  await clock.advance(1_000);
  const first = await store.get(key);
  expect(hostFactsCodec.decode(first?.value ?? '', key)).toEqual(seen.facts);
  await clock.advance(300_000);
  expect(asked.length).toBeGreaterThan(3);
  expect(new Set(asked)).toEqual(new Set(['bridge']));
  expect((await store.get(key))?.modRevision).toBe(first?.modRevision);
  await store.commit([{ kind: 'delete', key }]);
  await clock.advance(70_000);
  expect((await store.get(key))?.value).toBe(first?.value);
  seen.facts = { ...seen.facts, uplink: 'eth0' };
  await clock.advance(70_000);
  expect((await store.get(key))?.value).toContain('eth0');
  await publisher.stop();
});
