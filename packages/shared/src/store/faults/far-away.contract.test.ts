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
/** Long enough for several probes and keepalives. */
const STAYS_FOR_MS = 12_000;

describe('an etcd that takes its time', () => {
  jest.setTimeout(120_000);
  let cluster: EtcdCluster;
  let proxy: TcpProxy;
  let store: Store;

  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(async () => {
    await cluster.close();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.open(cluster.first.port);
    store = openStore({ endpoints: [proxy.endpoint], root: '/far/' });
  });
  afterEach(async () => {
    proxy.lag(0);
    await store.close();
    await proxy.close();
  });

  test('is lived with: from the first call on, by mirrors, sessions and writes', async () => {
    proxy.lag(ONE_WAY_MS);
    const mirror = store.mirror('m/');
    const session = await store.session({ ttlS: 10 });
    await store.commit([leased('m/1')], { session });
    await eventually(() => mirror.isFresh && mirror.entries.has('m/1'), 20_000, 'a fresh mirror');
    const opened = proxy.connectionCount;
    let troubles = 0;
    session.onLost(() => (troubles += 1));
    mirror.onChange(() => (troubles += mirror.isFresh ? 0 : 1));
    await systemClock.sleep(STAYS_FOR_MS);
    await store.commit([put('m/2')]);
    await eventually(() => mirror.entries.has('m/2'), 10_000, 'what was written');
    expect({ troubles, opened: proxy.connectionCount }).toEqual({ troubles: 0, opened });
  });

  test('is found again after all connections were cut', async () => {
    const mirror = store.mirror('m/');
    const session = await store.session({ ttlS: 10 });
    await mirror.whenFresh();
    proxy.lag(ONE_WAY_MS);
    proxy.cut();
    await eventually(() => !mirror.isFresh, 10_000, 'a stale mirror');
    await mirror.whenFresh(AbortSignal.timeout(30_000));
    await systemClock.sleep(STORE_LIMITS.silentAfterMs);
    await eventually(() => session.isValid(), 20_000, 'a valid session');
    expect(mirror.isFresh).toBe(true);
  });
});
