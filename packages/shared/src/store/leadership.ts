import { isNapError, NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { untilHolds } from './abort.js';
import { STORE_LIMITS } from './limits.js';
import { Listeners } from './listeners.js';
import type {
  EtcdRevision,
  Guard,
  Leadership,
  LeadershipOptions,
  Mirror,
  Store,
  StoredEntry,
} from './store.js';

export interface LeadershipParts {
  readonly store: Pick<Store, 'commit' | 'get' | 'mirror'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Called once, when the leadership is closed. */
  readonly onClosed: () => void;
}

/** Version of the value of a leader key. */
const LEADER_VERSION = 1;

interface LeaderValue {
  readonly v: typeof LEADER_VERSION;
  readonly identity: string;
  readonly leaseId: string;
}

/** Proof of a leadership: the create revision of our key, under the lease that was ours then. */
interface Fence {
  readonly revision: EtcdRevision;
  readonly leaseId: string;
}

function leaderValue(identity: string, leaseId: string): string {
  return JSON.stringify({ v: LEADER_VERSION, identity, leaseId } satisfies LeaderValue);
}

/** Whose name is in the value of a leader key; a value of another making stands for itself. */
export function leaderIdentity(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    const hasIdentity = typeof parsed === 'object' && parsed !== null && 'identity' in parsed;
    return hasIdentity && typeof parsed.identity === 'string' ? parsed.identity : value;
  } catch {
    return value;
  }
}

/**
 * One key, created by whoever finds it absent, under the session's lease. At most one process believes that it leads,
 * because a session stops calling itself valid before etcd can have let the key go. A leader that is late all the same
 * is harmless as long as each of its writes carries `guard()`.
 *
 * Level triggered: every look compares the key in the mirror with the fence, whatever woke it up.
 */
export class KeyLeadership implements Leadership {
  private readonly parts: LeadershipParts;
  private readonly options: LeadershipOptions;
  private readonly mirror: Mirror;
  private readonly listeners = new Listeners();
  private readonly stop = new AbortController();
  private readonly unsubscribe: readonly (() => void)[];
  private readonly running: Promise<void>;
  private wake: () => void = () => undefined;
  private fence: Fence | undefined;
  private announced = '';
  /** Somebody led, so that others may be waiting for the key to go just as we are. */
  private hasSeenLeader = false;

  constructor(parts: LeadershipParts, options: LeadershipOptions) {
    this.parts = parts;
    this.options = options;
    this.mirror = parts.store.mirror(options.key);
    const nudge = (): void => {
      this.wake();
    };
    this.unsubscribe = [
      this.mirror.onChange(nudge),
      options.session.onLost(nudge),
      options.session.onRenewed(nudge),
    ];
    this.running = this.run();
  }

  isLeader(): boolean {
    const { session } = this.options;
    return this.fence?.leaseId === session.leaseId && session.isValid() && !this.isClosed();
  }

  guard(): Guard {
    const revision = this.isLeader() ? this.fence?.revision : undefined;
    if (revision !== undefined) return { kind: 'createdAt', key: this.options.key, revision };
    throw new NapError('NOT_LEADER', `${this.options.identity} does not lead now`, {
      hint: this.leader === undefined ? 'nobody leads' : `${this.leader} leads`,
    });
  }

  get leader(): string | undefined {
    if (this.isLeader()) return this.options.identity;
    const entry = this.mirror.entries.get(this.options.key);
    return entry === undefined ? undefined : leaderIdentity(entry.value);
  }

  onChange(callback: () => void): () => void {
    return this.listeners.add(callback);
  }

  whenLeading(signal?: AbortSignal): Promise<void> {
    return untilHolds(
      () => this.isLeader(),
      (look) => this.onChange(look),
      signal,
    );
  }

  async close(): Promise<void> {
    if (this.isClosed()) return;
    this.stop.abort();
    for (const stop of this.unsubscribe) stop();
    this.listeners.clear();
    this.wake();
    await this.running;
    await this.mirror.close();
    await this.giveUp();
    this.parts.onClosed();
  }

  private isClosed(): boolean {
    return this.stop.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isClosed()) {
      const nudged = this.nextNudge();
      this.look();
      this.announce();
      if (this.shouldContend()) {
        await this.contend();
        this.announce();
      }
      await nudged;
    }
  }

  /** Resolves at the next nudge, or after a while; armed before the look, so that no nudge falls in between. */
  private nextNudge(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(STORE_LIMITS.leaderCheckMs, () => {
        this.wake();
      });
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Brings the fence in line with what the mirror knows for sure. */
  private look(): void {
    const { key, session } = this.options;
    if (this.fence !== undefined && this.fence.leaseId !== session.leaseId) this.fence = undefined;
    if (!this.mirror.isFresh) return;
    const entry = this.mirror.entries.get(key);
    this.hasSeenLeader ||= entry !== undefined;
    // A mirror that has not reached our own write yet says nothing about it.
    const isJudge = this.fence !== undefined && this.mirror.revision >= this.fence.revision;
    if (isJudge && entry?.createRevision !== this.fence?.revision) this.fence = undefined;
    if (this.fence === undefined && entry !== undefined) this.adoptIfOurs(entry);
  }

  /** Our own earlier attempt may have succeeded without an answer. */
  private adoptIfOurs(entry: StoredEntry): void {
    const { identity, session } = this.options;
    if (entry.value !== leaderValue(identity, session.leaseId)) return;
    this.fence = { revision: entry.createRevision, leaseId: session.leaseId };
  }

  private shouldContend(): boolean {
    return (
      this.fence === undefined &&
      this.options.session.isValid() &&
      this.mirror.isFresh &&
      !this.mirror.entries.has(this.options.key)
    );
  }

  private async contend(): Promise<void> {
    const { clock, random, store, log } = this.parts;
    const { key, identity, session } = this.options;
    const { signal } = this.stop;
    try {
      if (this.hasSeenLeader) await clock.sleep(random() * STORE_LIMITS.contendJitterMs, signal);
      if (!session.isValid()) return;
      const { leaseId } = session;
      const value = leaderValue(identity, leaseId);
      const result = await store.commit([{ kind: 'put', key, value, leased: true }], {
        guards: [{ kind: 'absent', key }],
        session,
        signal,
      });
      if (result.kind === 'committed') {
        this.fence = { revision: result.revision, leaseId };
        return;
      }
      const entry = await store.get(key, signal);
      if (entry !== undefined) this.adoptIfOurs(entry);
    } catch (err) {
      if (signal.aborted) return;
      if (!isNapError(err)) throw err;
      log.debug('could not contend for the leadership', { key, err });
      await clock.sleep(STORE_LIMITS.leaderCheckMs, signal).catch(() => undefined);
    }
  }

  private announce(): void {
    const now = `${this.isLeader()} ${this.leader ?? ''}`;
    if (now === this.announced) return;
    this.announced = now;
    this.parts.log.info('leadership', { leader: this.leader, isLeader: this.isLeader() });
    this.listeners.emit();
  }

  /** Best effort: the lease takes the key along anyway. */
  private async giveUp(): Promise<void> {
    const { key, session } = this.options;
    const fence = this.fence;
    this.fence = undefined;
    if (fence?.leaseId !== session.leaseId || !session.isValid()) return;
    try {
      await this.parts.store.commit([{ kind: 'delete', key }], {
        guards: [{ kind: 'createdAt', key, revision: fence.revision }],
      });
    } catch (err) {
      if (!isNapError(err)) throw err;
      this.parts.log.debug('leader key not deleted, it expires by itself', { key, err });
    }
  }
}
