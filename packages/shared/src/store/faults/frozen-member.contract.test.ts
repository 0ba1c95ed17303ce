import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import { type EtcdCluster, eventually, leased, put, startEtcd } from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import type { Store } from '../store.js';

/** Of a call, with all its attempts, on a busy machine. */
const CALL_ENDS_WITHIN_MS = 12_000;

describe('a single etcd that does not answer', () => {
  jest.setTimeout(90_000);
  let cluster: EtcdCluster;
  let store: Store;

  beforeEach(async () => {
    cluster = await startEtcd();
    store = openStore({ endpoints: cluster.endpoints, root: '/frozen/' });
  });
  afterEach(async () => {
    cluster.first.thaw();
    await store.close();
    await cluster.close();
  });

  test('makes mirrors stale and calls fail in bounded time, and all recover when it thaws', async () => {
    const mirror = store.mirror('m/');
    await mirror.whenFresh();
    const frozenAtMs = systemClock.monotonicMs();
    await cluster.first.freeze();
    const calls = Promise.allSettled([
      store.get('m/1'),
      store.snapshot(['m/']),
      store.session({ ttlS: 5 }),
    ]);
    await eventually(() => !mirror.isFresh, 10_000, 'a stale mirror');
    expect(systemClock.monotonicMs() - frozenAtMs).toBeLessThan(7_000);
    for (const call of await calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'ETCD_UNAVAILABLE' } });
    }
    expect(systemClock.monotonicMs() - frozenAtMs).toBeLessThan(CALL_ENDS_WITHIN_MS);
    cluster.first.thaw();
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    await store.commit([put('m/1')]);
    await eventually(() => mirror.entries.has('m/1'), 10_000);
  });

  test('leaves a write in doubt, and says so', async () => {
    await store.get('warm');
    await cluster.first.freeze();
    await expect(store.commit([put('m/1')])).rejects.toMatchObject({ code: 'ETCD_AMBIGUOUS' });
  });

  test('an abort ends a waiting read at once', async () => {
    await store.get('warm');
    await cluster.first.freeze();
    const startedAtMs = systemClock.monotonicMs();
    const reading = store.get('m/1', AbortSignal.timeout(100));
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(systemClock.monotonicMs() - startedAtMs).toBeLessThan(1_400);
  });

  test('a session ends for its owner before etcd can give its keys to others', async () => {
    const ttlS = 4;
    const session = await store.session({ ttlS });
    await store.commit([leased('s/1')], { session });
    let lost = 0;
    session.onLost(() => (lost += 1));
    await cluster.first.freeze();
    const frozenAtMs = systemClock.monotonicMs();
    await eventually(() => !session.isValid(), 10_000);
    expect(systemClock.monotonicMs() - frozenAtMs).toBeLessThan(ttlS * 1000);
    await eventually(() => lost === 1, 2_000);
    cluster.first.thaw();
    await eventually(() => session.isValid(), 20_000, 'a valid session');
  });

  test('after the event loop was blocked nothing is believed that may be over', async () => {
    const session = await store.session({ ttlS: 3 });
    const leadership = store.leadership({ key: 'leader', identity: 'a', session });
    const mirror = store.mirror('m/');
    await leadership.whenLeading(AbortSignal.timeout(10_000));
    await mirror.whenFresh();
    const guard = leadership.guard();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_500);
    // No timer and no answer has been handled yet.
    expect(session.isValid()).toBe(false);
    expect(leadership.isLeader()).toBe(false);
    expect(() => leadership.guard()).toThrow('does not lead now');
    expect(mirror.isFresh).toBe(false);
    expect((await store.commit([put('m/1')], { guards: [guard] })).kind).toBe('refused');
    await leadership.whenLeading(AbortSignal.timeout(20_000));
    await mirror.whenFresh(AbortSignal.timeout(20_000));
  });
});
