import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import {
  type EtcdCluster,
  eventually,
  leased,
  put,
  startEtcd,
  TcpProxy,
} from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import { STORE_LIMITS } from '../limits.js';
import type { Store } from '../store.js';

/** There and back, twice, for the first answer on a new connection: more than the first attempt of a call has. */
const ONE_WAY_MS = 500;
/** The same, but the first attempt of a call is heard before it is given up: what it asks for happens, and nobody learns of it. */
const HEARD_ONE_WAY_MS = 450;
/** An answer on a connection that stands comes later than the first attempt of a call has. */
const LATE_ONE_WAY_MS = 900;
/** Long enough for several probes and keepalives. */
const STAYS_FOR_MS = 12_000;

describe('an etcd that takes its time', () => {
  jest.setTimeout(120_000);
  let cluster: EtcdCluster;
  let proxies: TcpProxy[];
  let store: Store;

  const lag = (ms: number, of: readonly TcpProxy[] = proxies): void => {
    for (const proxy of of) proxy.lag(ms);
  };
  const connections = (): number => proxies.reduce((sum, it) => sum + it.connectionCount, 0);

  async function openBy(endpoints: number): Promise<void> {
    proxies = await Promise.all(
      Array.from({ length: endpoints }, async () => TcpProxy.open(cluster.first.port)),
    );
    store = openStore({ endpoints: proxies.map(({ endpoint }) => endpoint), root: '/far/' });
  }

  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(async () => {
    await cluster.close();
  });
  afterEach(async () => {
    lag(0);
    await store.close();
    for (const proxy of proxies) await proxy.close();
  });

  test.each([1, 3])(
    'behind %d endpoint(s) is lived with: from the first call on, by mirrors, sessions and writes',
    async (endpoints) => {
      await openBy(endpoints);
      lag(ONE_WAY_MS);
      const mirror = store.mirror('m/');
      const session = await store.session({ ttlS: 10 });
      await store.commit([leased('m/1')], { session });
      await eventually(() => mirror.isFresh && mirror.entries.has('m/1'), 20_000, 'a fresh mirror');
      // What the first proof is about is seconds old already.
      await systemClock.sleep(STORE_LIMITS.staleAfterMs);
      const opened = connections();
      let troubles = 0;
      session.onLost(() => (troubles += 1));
      mirror.onChange(() => (troubles += mirror.isFresh ? 0 : 1));
      await systemClock.sleep(STAYS_FOR_MS);
      await store.commit([put('m/2')]);
      await eventually(() => mirror.entries.has('m/2'), 10_000, 'what was written');
      expect({ troubles, opened: connections() }).toEqual({ troubles: 0, opened });
    },
  );

  test('has granted the lease that a session asked for, and nobody has heard of it', async () => {
    await openBy(3);
    lag(HEARD_ONE_WAY_MS);
    const session = await store.session({ ttlS: 10 });
    expect(session.isValid()).toBe(true);
    await store.commit([leased('s/1')], { session });
  });

  test('is found again after all connections were cut', async () => {
    await openBy(1);
    const mirror = store.mirror('m/');
    const session = await store.session({ ttlS: 10 });
    await mirror.whenFresh();
    lag(ONE_WAY_MS);
    for (const proxy of proxies) proxy.cut();
    await eventually(() => !mirror.isFresh, 10_000, 'a stale mirror');
    await mirror.whenFresh(AbortSignal.timeout(30_000));
    await systemClock.sleep(STORE_LIMITS.silentAfterMs);
    await eventually(() => session.isValid(), 20_000, 'a valid session');
    expect(mirror.isFresh).toBe(true);
  });

  test('is left for an endpoint that is quicker, however patient it has made the client', async () => {
    await openBy(2);
    await store.get('warm');
    const [slow] = proxies;
    lag(LATE_ONE_WAY_MS, slow === undefined ? [] : [slow]);
    // Late, but in time for who has learned to wait: at the second try.
    await store.get('late');
    const sinceMs = systemClock.monotonicMs();
    await store.get('quick');
    expect(systemClock.monotonicMs() - sinceMs).toBeLessThan(LATE_ONE_WAY_MS);
  });
});
