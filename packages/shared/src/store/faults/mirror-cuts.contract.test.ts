import { jest } from '@jest/globals';
import {
  type EtcdCluster,
  eventually,
  many,
  put,
  remove,
  seededRandom,
  startEtcd,
  TcpProxy,
} from '../../testing/index.js';
import { systemClock } from '../../runtime/clock.js';
import { openStore } from '../etcd-store.js';
import type { Mirror, Store } from '../store.js';

const ROOT = '/faults/';

/** As text, so that a difference is readable. */
function contentOf(entries: Mirror['entries']): Record<string, string> {
  return Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value]));
}

describe('a mirror behind a bad connection', () => {
  jest.setTimeout(90_000);
  let cluster: EtcdCluster;
  let proxy: TcpProxy;
  /** Behind the proxy. */
  let store: Store;
  /** Straight to etcd. */
  let writer: Store;

  beforeEach(async () => {
    cluster = await startEtcd();
    proxy = await TcpProxy.open(cluster.first.port);
    store = openStore({ endpoints: [proxy.endpoint], root: ROOT });
    writer = openStore({ endpoints: cluster.endpoints, root: ROOT });
  });
  afterEach(async () => {
    proxy.release();
    await store.close();
    await writer.close();
    await proxy.close();
    await cluster.close();
  });

  async function expectTruth(mirror: Mirror, withinMs = 20_000): Promise<void> {
    await eventually(
      async () => {
        if (!mirror.isFresh) return false;
        const truth = await writer.snapshot([mirror.prefix]);
        expect(contentOf(mirror.entries)).toEqual(contentOf(truth.entries));
        return true;
      },
      withinMs,
      'a mirror equal to etcd',
    );
  }

  test('loses nothing when it is cut right after the watch was created, again and again', async () => {
    const mirror = store.mirror('m/');
    let cuts = 0;
    mirror.onChange(() => {
      if (!mirror.isFresh || cuts >= 5) return;
      cuts += 1;
      proxy.cut();
    });
    for (let round = 0; round < 200; round += 1) {
      await writer.commit([put(`m/${round}`, `round ${round}`)]);
    }
    await eventually(() => cuts === 5, 30_000, 'five cuts');
    await expectTruth(mirror);
    expect(mirror.entries.size).toBe(200);
  });

  test('ends at the truth after a storm of cuts while others write', async () => {
    const random = seededRandom(7);
    const mirror = store.mirror('m/');
    await mirror.whenFresh();
    const revisions: bigint[] = [];
    mirror.onChange(() => revisions.push(mirror.revision));
    const storm = new AbortController();
    const cutting = (async () => {
      for (let cut = 0; cut < 25; cut += 1) {
        await systemClock.sleep(10 + random() * 390);
        proxy.cut();
      }
      storm.abort();
    })();
    for (let round = 0; !storm.signal.aborted; round += 1) {
      const key = `m/${Math.floor(random() * 50)}`;
      await writer.commit([random() < 0.3 ? remove(key) : put(key, String(round)), put('m/round')]);
    }
    await cutting;
    await expectTruth(mirror);
    expect(revisions).toEqual([...revisions].sort((a, b) => Number(a - b)));
  });

  test('is not disturbed when another one of the same store is closed', async () => {
    const staying = store.mirror('m/');
    const leaving = store.mirror('n/');
    await Promise.all([staying.whenFresh(), leaving.whenFresh()]);
    const connections = proxy.connectionCount;
    await leaving.close();
    const closedAtMs = systemClock.monotonicMs();
    // Longer than it takes the pings to find a channel that was closed under the stream.
    await eventually(() => systemClock.monotonicMs() - closedAtMs > 12_000, 20_000);
    expect(staying.problem).toBeUndefined();
    expect(proxy.connectionCount).toBe(connections);
  });

  test('is stale as soon as it is cut off, and knows why', async () => {
    const mirror = store.mirror('m/');
    await mirror.whenFresh();
    proxy.refuse();
    await eventually(() => !mirror.isFresh, 5_000);
    await eventually(() => mirror.problem !== undefined, 10_000);
    expect(mirror.problem?.code).toBe('ETCD_UNAVAILABLE');
    expect(mirror.problem?.message).toContain(proxy.endpoint);
    proxy.welcome();
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    expect(mirror.problem).toBeUndefined();
  });

  test('is stale within seconds when bytes are held, keeps its entries, and comes back', async () => {
    await writer.commit([put('m/1')]);
    const mirror = store.mirror('m/');
    await mirror.whenFresh();
    proxy.hold();
    const heldAtMs = systemClock.monotonicMs();
    await writer.commit([put('m/2')]);
    await eventually(() => !mirror.isFresh, 10_000, 'a stale mirror');
    expect(systemClock.monotonicMs() - heldAtMs).toBeLessThan(6_000);
    expect([...mirror.entries.keys()]).toEqual(['m/1']);
    proxy.release();
    await expectTruth(mirror);
  });

  test('sees the truth when etcd has compacted what happened while it was away', async () => {
    await writer.commit(many(50));
    const mirror = store.mirror('many/');
    await mirror.whenFresh();
    proxy.refuse();
    await eventually(() => !mirror.isFresh, 5_000);
    await writer.commit([...many(20).map(({ key }) => remove(key)), put('many/new')]);
    const { revision } = await writer.snapshot(['many/']);
    await cluster.ctl(['compact', revision.toString()]);
    proxy.welcome();
    await expectTruth(mirror);
    expect(mirror.entries.size).toBe(31);
  });

  test('sees the truth after etcd has lost all its data', async () => {
    await writer.commit([...many(20), put('many/old')]);
    const mirror = store.mirror('many/');
    await mirror.whenFresh();
    await cluster.first.wipe();
    await writer.commit([put('many/new')]);
    await expectTruth(mirror, 30_000);
    expect([...mirror.entries.keys()]).toEqual(['many/new']);
    await writer.commit([put('many/newer')]);
    await eventually(() => mirror.entries.has('many/newer'), 10_000);
  });

  test('sees the truth after kills of etcd in the middle of writes', async () => {
    const mirror = store.mirror('m/');
    await mirror.whenFresh();
    for (let kill = 0; kill < 3; kill += 1) {
      const writing = (async () => {
        for (let round = 0; round < 100; round += 1) {
          await writer.commit([put(`m/${kill}-${round}`)]).catch(() => undefined);
        }
      })();
      await cluster.first.restart();
      await writing;
    }
    await expectTruth(mirror, 30_000);
  });
});
