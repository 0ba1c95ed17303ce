import { systemClock } from '../runtime/clock.js';

const POLL_MS = 20;

/**
 * Polls until `check` is neither false nor throwing, and resolves with its value. For tests against real processes: give a
 * generous bound, a shared machine is slow at times.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  withinMs: number,
  what = 'the condition',
): Promise<T> {
  const untilMs = systemClock.monotonicMs() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      last = undefined;
    } catch (err) {
      last = err;
    }
    if (systemClock.monotonicMs() > untilMs) {
      const options = last === undefined ? undefined : { cause: last };
      const detail = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`${what} did not come true within ${withinMs} ms${detail}`, options);
    }
    await systemClock.sleep(POLL_MS);
  }
}
