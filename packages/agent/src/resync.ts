import type { Clock } from '@nap/shared/runtime';

/** The loop's own resync comes up to a tenth early, and must count as one. */
const FULL_SHARE = 0.8;

/** For what is done whole at every resync of a loop, and in part at the passes between them. */
export class Resync {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly everyMs: number;
  private lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicMs'>, everyMs: number) {
    this.clock = clock;
    this.everyMs = everyMs;
  }

  /** True at the first call, and then once for each resync. */
  takeDue(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lastAtMs < this.everyMs * FULL_SHARE) return false;
    this.lastAtMs = nowMs;
    return true;
  }
}
