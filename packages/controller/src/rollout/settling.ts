import type { InstanceId } from '@nap/shared';
import type { InstanceProgress } from '../plan/convergence.js';
import { DEFAULT_MONITOR_MS } from '../plan/rollout-rules.js';

/** How long a program without a healthcheck must have run before it counts, in ms. */
export const SETTLE_MS = DEFAULT_MONITOR_MS;

interface Seen {
  readonly startedAtMs: number;
  readonly sinceMs: number;
}

/**
 * How much longer what runs must go on running. A start counts from when its host says it was, or from when it was first
 * seen here: whichever is longer ago, so that a host whose clock is ahead holds nobody up.
 */
export class Settling {
  readonly #seen = new Map<InstanceId, Seen>();

  /** Milliseconds until every instance that runs has settled; 0 when all have. `nowMs` is wall time. */
  remainingMs(progress: readonly InstanceProgress[], nowMs: number, monotonicMs: number): number {
    return Math.max(0, ...progress.map((it) => this.#remaining(it, nowMs, monotonicMs)));
  }

  #remaining(
    { instance, startedAtMs }: InstanceProgress,
    nowMs: number,
    monotonicMs: number,
  ): number {
    if (startedAtMs === undefined) {
      this.#seen.delete(instance);
      return 0;
    }
    const before = this.#seen.get(instance);
    const seen =
      before?.startedAtMs === startedAtMs ? before : { startedAtMs, sinceMs: monotonicMs };
    this.#seen.set(instance, seen);
    return SETTLE_MS - Math.max(nowMs - startedAtMs, monotonicMs - seen.sinceMs);
  }
}
