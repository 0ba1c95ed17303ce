import { isNapError, NapError } from '../errors/nap-error.js';
import { backoffMs } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { STORE_LIMITS } from './limits.js';
import { Listeners } from './listeners.js';
import type { Session } from './store.js';

/** What a session needs of etcd; the memory store brings its own. All throw NapErrors. */
export interface LeasePort {
  /** The same id twice makes one lease: `isNew` is false then, and its remaining life unknown. */
  grant(
    leaseId: string,
    ttlS: number,
    signal?: AbortSignal,
  ): Promise<{ readonly ttlS: number; readonly isNew: boolean }>;
  /** Remaining seconds after the renewal; 0 when etcd no longer knows the lease. */
  keepAlive(leaseId: string, timeoutMs: number, signal: AbortSignal): Promise<number>;
  revoke(leaseId: string): Promise<void>;
  newLeaseId(): string;
}

export interface SessionParts {
  readonly port: LeasePort;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Called once, when the session is closed. */
  readonly onClosed: () => void;
}

const keepAliveTimeoutMs = (ttlS: number): number =>
  ttlS * 1000 * STORE_LIMITS.keepAliveTimeoutShare;

interface Lease {
  readonly id: string;
  readonly ttlS: number;
}

/**
 * A lease that is kept alive. Three states:
 * - *valid*: etcd cannot have let the lease expire yet, by our own monotonic clock and the send time of the last keepalive;
 * - *suspended*: it may have. Whoever depends on the lease stands down, and the same lease is still renewed, because etcd
 *   gives all leases a full TTL when it starts or elects a leader: an outage usually ends with the lease intact;
 * - *expired*: etcd says so. Only then a new lease is granted, and leased keys have to be put again.
 */
export class LeaseSession implements Session {
  private readonly parts: SessionParts;
  private readonly wantedTtlS: number;
  private readonly lost = new Listeners();
  private readonly renewed = new Listeners();
  private readonly stop = new AbortController();
  private lease: Lease;
  private validUntilMs = Number.NEGATIVE_INFINITY;
  private lastContactMs = Number.NEGATIVE_INFINITY;
  private wasValid = false;
  private cancelLostTimer = (): void => undefined;
  private running: Promise<void> = Promise.resolve();

  private constructor(parts: SessionParts, wantedTtlS: number) {
    this.parts = parts;
    this.wantedTtlS = wantedTtlS;
    this.lease = { id: '', ttlS: wantedTtlS };
  }

  /** Resolves with a valid session. Throws NapErrors of the grant. */
  static async open(
    parts: SessionParts,
    ttlS: number,
    signal: AbortSignal | undefined,
  ): Promise<LeaseSession> {
    const session = new LeaseSession(parts, Math.max(STORE_LIMITS.sessionTtlMinS, Math.ceil(ttlS)));
    await session.grantNew(signal);
    session.running = session.run();
    return session;
  }

  get leaseId(): string {
    return this.lease.id;
  }

  get contactAtMs(): number {
    return this.lastContactMs;
  }

  isValid(): boolean {
    return !this.stop.signal.aborted && this.parts.clock.monotonicMs() < this.validUntilMs;
  }

  onRenewed(callback: () => void): () => void {
    return this.renewed.add(callback);
  }

  onLost(callback: () => void): () => void {
    return this.lost.add(callback);
  }

  async close(): Promise<void> {
    if (this.isClosed()) return;
    // A lease that may be over anyway is not worth waiting for an etcd that does not answer.
    const isWorthRevoking = this.isValid();
    this.stop.abort();
    this.cancelLostTimer();
    this.lost.clear();
    this.renewed.clear();
    await this.running;
    if (isWorthRevoking) await this.revoke();
    this.parts.onClosed();
  }

  private async revoke(): Promise<void> {
    try {
      await this.parts.port.revoke(this.lease.id);
    } catch (err) {
      if (!isNapError(err)) throw err;
      this.parts.log.debug('lease not revoked, it expires by itself', { err });
    }
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stop.signal.aborted) {
      const pauseMs =
        failures === 0
          ? this.keepAliveEveryMs
          : backoffMs(failures - 1, this.parts.random(), STORE_LIMITS.sessionBackoff);
      await this.pause(pauseMs);
      if (this.isClosed()) return;
      failures = (await this.renew()) ? 0 : failures + 1;
    }
  }

  private get keepAliveEveryMs(): number {
    return (this.lease.ttlS * 1000) / STORE_LIMITS.keepAlivesPerTtl;
  }

  private isClosed(): boolean {
    return this.stop.signal.aborted;
  }

  private async pause(ms: number): Promise<void> {
    await this.parts.clock.sleep(ms, this.stop.signal).catch(() => undefined);
  }

  /** One keepalive, and a new lease when etcd says that the old one is gone. True when the session is valid after it. */
  private async renew(): Promise<boolean> {
    const sentAtMs = this.parts.clock.monotonicMs();
    try {
      const { port } = this.parts;
      const ttlS = await port.keepAlive(
        this.lease.id,
        keepAliveTimeoutMs(this.lease.ttlS),
        this.stop.signal,
      );
      if (this.isClosed()) return true;
      if (ttlS > 0) {
        this.extend(sentAtMs, ttlS);
        return true;
      }
      this.expire();
      await this.grantNew(this.stop.signal);
      this.renewed.emit();
      return true;
    } catch (err) {
      if (this.isClosed()) return true;
      if (!isNapError(err)) throw err;
      this.parts.log.debug('lease not renewed', { lease: this.lease.id, err });
      return false;
    }
  }

  private async grantNew(signal: AbortSignal | undefined): Promise<void> {
    const { port, clock } = this.parts;
    const id = port.newLeaseId();
    const sentAtMs = clock.monotonicMs();
    const { ttlS, isNew } = await port.grant(id, this.wantedTtlS, signal);
    if (isNew) {
      this.lease = { id, ttlS };
      this.extend(sentAtMs, ttlS);
      return;
    }
    await this.adopt({ id, ttlS }, signal ?? this.stop.signal);
  }

  /**
   * etcd made the lease at an attempt whose answer never came; how long it lives still, a keepalive tells. Throws
   * ETCD_UNAVAILABLE when none is answered, or when it is over by now: the next one is made under an id of its own.
   */
  private async adopt(lease: Lease, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      const sentAtMs = clock.monotonicMs();
      const leftS = await this.askForLife(lease, attempt, signal);
      if (leftS === undefined) continue;
      if (leftS <= 0) {
        throw new NapError(
          'ETCD_UNAVAILABLE',
          'a lease was over before etcd was heard to grant it',
        );
      }
      this.lease = lease;
      this.extend(sentAtMs, leftS);
      return;
    }
  }

  /** Undefined when there was no answer, and one more attempt is worth it. */
  private async askForLife(
    { id, ttlS }: Lease,
    attempt: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { port, clock, random } = this.parts;
    try {
      // Each is asked on a new connection, as slow as what has just lost an answer.
      return await port.keepAlive(id, keepAliveTimeoutMs(ttlS) * attempt, signal);
    } catch (err) {
      const isLast = attempt >= STORE_LIMITS.leaseAdoptionAttempts;
      if (signal.aborted || isLast || !isNapError(err)) throw err;
      await clock.sleep(backoffMs(attempt - 1, random(), STORE_LIMITS.sessionBackoff), signal);
      return undefined;
    }
  }

  private extend(sentAtMs: number, ttlS: number): void {
    const { clock, log } = this.parts;
    const ttlMs = ttlS * 1000;
    const marginMs = Math.max(
      STORE_LIMITS.sessionMarginMinMs,
      ttlMs * STORE_LIMITS.sessionMarginShare,
    );
    this.lastContactMs = sentAtMs;
    this.validUntilMs = sentAtMs + ttlMs - marginMs;
    if (!this.isValid()) return;
    if (!this.wasValid) log.info('session valid', { lease: this.lease.id, ttlS });
    this.wasValid = true;
    this.cancelLostTimer();
    // A moment later, for what sums and differences are rounded by: nobody looks again.
    this.cancelLostTimer = clock.after(this.validUntilMs - clock.monotonicMs() + 1, () => {
      this.noticeLoss('suspended');
    });
  }

  private expire(): void {
    this.validUntilMs = Number.NEGATIVE_INFINITY;
    this.cancelLostTimer();
    this.noticeLoss('expired');
  }

  private noticeLoss(state: 'suspended' | 'expired'): void {
    if (this.isValid() || !this.wasValid) return;
    this.wasValid = false;
    this.parts.log.warn('session lost', { lease: this.lease.id, state });
    this.lost.emit();
  }
}
