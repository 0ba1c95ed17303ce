import type { Clock } from '../runtime/clock.js';
import { STORE_LIMITS } from './limits.js';

/**
 * How long a client waits for etcd, as a multiple of STORE_LIMITS: once where answers come promptly, longer where they take
 * their time, because etcd is far away or a machine has too much to do. Who gives up there and begins anew with a new
 * connection adds to what makes it slow, and never gets an answer.
 *
 * It learns from answers alone. Silence teaches nothing: a member that is frozen or cut off has to be left as soon as ever.
 * It grows at once, and halves in `patience.halvesInMs` of prompt answers (RFC 6298, section 2 does likewise for TCP).
 */
export class Patience {
  /** What was configured, for everything; see `StoreOptions`. */
  readonly own: number;
  private readonly clock: Clock;
  private learned = 1;
  private learnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, own = 1) {
    this.clock = clock;
    this.own = own;
  }

  /** At least `own`, at most `STORE_LIMITS.patience.max` times that. */
  get factor(): number {
    return this.own * this.learned;
  }

  /** An answer took so long; `limitMs` is how long it may take before any patience. */
  answered(tookMs: number, limitMs: number): void {
    const { headroom, max, halvesInMs } = STORE_LIMITS.patience;
    const needed = (tookMs * headroom) / (limitMs * this.own);
    // This process stood still meanwhile: no answer is waited for that long.
    if (needed > max * headroom) return;
    const nowMs = this.clock.monotonicMs();
    const faded = this.learned * 0.5 ** ((nowMs - this.learnedAtMs) / halvesInMs);
    this.learned = Math.min(max, Math.max(1, needed, faded));
    this.learnedAtMs = nowMs;
  }
}
