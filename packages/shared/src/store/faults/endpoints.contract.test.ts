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
import type { Store, StoreOptions } from '../store.js';

/** A port that nobody listens on: the reserved one of tcpmux. */
const REFUSED = 'http://127.0.0.1:1';

describe('several endpoints, some of them dead', () => {
  jest.setTimeout(60_000);
  let cluster: EtcdCluster;
  let stores: Store[];

  const open = (options: StoreOptions): Store => {
    const store = openStore({ root: '/endpoints/', ...options });
    stores.push(store);
    return store;
  };

  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(async () => {
    await cluster.close();
  });
  beforeEach(() => {
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  async function expectToWork(store: Store): Promise<void> {
    const mirror = store.mirror('m/');
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    const session = await store.session({ ttlS: 5 });
    await store.commit([put('m/1'), leased('m/2')], { session });
    await eventually(() => mirror.entries.size === 2, 10_000);
    await eventually(() => session.isValid(), 1_000);
  }

  test('a first endpoint that refuses is passed over without a noticeable delay', async () => {
    const startedAtMs = systemClock.monotonicMs();
    await expectToWork(open({ endpoints: [REFUSED, ...cluster.endpoints] }));
    expect(systemClock.monotonicMs() - startedAtMs).toBeLessThan(5_000);
  });

  test('a first endpoint that takes connections and never answers is passed over', async () => {
    const mute = await TcpProxy.open(cluster.first.port);
    mute.hold();
    await expectToWork(open({ endpoints: [mute.endpoint, ...cluster.endpoints] }));
    await mute.close();
  });

  test('a first endpoint whose name does not resolve is passed over', async () => {
    await expectToWork(
      open({ endpoints: ['http://no-such-host.invalid:2379', ...cluster.endpoints] }),
    );
  });

  test('a call that reaches nobody is ETCD_UNAVAILABLE soon, and names the endpoints', async () => {
    const endpoints = [REFUSED, 'http://127.0.0.1:2'];
    const store = open({ endpoints });
    const startedAtMs = systemClock.monotonicMs();
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'ETCD_UNAVAILABLE',
      message: expect.stringContaining(endpoints.join(', ')) as string,
      hint: 'check that etcd runs there and that this host can reach it',
    });
    await expect(store.session({ ttlS: 5 })).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
    expect(systemClock.monotonicMs() - startedAtMs).toBeLessThan(6_000);
  });

  test('a call that nobody answers is ETCD_UNAVAILABLE within its budget', async () => {
    const mute = await TcpProxy.open(cluster.first.port);
    mute.hold();
    const store = open({ endpoints: [mute.endpoint], callTimeoutMs: 300 });
    const startedAtMs = systemClock.monotonicMs();
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
    expect(systemClock.monotonicMs() - startedAtMs).toBeLessThan(6_000);
    await mute.close();
  });

  test('a mirror and a store without etcd close at once', async () => {
    const store = open({ endpoints: [REFUSED] });
    const mirror = store.mirror('m/');
    await eventually(() => mirror.problem !== undefined, 10_000);
    const startedAtMs = systemClock.monotonicMs();
    await store.close();
    expect(systemClock.monotonicMs() - startedAtMs).toBeLessThan(2_000);
    await expect(store.get('a')).rejects.toThrow('the store is closed');
  });

  test('a web proxy in the environment is not for etcd', async () => {
    const before = { ...process.env };
    try {
      for (const name of ['http_proxy', 'https_proxy', 'grpc_proxy']) process.env[name] = REFUSED;
      delete process.env['no_proxy'];
      delete process.env['NO_PROXY'];
      await expectToWork(open({ endpoints: cluster.endpoints }));
    } finally {
      process.env = before;
    }
  });
});
