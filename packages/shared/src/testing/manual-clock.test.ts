import { ManualClock } from './manual-clock.js';

describe('manual clock', () => {
  test('fires timers in the order of their times, at their times', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.after(30, () => fired.push(`c ${clock.monotonicMs()}`));
    clock.after(10, () => fired.push(`a ${clock.monotonicMs()}`));
    clock.after(10, () => fired.push(`b ${clock.monotonicMs()}`));
    await clock.advance(29);
    expect(fired).toEqual(['a 10', 'b 10']);
    await clock.advance(1);
    expect(fired).toEqual(['a 10', 'b 10', 'c 30']);
  });

  test('a timer that sets a timer has it fire in the same advance', async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const tick = (): void => {
      at.push(clock.monotonicMs());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    await clock.advance(35);
    expect(at).toEqual([10, 20, 30]);
  });

  test('what follows a sleep runs before the next timer', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const sleeper = async (): Promise<void> => {
      await clock.sleep(10);
      await Promise.resolve();
      log.push(`sleeper ${clock.monotonicMs()}`);
    };
    const done = sleeper();
    clock.after(11, () => log.push('timer'));
    await clock.advance(20);
    await done;
    expect(log).toEqual(['sleeper 10', 'timer']);
  });

  test('an aborted sleep rejects with the reason and leaves no timer', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(1_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  test('the wall clock can be set without moving the monotonic one', async () => {
    const clock = new ManualClock(5_000);
    await clock.advance(100);
    clock.setWallClock(1_000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 100]);
  });

  test('a jump fires nothing until the clock is advanced', async () => {
    const clock = new ManualClock();
    let isFired = false;
    clock.after(10, () => (isFired = true));
    clock.jump(50);
    expect([isFired, clock.monotonicMs()]).toEqual([false, 50]);
    await clock.advance(0);
    expect(isFired).toBe(true);
  });
});
