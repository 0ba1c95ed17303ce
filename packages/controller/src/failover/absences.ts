import { keys, type HostId } from '@nap/shared';
import type { Mirror } from '@nap/shared/store';

/**
 * Since when hosts are away, on the monotonic clock, without having been back in between. The mirror is looked at whenever it
 * changes, and not only when a pass looks: one that waits for the leadership would see nothing of a host that comes back and
 * leaves again, and count from its first absence.
 */
export class Absences {
  private readonly hosts: Pick<Mirror, 'isFresh' | 'entries'>;
  private sinceMs: ReadonlyMap<HostId, number> = new Map();
  /** The mirror was not current for a while: who was back meanwhile is not known. */
  private wasBlind = false;

  constructor(hosts: Pick<Mirror, 'isFresh' | 'entries'>) {
    this.hosts = hosts;
  }

  /** To be called at each change of the mirror. Returns the hosts that are back. */
  notice(): readonly HostId[] {
    if (!this.hosts.isFresh) this.wasBlind = true;
    const back = [...this.sinceMs.keys()].filter((host) => this.isThere(host));
    if (back.length > 0) this.remember(this.sinceMs);
    return back;
  }

  /** As they count now. After a gap all count from now on, but for those that have some time ahead of them. */
  at(nowMs: number): ReadonlyMap<HostId, number> {
    if (this.wasBlind || !this.hosts.isFresh) {
      this.sinceMs = new Map(
        [...this.sinceMs].map(([host, ms]) => [host, Math.max(ms, nowMs)] as const),
      );
    }
    this.wasBlind = false;
    return this.sinceMs;
  }

  /** What was judged may be older than what the mirror knows of by now. */
  remember(sinceMs: ReadonlyMap<HostId, number>): void {
    this.sinceMs = new Map([...sinceMs].filter(([host]) => !this.isThere(host)));
  }

  private isThere(host: HostId): boolean {
    return this.hosts.entries.has(keys.hostSession(host));
  }
}
