import { InvariantError } from '../errors/invariant.js';
import { ManualClock } from '../testing/manual-clock.js';
import {
  type ControlLoop,
  createControlLoop,
  type PassContext,
  type PassResult,
} from './control-loop.js';
import { silentLog } from './log.js';

const RESYNC_MS = 60_000;
const SPACING_MS = 1_000;

describe('control loop', () => {
  let clock: ManualClock;
  let loop: ControlLoop;
  let starts: number[];

  function create(pass: (context: PassContext) => Promise<PassResult | undefined>): ControlLoop {
    loop = createControlLoop({
      name: 'test',
      pass: async (context) => {
        starts.push(clock.monotonicMs());
        return pass(context);
      },
      resyncMs: RESYNC_MS,
      minSpacingMs: SPACING_MS,
      clock,
      log: silentLog,
      jitter: () => 0.5,
      backoff: { firstMs: 4_000, maxMs: 16_000 },
    });
    return loop;
  }

  const nothing = (): Promise<undefined> => Promise.resolve(undefined);

  beforeEach(() => {
    clock = new ManualClock();
    starts = [];
  });
  afterEach(async () => {
    await loop.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test('makes the first pass at once and then only at the resync', async () => {
    create(nothing).start();
    await clock.advance(RESYNC_MS - 1);
    expect(starts).toEqual([0]);
    await clock.advance(1);
    expect(starts).toEqual([0, RESYNC_MS]);
  });

  test('rests in proportion to what a pass took, but not for ever', async () => {
    let tookMs = 500;
    let times = 4;
    loop = createControlLoop({
      ...{ name: 'test', resyncMs: RESYNC_MS, minSpacingMs: SPACING_MS, clock, log: silentLog },
      jitter: () => 0.5,
      rest: () => ({ times, maxMs: 10_000 }),
      pass: async ({ signal }) => {
        starts.push(clock.monotonicMs());
        await clock.sleep(tookMs, signal).catch(() => undefined);
        loop.nudge();
        return undefined;
      },
    });
    loop.start();
    await clock.advance(2_500);
    expect(starts).toEqual([0, 2_500]);
    tookMs = 5_000;
    await clock.advance(2_500 + 5_000 + 9_999);
    expect(starts).toEqual([0, 2_500, 5_000]);
    await clock.advance(1);
    expect(starts).toEqual([0, 2_500, 5_000, 20_000]);
    // How long is asked after each pass.
    times = 1;
    await clock.advance(5_000 + 5_000);
    expect(starts).toEqual([0, 2_500, 5_000, 20_000, 30_000]);
  });

  test('what a long rest was for may be over: a nudge asks again', async () => {
    let maxMs = 10_000;
    loop = createControlLoop({
      ...{ name: 'test', resyncMs: RESYNC_MS, minSpacingMs: 0, clock, log: silentLog },
      jitter: () => 0.5,
      rest: () => ({ times: 100, maxMs }),
      pass: async ({ signal }) => {
        starts.push(clock.monotonicMs());
        await clock.sleep(1_000, signal);
      },
    });
    loop.start();
    await clock.advance(2_000);
    loop.nudge();
    maxMs = 3_000;
    await clock.advance(1_000);
    expect(starts).toEqual([0]);
    loop.nudge();
    await clock.advance(1_000);
    expect(starts).toEqual([0, 4_000]);
    // A longer one is not asked for in the middle.
    await clock.advance(2_000);
    maxMs = 50_000;
    loop.nudge();
    await clock.advance(2_000);
    expect(starts).toEqual([0, 4_000, 8_000]);
  });

  test('a nudge brings a pass, many nudges bring one', async () => {
    create(nothing).start();
    await clock.advance(5_000);
    for (let count = 0; count < 10; count += 1) loop.nudge();
    await clock.advance(5_000);
    expect(starts).toEqual([0, 5_000]);
  });

  test('nudges that come faster than the spacing wait for it', async () => {
    create(nothing).start();
    await clock.advance(5_000);
    for (let count = 0; count < 20; count += 1) {
      loop.nudge();
      await clock.advance(100);
    }
    await clock.advance(SPACING_MS);
    expect(starts).toEqual([0, 5_000, 6_000, 7_000]);
  });

  test('never makes two passes at once, and looks again after a nudge during a pass', async () => {
    let underWay = 0;
    let most = 0;
    create(async ({ signal }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await clock.sleep(3_000, signal);
      underWay -= 1;
      return undefined;
    }).start();
    await clock.advance(1_000);
    loop.nudge();
    loop.nudge();
    await clock.advance(10_000);
    expect(most).toBe(1);
    expect(starts).toEqual([0, 3_000]);
  });

  test('wakes up when the pass asked for it, but not later than the resync', async () => {
    create(() => Promise.resolve({ wakeAtMs: clock.nowMs() + 7_000 })).start();
    await clock.advance(15_000);
    expect(starts).toEqual([0, 7_000, 14_000]);
  });

  test('a wish to wake up in the past is kept to the spacing', async () => {
    create(() => Promise.resolve({ wakeAtMs: 0 })).start();
    await clock.advance(3_000);
    expect(starts).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test('a failing pass is repeated with growing pauses, which a nudge does not shorten', async () => {
    create(() => Promise.reject(new Error('no luck'))).start();
    for (let second = 0; second < 25; second += 1) {
      loop.nudge();
      await clock.advance(1_000);
    }
    // Spacing of 1 s and three quarters of 4, 8 and 16 s.
    expect(starts).toEqual([0, 4_000, 11_000, 24_000]);
    expect(loop.lastError).toEqual(new Error('no luck'));
  });

  test('forgets the failures after a good pass', async () => {
    let isBad = true;
    create(() => (isBad ? Promise.reject(new Error('no luck')) : nothing())).start();
    await clock.advance(1_000);
    isBad = false;
    await clock.advance(4_000);
    expect(loop.lastError).toBeUndefined();
    expect(starts).toEqual([0, 4_000]);
    isBad = true;
    loop.nudge();
    await clock.advance(3_999);
    expect(starts).toEqual([0, 4_000, 5_000]);
    await clock.advance(1);
    expect(starts).toEqual([0, 4_000, 5_000, 9_000]);
  });

  test('stop aborts the pass under way, and waits for it to return', async () => {
    let hasReturned = false;
    create(async ({ signal }) => {
      await clock.sleep(3_600_000, signal).catch(() => undefined);
      await Promise.resolve();
      hasReturned = true;
      return undefined;
    }).start();
    await clock.advance(10);
    await loop.stop();
    expect(hasReturned).toBe(true);
    loop.nudge();
    await clock.advance(RESYNC_MS * 2);
    expect(starts).toEqual([0]);
  });

  test('stops when its signal aborts, and does not start at all when it has already', async () => {
    const stop = new AbortController();
    create(nothing).start(stop.signal);
    await clock.advance(10);
    stop.abort();
    await clock.advance(RESYNC_MS * 2);
    expect(starts).toEqual([0]);
    create(nothing).start(AbortSignal.abort());
    await clock.advance(10);
    expect(starts).toEqual([0]);
  });

  test('a broken invariant is not taken for a failing pass', async () => {
    create(() => Promise.reject(new InvariantError('impossible'))).start();
    await expect(loop.stop()).rejects.toThrow('impossible');
    loop = createControlLoop({
      name: 'idle',
      pass: nothing,
      resyncMs: 1,
      minSpacingMs: 1,
      clock,
      log: silentLog,
      jitter: () => 0,
    });
  });

  test('is started once', () => {
    create(nothing).start();
    expect(() => {
      loop.start();
    }).toThrow(InvariantError);
  });
});
