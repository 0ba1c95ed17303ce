import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../errors.js';

export interface EventuallyOptions {
  /** What is being waited for, to finish the sentence "… did not happen": `dockerd on host-a answers`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  readonly hint?: string;
  readonly signal?: AbortSignal;
}

/** Asks again and again until the answer is something other than undefined or false; throws LabError at the deadline. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false>,
  { what, timeoutMs, everyMs = 25, hint, signal }: EventuallyOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (err) {
      cause = err;
    }
    if (Date.now() >= deadline) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new LabError(`not within ${timeoutMs / 1000} s: ${what}${why}`, {
        ...(hint === undefined ? {} : { hint }),
        cause,
      });
    }
    await sleep(everyMs, undefined, signal ? { signal } : {});
  }
}
