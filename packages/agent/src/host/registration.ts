import {
  hostApiCodec,
  hostInfoCodec,
  hostSessionCodec,
  isNapError,
  keys,
  NapError,
  type HostApi,
  type HostId,
  type HostInfo,
  type HostSession,
  type Placement,
} from '@nap/shared';
import type { Clock, Log, PassResult } from '@nap/shared/runtime';
import type { GoingDown } from './going-down.js';
import { FIRST_CONTACT_MS } from './contact.js';
import type { OwnLeases } from './own-leases.js';
import type { Guard, Session, Store, StoredEntry, Write } from '@nap/shared/store';

/** Of the time that systemd gives an agent to stop. */
const LEAVE_WITHIN_MS = 3_000;
/** A session that was not renewed for so long, or for half of its lease, is that of an agent which is gone. */
const RENEWED_WITHIN_MS = 4_000;
const LOOK_AGAIN_MS = 500;

export interface RegistrationParts {
  readonly host: HostId;
  /** The machine's own id: two machines must not both be this host. */
  readonly machine: string;
  readonly store: Pick<Store, 'session' | 'snapshot' | 'commit' | 'leases'>;
  readonly leases: OwnLeases;
  readonly leaseTtlS: number;
  /** Undefined until the engine was reached. */
  readonly info: () => HostInfo | undefined;
  /** Undefined while the API does not listen: nobody is told of it. */
  readonly api: () => HostApi | undefined;
  /** Registered, also under another lease than before: everything under it has to be put again. */
  readonly onLease: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells the cluster that this host exists and that its agent lives. */
export class Registration {
  private readonly parts: RegistrationParts;
  private readonly startedAtMs: number;
  private held: Session | undefined;
  private standing: 'unknown' | 'registered' | 'refused' = 'unknown';
  /** The lease of the session that was last seen to be this agent's own. */
  private putUnder: string | undefined;
  private unsureSinceMs: number | undefined;
  /** Of whoever is this host instead. */
  private rival: string | undefined;

  constructor(parts: RegistrationParts) {
    this.parts = parts;
    this.startedAtMs = parts.clock.nowMs();
    this.unsureSinceMs = parts.clock.monotonicMs();
  }

  /** Undefined until a lease was granted for the first time. */
  get session(): Session | undefined {
    return this.held;
  }

  /**
   * Whether this agent may do and tell anything: not while somebody else is this host. Nor, for a while, before it knows
   * whether: when it has just started, and when etcd is heard of again after the lease was lost. `isFresh`: the placements
   * are current, so that etcd is in reach.
   */
  mayAct(isFresh: boolean): boolean {
    if (this.standing === 'refused') return false;
    if (this.isRegistered || (this.standing === 'registered' && !isFresh)) {
      this.unsureSinceMs = undefined;
      return true;
    }
    const nowMs = this.parts.clock.monotonicMs();
    this.unsureSinceMs ??= nowMs;
    return nowMs - this.unsureSinceMs >= FIRST_CONTACT_MS;
  }

  private get isRegistered(): boolean {
    const { standing, held, putUnder } = this;
    return standing === 'registered' && held?.isValid() === true && held.leaseId === putUnder;
  }

  /** The session is that of this machine, of this life of its agent or an earlier one. */
  isOwn(entry: StoredEntry): boolean {
    return this.isOwnLease(this.sessionIn(entry)?.lease);
  }

  /**
   * One look at what etcd says of this host, and what is missing or wrong is put right. Throws BAD_CONFIG when another
   * machine is this host, which no retry heals, and like the store.
   */
  async pass(signal: AbortSignal): Promise<PassResult | undefined> {
    const { store, host, leases, clock } = this.parts;
    await leases.load();
    const session = (this.held ??= await this.open(signal));
    const sessionKey = keys.hostSession(host);
    const infoKey = keys.hostInfo(host);
    const apiKey = keys.hostApi(host);
    const { entries } = await store.snapshot([sessionKey, infoKey, apiKey], signal);
    const entry = entries.get(sessionKey);
    if (entry !== undefined && (await this.isTaken(entry, signal))) {
      return { wakeAtMs: clock.nowMs() + LOOK_AGAIN_MS };
    }
    await this.putSession(session, entry, signal);
    await this.putInfo(entries.get(infoKey), signal);
    await this.putApi(entries.get(apiKey), signal);
    return undefined;
  }

  /**
   * The host goes down: says so, and gives the lease back, so that nobody has to wait for its end. What must never run twice
   * is still there until the engine stops it, and no agent watches over it any more: with such an instance the lease ends by
   * itself. Never throws: the host goes down all the same.
   */
  async leave(kind: GoingDown | undefined, placements: Iterable<Placement>): Promise<void> {
    if (kind === undefined || this.standing === 'refused') return;
    const { host, store, clock, log } = this.parts;
    const info = this.parts.info();
    try {
      if (info !== undefined) {
        const value = hostInfoCodec.encode({ ...info, goingDown: { kind, atMs: clock.nowMs() } });
        const signal = AbortSignal.timeout(LEAVE_WITHIN_MS);
        await store.commit([{ kind: 'put', key: keys.hostInfo(host), value }], { signal });
      }
      const isBound = [...placements].some(({ stopAfterMs }) => stopAfterMs !== undefined);
      if (!isBound) await this.held?.close();
      log.info('the host goes down', { kind, isLeaseGivenBack: !isBound });
    } catch (err) {
      log.warn('cannot tell the cluster that the host goes down', { err });
    }
  }

  private async open(signal: AbortSignal): Promise<Session> {
    const { store, leaseTtlS, onLease } = this.parts;
    const session = await store.session({ ttlS: leaseTtlS }, signal);
    session.onRenewed(onLease);
    return session;
  }

  private async putSession(
    session: Session,
    entry: StoredEntry | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { host, machine, store, leases, onLease } = this.parts;
    const { leaseId: lease } = session;
    if (entry !== undefined && this.sessionIn(entry)?.lease === lease) {
      this.noteRegistered(lease);
      return;
    }
    // First: whatever ends this agent from here on, the next one knows its own.
    await leases.add(lease);
    const key = keys.hostSession(host);
    const value = hostSessionCodec.encode({ startedAtMs: this.startedAtMs, machine, lease });
    const guard: Guard =
      entry === undefined
        ? { kind: 'absent', key }
        : { kind: 'unchanged', key, revision: entry.modRevision };
    const result = await store.commit([{ kind: 'put', key, value, leased: true }], {
      guards: [guard],
      session,
      signal,
    });
    if (result.kind === 'refused') {
      throw new NapError('CONFLICT', `somebody else has just written ${key}`);
    }
    this.noteRegistered(lease);
    onLease();
  }

  private noteRegistered(lease: string): void {
    this.standing = 'registered';
    this.putUnder = lease;
    this.rival = undefined;
  }

  /**
   * Somebody else is this host. A copy of the machine, with its disk, has the same host name and the same machine id: what it
   * has not is the lease. A session that nobody renews is that of an earlier life, from before a reboot.
   */
  private async isTaken(entry: StoredEntry, signal: AbortSignal): Promise<boolean> {
    const found = this.sessionIn(entry);
    this.checkMachine(found);
    if (found?.lease === undefined || this.isOwnLease(found.lease)) return false;
    const life = (await this.parts.store.leases([entry.key], signal)).get(entry.key);
    const sinceMs = life === undefined ? Infinity : life.ttlMs - life.leftMs;
    if (life === undefined || sinceMs > Math.min(RENEWED_WITHIN_MS, life.ttlMs / 2)) return false;
    this.standing = 'refused';
    this.sayRefused(found.lease);
    return true;
  }

  private sayRefused(lease: string): void {
    if (this.rival === lease) return;
    this.rival = lease;
    const { host, log } = this.parts;
    log.error(`another agent is host ${host} already: nothing is started here while it lives`, {
      lease,
      hint: 'after a quick reboot this passes within seconds; a copy of a machine needs a host name and an /etc/machine-id of its own, and an empty state directory',
    });
  }

  private isOwnLease(lease: string | undefined): boolean {
    if (lease === undefined) return false;
    return lease === this.held?.leaseId || this.parts.leases.has(lease);
  }

  private checkMachine(found: HostSession | undefined): void {
    const { host, machine } = this.parts;
    const other = found?.machine;
    if (other === undefined || other === machine) return;
    this.standing = 'refused';
    throw new NapError('BAD_CONFIG', `another machine is host ${host} already`, {
      hint: `give one of them another name with --host; when this machine replaces the other, wait ${this.parts.leaseTtlS} s`,
      details: { host, otherMachine: other },
    });
  }

  private sessionIn(entry: StoredEntry): HostSession | undefined {
    try {
      return hostSessionCodec.decode(entry.value, entry.key);
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      this.parts.log.warn('cannot read who else is this host', { err });
      return undefined;
    }
  }

  private async putInfo(entry: StoredEntry | undefined, signal: AbortSignal): Promise<void> {
    const info = this.parts.info();
    if (info === undefined) return;
    const value = hostInfoCodec.encode(info);
    if (entry?.value === value) return;
    await this.parts.store.commit([{ kind: 'put', key: keys.hostInfo(this.parts.host), value }], {
      signal,
    });
  }

  private async putApi(entry: StoredEntry | undefined, signal: AbortSignal): Promise<void> {
    const api = this.parts.api();
    const value = api === undefined ? undefined : hostApiCodec.encode(api);
    if (entry?.value === value) return;
    const key = keys.hostApi(this.parts.host);
    const write: Write =
      value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value };
    await this.parts.store.commit([write], { signal });
  }
}
