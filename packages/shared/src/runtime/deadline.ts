import { NapError } from '../errors/nap-error.js';
import { systemClock, type Clock } from './clock.js';

export interface DeadlineOptions {
  readonly ms: number;
  /** Whatever else ends the work. */
  readonly parent?: AbortSignal | undefined;
  /** The error when the time is up; TIMEOUT when absent. Not used when the parent ended it. */
  readonly onPassed?: (cause: unknown) => Error;
  readonly clock?: Clock;
}

/**
 * Runs `work` with a signal that aborts when the time is up or when the parent does. Instead of
 * `AbortSignal.any([parent, AbortSignal.timeout(ms)])`: Node.js 20 lets such a timeout be collected before it fires
 * (nodejs/node#57736); this can go when the oldest Node.js that nap runs on has that mended.
 */
export async function withDeadline<T>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { ms, parent, clock = systemClock } = options;
  const controller = new AbortController();
  const onParent = (): void => {
    controller.abort(parent?.reason);
  };
  const timer = { hasPassed: false };
  const cancel = clock.after(ms, () => {
    timer.hasPassed = true;
    controller.abort(new NapError('TIMEOUT', `not within ${Math.round(ms / 100) / 10} s`));
  });
  if (parent?.aborted === true) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  try {
    return await work(controller.signal);
  } catch (cause) {
    if (!timer.hasPassed || options.onPassed === undefined) throw cause;
    throw options.onPassed(cause);
  } finally {
    cancel();
    parent?.removeEventListener('abort', onParent);
  }
}
