import { systemClock } from './clock.js';

/** Of which a bare `setTimeout` is early for one in ten. */
const TIMERS = 400;
/** So that fractions of the time waited for and of the time begun at meet in every way. */
const STEP_MS = 0.37;

const delays = Array.from({ length: TIMERS }, (_, index) => 5 + ((index * STEP_MS) % 20));

it('never ends before its own time is up', async () => {
  const early = await Promise.all(
    delays.map(async (ms, index) => {
      await systemClock.sleep(index * STEP_MS);
      const dueMs = systemClock.monotonicMs() + ms;
      return new Promise<number>((resolve) => {
        systemClock.after(ms, () => {
          resolve(dueMs - systemClock.monotonicMs());
        });
      });
    }),
  );
  expect(early.filter((ms) => ms > 0)).toEqual([]);
});

it('waits for what is longer than a timer of Node.js takes, instead of ending at once', async () => {
  let calls = 0;
  const cancel = systemClock.after(2 ** 31 + 1000, () => (calls += 1));
  await systemClock.sleep(30);
  cancel();
  expect(calls).toBe(0);
});

it('does not call what was cancelled, also while it waits for what is left of its time', async () => {
  let late = 0;
  for (const ms of delays) {
    let isCancelled = false;
    const cancel = systemClock.after(ms, () => (late += isCancelled ? 1 : 0));
    setTimeout(() => {
      cancel();
      isCancelled = true;
    }, ms);
  }
  await systemClock.sleep(60);
  expect(late).toBe(0);
});

it('rejects with the reason of the signal, at once', async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(systemClock.sleep(0, stop.signal)).rejects.toThrow('enough');
});
