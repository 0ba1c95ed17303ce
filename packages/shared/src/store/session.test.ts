import { NapError } from '../errors/nap-error.js';
import { silentLog } from '../runtime/log.js';
import { ManualClock } from '../testing/manual-clock.js';
import { MemoryStore } from '../testing/memory-store.js';
import { leased } from '../testing/store-writes.js';
import { type LeasePort, LeaseSession } from './session.js';
import type { Session } from './store.js';

const TTL_S = 10;

describe('session', () => {
  let clock: ManualClock;
  let store: MemoryStore;
  let session: Session;
  let heard: string[];

  beforeEach(async () => {
    clock = new ManualClock();
    store = new MemoryStore({ clock });
    session = await store.session({ ttlS: TTL_S });
    heard = [];
    session.onLost(() => heard.push('lost'));
    session.onRenewed(() => heard.push('renewed'));
    await store.commit([leased('k')], { session });
  });
  afterEach(async () => {
    await store.close();
    expect(clock.pendingTimers).toBe(0);
  });

  const isHeld = (): boolean => store.etcd.list(['k']).entries.size === 1;

  test('ends for its owner before it ends in etcd', async () => {
    await clock.advance(TTL_S * 1000);
    store.disconnect();
    for (let ms = 0; ms < 2 * TTL_S * 1000; ms += 100) {
      await clock.advance(100);
      if (session.isValid()) expect(isHeld()).toBe(true);
    }
    expect(isHeld()).toBe(false);
    expect(heard).toEqual(['lost']);
  });

  test('survives an outage that is shorter than its TTL', async () => {
    store.disconnect();
    await clock.advance(6_000);
    store.reconnect();
    await clock.advance(3_000);
    expect(session.isValid()).toBe(true);
    expect(heard).toEqual([]);
    expect(isHeld()).toBe(true);
  });

  test('is suspended, not renewed, when etcd still has the lease after the deadline', async () => {
    const { leaseId } = session;
    store.disconnect();
    await clock.advance(9_200);
    expect(heard).toEqual(['lost']);
    expect(session.isValid()).toBe(false);
    store.reconnect();
    await clock.advance(700);
    expect(session.isValid()).toBe(true);
    expect(session.leaseId).toBe(leaseId);
    expect(isHeld()).toBe(true);
    expect(heard).toEqual(['lost']);
  });

  test('has a new lease after etcd has let the old one go', async () => {
    const { leaseId } = session;
    store.disconnect();
    await clock.advance(2 * TTL_S * 1000);
    store.reconnect();
    await clock.advance(2_000);
    expect(session.isValid()).toBe(true);
    expect(session.leaseId).not.toBe(leaseId);
    expect(heard).toEqual(['lost', 'renewed']);
    expect(isHeld()).toBe(false);
  });

  test('is not valid right after a blocked event loop, before any timer has run', async () => {
    clock.jump(TTL_S * 1300);
    expect(session.isValid()).toBe(false);
    // The first timer to run is the keepalive; the rest is up to etcd.
    await clock.advance(2_000);
    expect(session.isValid()).toBe(true);
  });

  test('closing it when it may be over waits for nobody', async () => {
    store.disconnect();
    await clock.advance(9_200);
    store.reconnect();
    await session.close();
    expect(isHeld()).toBe(true);
    await clock.advance(TTL_S * 1000);
    expect(isHeld()).toBe(false);
  });

  test('does not care about the wall clock', async () => {
    clock.setWallClock(0);
    expect(session.isValid()).toBe(true);
    clock.setWallClock(Date.UTC(2100, 0));
    await clock.advance(5_000);
    expect(session.isValid()).toBe(true);
  });

  test('closing it revokes the lease, and a second time does nothing', async () => {
    await session.close();
    await session.close();
    expect(isHeld()).toBe(false);
    expect(session.isValid()).toBe(false);
    expect(heard).toEqual([]);
  });

  test('closing it without a connection leaves the lease to expire', async () => {
    store.disconnect();
    await session.close();
    expect(isHeld()).toBe(true);
    await clock.advance(TTL_S * 1000);
    expect(isHeld()).toBe(false);
  });
});

describe('a lease whose grant was not answered', () => {
  const clock = new ManualClock();
  let waitedMs: number[];

  beforeEach(() => {
    waitedMs = [];
  });

  function open(answer: (attempt: number) => number, signal?: AbortSignal): Promise<LeaseSession> {
    const port: LeasePort = {
      newLeaseId: () => 'aa',
      grant: (_id, ttlS) => Promise.resolve({ ttlS, isNew: false }),
      keepAlive: async (_id, timeoutMs) => {
        waitedMs.push(timeoutMs);
        return Promise.resolve(answer(waitedMs.length));
      },
      revoke: () => Promise.resolve(),
    };
    const parts = { port, clock, random: () => 0.5, log: silentLog, onClosed: () => undefined };
    return LeaseSession.open(parts, TTL_S, signal);
  }
  const silence = (): never => {
    throw new NapError('ETCD_UNAVAILABLE', 'no answer');
  };

  test('is asked about again, with more time', async () => {
    const opening = open((attempt) => (attempt < 3 ? silence() : TTL_S));
    await clock.advance(1_000);
    const session = await opening;
    expect(session.isValid()).toBe(true);
    const [first = 0] = waitedMs;
    expect(waitedMs).toEqual([first, 2 * first, 3 * first]);
    await session.close();
  });

  test('is given up after three questions', async () => {
    const opening = expect(open(silence)).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
    await clock.advance(1_000);
    await opening;
    expect(waitedMs).toHaveLength(3);
  });

  test('is no session when it is over by then', async () => {
    await expect(open(() => 0)).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
  });

  test('is not asked about by whoever has stopped waiting', async () => {
    const stop = new AbortController();
    const opening = open(() => {
      stop.abort(new NapError('INTERRUPTED', 'interrupted'));
      return silence();
    }, stop.signal);
    await expect(opening).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
    expect(waitedMs).toHaveLength(1);
  });
});
