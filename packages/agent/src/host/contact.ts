import type { Clock } from '@nap/shared/runtime';
import type { Session } from '@nap/shared/store';

/** An etcd that has not answered by then is out of reach, for who knows how long already, or takes no registrations. */
export const FIRST_CONTACT_MS = 3_000;

/** Counts for how long etcd may have given away what must not run twice: see ADR 11. */
export class Contact {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly startedAtMs: number;
  private lastAtMs: number | undefined;
  private wasHeaderMissing = false;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
    this.startedAtMs = clock.monotonicMs();
  }

  /**
   * `isHeaderMissing`: etcd answers, and has no header of this host's placements. It was wiped, or never knew this host by
   * this name: that it renews the lease is no word on what is placed here.
   */
  unreachedMs(
    session: Pick<Session, 'contactAtMs'> | undefined,
    isHeaderMissing: boolean,
  ): number | undefined {
    const isCounted = !isHeaderMissing || !this.wasHeaderMissing;
    this.wasHeaderMissing = isHeaderMissing;
    if (session !== undefined && isCounted) this.lastAtMs = session.contactAtMs;
    const nowMs = this.clock.monotonicMs();
    if (this.lastAtMs !== undefined) return nowMs - this.lastAtMs;
    return nowMs - this.startedAtMs < FIRST_CONTACT_MS ? undefined : Infinity;
  }
}
