import { jest } from '@jest/globals';
import { startEtcd, type EtcdCluster } from '../testing/etcd-process.js';
import { seededRandom } from '../testing/seeded-random.js';
import { put, remove } from '../testing/store-writes.js';
import { openStore } from './etcd-store.js';
import type { Snapshot, Store, Write } from './store.js';

/** Reading again what was read a moment ago, from a real etcd: the same answer, for less. */

jest.setTimeout(90_000);

let cluster: EtcdCluster;
let store: Store;
beforeEach(async () => {
  cluster = await startEtcd();
  store = openStore({ endpoints: cluster.endpoints });
});
afterEach(async () => {
  await store.close();
  await cluster.close();
});

const contents = ({ entries }: Pick<Snapshot, 'entries'>): readonly unknown[] =>
  [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));

async function sentBytes(): Promise<number> {
  const text = await (await fetch(`${cluster.first.endpoint}/metrics`)).text();
  return Number(/^etcd_network_client_grpc_sent_bytes_total (\S+)$/m.exec(text)?.[1]);
}

async function bytesOf(work: () => Promise<unknown>): Promise<number> {
  const before = await sentBytes();
  await work();
  return (await sentBytes()) - before;
}

it('is the same as reading all of it, whatever was written and deleted in between', async () => {
  const random = seededRandom(11);
  const below = (limit: number): number => Math.floor(random() * limit);
  const write = (): Write => {
    const key = `${['a/', 'b/', 'b/c/', 'd/'][below(4)] ?? ''}${below(12)}`;
    return below(3) === 0 ? remove(key) : put(key, `${below(1_000)}`);
  };
  const prefixes = ['a/', 'b/', 'e'];
  let snapshot = await store.snapshot(prefixes);
  for (let round = 0; round < 120; round += 1) {
    for (let writes = below(6); writes > 0; writes -= 1) await store.commit([write()]);
    const whole = await store.snapshot(prefixes);
    const again = await store.snapshot(prefixes, undefined, { prefixes, snapshot });
    expect(contents(again)).toEqual(contents(whole));
    expect(again.revision).toBe(whole.revision);
    const narrower = await store.snapshot(['b/c/', 'd/'], undefined, { prefixes, snapshot });
    expect(contents(narrower)).toEqual(contents(await store.snapshot(['b/c/', 'd/'])));
    snapshot = below(3) === 0 ? snapshot : again;
  }
});

describe('where there is much, and little has changed', () => {
  const prefixes = ['much/', 'little/'];
  let snapshot: Snapshot;
  beforeEach(async () => {
    const value = 'x'.repeat(1_000);
    const writes = Array.from({ length: 2_500 }, (_, at) => put(`much/${at}`, value));
    await store.commit([...writes, put('little/a')]);
    snapshot = await store.snapshot(prefixes);
    await store.commit([put('much/7', 'changed'), put('much/new'), put('little/a', 'changed')]);
  });

  it('etcd sends what has changed', async () => {
    const read = (): Promise<unknown> =>
      store.snapshot(prefixes, undefined, { prefixes, snapshot });
    expect(await bytesOf(read)).toBeLessThan(5_000);
    expect(await bytesOf(() => store.snapshot(prefixes))).toBeGreaterThan(2_500_000);
  });

  it('and the keys, without what they hold, where something was deleted', async () => {
    await store.commit([remove('much/9')]);
    let again = snapshot;
    const read = async (): Promise<void> => {
      again = await store.snapshot(prefixes, undefined, { prefixes, snapshot });
    };
    expect(await bytesOf(read)).toBeLessThan(250_000);
    expect(again.entries.has('much/9')).toBe(false);
    expect(again.entries.size).toBe(2_501);
  });

  it('a mirror begins with it', async () => {
    const mirror = store.mirror('much/', { prefixes, snapshot });
    expect(await bytesOf(() => mirror.whenFresh())).toBeLessThan(20_000);
    expect([mirror.entries.size, mirror.entries.get('much/7')?.value]).toEqual([2_501, 'changed']);
    await store.commit([remove('much/7')]);
    while (mirror.entries.has('much/7')) await new Promise((next) => setTimeout(next, 10));
    await mirror.close();
  });

  it('nothing is built upon what another etcd has said', async () => {
    const origin = { etcd: 'another', askedAtMs: snapshot.origin?.askedAtMs ?? 0 };
    const entry = { key: 'much/9', value: 'of another', createRevision: 9n, modRevision: 9n };
    const entries = new Map([...snapshot.entries, [entry.key, entry]]);
    const other = { ...snapshot, origin, entries };
    const again = await store.snapshot(prefixes, undefined, { prefixes, snapshot: other });
    expect(again.entries.get(entry.key)?.value).toHaveLength(1_000);
  });
});
