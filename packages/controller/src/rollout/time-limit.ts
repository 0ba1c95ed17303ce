import { systemClock, withDeadline, type Clock } from '@nap/shared/runtime';

/** For the first look at a store that answers slowly: an error of its own comes earlier where it does not answer. */
const FIRST_LOOK_MS = 10_000;

interface LimitOptions {
  readonly timeoutMs: number;
  readonly parent: AbortSignal;
  readonly clock?: Clock;
  /** The error when the time is up. */
  readonly onPassed: (cause?: unknown) => Error;
}

/** As long as this, or as is left, in ms. Throws when nothing is left. */
export type Left = (atMostMs: number) => number;

/**
 * For who looks, and looks again until all is as wanted or the time is up: the first look is made in any case, also with no
 * time at all, so that what is as wanted already is said to be so.
 */
export function withTimeLimit<T>(
  { timeoutMs, parent, clock = systemClock, onPassed }: LimitOptions,
  work: (signal: AbortSignal, left: Left) => Promise<T>,
): Promise<T> {
  const endMs = clock.monotonicMs() + timeoutMs;
  const left: Left = (atMostMs) => {
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0) throw onPassed();
    return Math.min(leftMs, atMostMs);
  };
  const ms = Math.max(timeoutMs, FIRST_LOOK_MS);
  return withDeadline({ ms, parent, clock, onPassed }, (signal) => work(signal, left));
}
