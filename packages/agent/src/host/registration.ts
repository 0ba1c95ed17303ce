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
  type Placement,
} from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { GoingDown } from './going-down.js';
import type { Guard, Session, Store, StoredEntry, Write } from '@nap/shared/store';

/** Of the time that systemd gives an agent to stop. */
const LEAVE_WITHIN_MS = 3_000;

export interface RegistrationParts {
  readonly host: HostId;
  /** The machine's own id: two machines must not both be this host. */
  readonly machine: string;
  readonly store: Pick<Store, 'session' | 'snapshot' | 'commit'>;
  readonly leaseTtlS: number;
  /** Undefined until the engine was reached. */
  readonly info: () => HostInfo | undefined;
  /** Undefined while the API does not listen: nobody is told of it. */
  readonly api: () => HostApi | undefined;
  /** The lease is another one: everything under it has to be put again. */
  readonly onLease: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells the cluster that this host exists and that its agent lives. */
export class Registration {
  private readonly parts: RegistrationParts;
  private readonly startedAtMs: number;
  private held: Session | undefined;

  constructor(parts: RegistrationParts) {
    this.parts = parts;
    this.startedAtMs = parts.clock.nowMs();
  }

  /** Undefined until a lease was granted for the first time. */
  get session(): Session | undefined {
    return this.held;
  }

  /**
   * One look at what etcd says of this host, and what is missing or wrong is put right. Throws BAD_CONFIG when another
   * machine is this host, which no retry heals, and like the store.
   */
  async pass(signal: AbortSignal): Promise<void> {
    const { store, host } = this.parts;
    const session = (this.held ??= await this.open(signal));
    const sessionKey = keys.hostSession(host);
    const infoKey = keys.hostInfo(host);
    const apiKey = keys.hostApi(host);
    const { entries } = await store.snapshot([sessionKey, infoKey, apiKey], signal);
    await this.putSession(session, entries.get(sessionKey), signal);
    await this.putInfo(entries.get(infoKey), signal);
    await this.putApi(entries.get(apiKey), signal);
  }

  /**
   * The host goes down: says so, and gives the lease back, so that nobody has to wait for its end. What must never run twice
   * is still there until the engine stops it, and no agent watches over it any more: with such an instance the lease ends by
   * itself. Never throws: the host goes down all the same.
   */
  async leave(kind: GoingDown | undefined, placements: Iterable<Placement>): Promise<void> {
    if (kind === undefined) return;
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
    session.onRenewed(() => {
      this.putUnder = undefined;
      onLease();
    });
    return session;
  }

  private putUnder: string | undefined;

  private async putSession(
    session: Session,
    entry: StoredEntry | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { host, machine, store, onLease } = this.parts;
    if (entry !== undefined) this.checkMachine(entry);
    if (entry !== undefined && this.putUnder === session.leaseId) return;
    const key = keys.hostSession(host);
    const { leaseId } = session;
    const value = hostSessionCodec.encode({ startedAtMs: this.startedAtMs, machine });
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
    this.putUnder = leaseId;
    onLease();
  }

  private checkMachine(entry: StoredEntry): void {
    const { host, machine } = this.parts;
    const other = this.machineOf(entry);
    if (other === undefined || other === machine) return;
    throw new NapError('BAD_CONFIG', `another machine is host ${host} already`, {
      hint: `give one of them another name with --host; when this machine replaces the other, wait ${this.parts.leaseTtlS} s`,
      details: { host, otherMachine: other },
    });
  }

  private machineOf(entry: StoredEntry): string | undefined {
    try {
      return hostSessionCodec.decode(entry.value, entry.key).machine;
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
