import type { Clock } from '../runtime/clock.js';
import { STORE_LIMITS } from './limits.js';

export interface PatienceOptions {
  readonly clock: Clock;
  /** How many endpoints there are to ask. */
  readonly endpoints: number;
  /** See `StoreOptions.patience`. */
  readonly own?: number | undefined;
}

/**
 * How long a client waits for etcd, as a multiple of STORE_LIMITS: once where answers come promptly, longer where they take
 * their time, because etcd is far away or a machine has too much to do. Who gives up there and begins anew with a new
 * connection adds to what makes it slow, and never gets an answer.
 *
 * It learns from answers alone, and less where there are other endpoints to ask: one that is frozen or cut off is left about
 * as soon as ever. It grows at once, and halves in `patience.halvesInMs` (RFC 6298, section 2, grows and fades likewise for TCP).
 */
export class Patience {
  /** What was configured, for watches and connections. */
  readonly own: number;
  /** There is nobody else to ask. */
  readonly isAlone: boolean;
  private readonly clock: Clock;
  private peak = 1;
  private peakAtMs = Number.NEGATIVE_INFINITY;
  private isOver = false;

  constructor({ clock, endpoints, own = 1 }: PatienceOptions) {
    this.clock = clock;
    this.own = own;
    this.isAlone = endpoints === 1;
  }

  /** From 1 to `STORE_LIMITS.patience.maxAlone`, or `max` where there are others. */
  get learned(): number {
    if (this.isOver) return 1;
    const ageMs = this.clock.monotonicMs() - this.peakAtMs;
    return Math.max(1, this.peak * 0.5 ** (ageMs / STORE_LIMITS.patience.halvesInMs));
  }

  /** An answer took so long; `limitMs` is how long it may take where nothing was learned. */
  answered(tookMs: number, limitMs: number): void {
    const { headroom, max, maxAlone } = STORE_LIMITS.patience;
    const most = this.isAlone ? maxAlone : max;
    const needed = (tookMs * headroom) / limitMs;
    // This process stood still meanwhile: no answer is waited for that long.
    if (needed > maxAlone * headroom || needed <= this.learned) return;
    this.peak = Math.min(most, needed);
    this.peakAtMs = this.clock.monotonicMs();
  }

  /** The client closes: nothing is worth waiting for any more. */
  end(): void {
    this.isOver = true;
  }
}
