import { isNapError, keys, type HostId } from '@nap/shared';
import { withDeadline, type Clock, type Log } from '@nap/shared/runtime';
import { STORE_LIMITS, type Store } from '@nap/shared/store';
import { isRenewedLately } from '../plan/host-loss.js';

export interface WellHostsParts {
  readonly store: Pick<Store, 'leases'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What is not answered by then is not worth more waiting, in ms: without an answer the grace is waited for. */
  readonly withinMs: number;
}

/** Which hosts have proven to be well, as etcd knows by their leases, and when. Asked only when another host is away. */
export class WellHosts {
  private readonly parts: WellHostsParts;
  private at: ReadonlyMap<HostId, number> = new Map();

  constructor(parts: WellHostsParts) {
    this.parts = parts;
  }

  /** On the monotonic clock. */
  get atMs(): ReadonlyMap<HostId, number> {
    return this.at;
  }

  forget(): void {
    this.at = new Map();
  }

  /**
   * Asks etcd of these hosts, unless that are too many for it. No answer is no proof, and no failure. `shortestMs`: how long the
   * shortest lease of all hosts lasts.
   */
  async ask(hosts: readonly HostId[], shortestMs: number, signal: AbortSignal): Promise<void> {
    if (hosts.length > STORE_LIMITS.inspectedLeases) return;
    const { clock, log } = this.parts;
    // Before it is asked: what it answers was true then or later.
    const askedAtMs = clock.monotonicMs();
    try {
      const lives = await this.leases(hosts, signal);
      const well = hosts.filter((host) => {
        const life = lives.get(keys.hostSession(host));
        return life !== undefined && isRenewedLately(life, shortestMs);
      });
      this.at = new Map([...this.at, ...well.map((host) => [host, askedAtMs] as const)]);
      const doubtful = hosts.filter((host) => !well.includes(host));
      log.debug('leases of the other hosts', { well: well.length, doubtful });
    } catch (err) {
      if (signal.aborted || !isNapError(err)) throw err;
      log.debug('leases of the other hosts are not known', { err });
    }
  }

  private leases(hosts: readonly HostId[], signal: AbortSignal): ReturnType<Store['leases']> {
    const { store, clock, withinMs } = this.parts;
    const sessions = hosts.map((host) => keys.hostSession(host));
    return withDeadline({ ms: withinMs, parent: signal, clock }, (within) =>
      store.leases(sessions, within),
    );
  }
}
