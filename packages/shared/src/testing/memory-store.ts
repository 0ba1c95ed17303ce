import { NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import { silentLog } from '../runtime/log.js';
import { reasonOf, untilHolds } from '../store/abort.js';
import { type Chunk, commitWrites, type TxnPort } from '../store/commit.js';
import { isUnder } from '../store/key-range.js';
import { KeyLeadership } from '../store/leadership.js';
import { Listeners } from '../store/listeners.js';
import { type LeasePort, LeaseSession } from '../store/session.js';
import type {
  CommitOptions,
  CommitResult,
  EtcdRevision,
  Leadership,
  LeadershipOptions,
  LeaseLife,
  Mirror,
  Session,
  SessionOptions,
  Snapshot,
  Store,
  StoredEntry,
  StoreKey,
  Write,
} from '../store/store.js';
import { ManualClock } from './manual-clock.js';
import { type Changes, MemoryEtcd } from './memory-etcd.js';
import { seededRandom } from './seeded-random.js';

export interface MemoryStoreOptions {
  /** Default: a manual clock of its own, at `store.etcd.clock`. */
  readonly clock?: Clock;
  /** Shared by all stores of a test that are to see each other. */
  readonly etcd?: MemoryEtcd;
  readonly random?: () => number;
}

/**
 * One client of an in-memory etcd. Commits, sessions and leaderships are the code of the real store over another port, so
 * that only the wire is faked. Unlike the real one it notices a lost connection at once.
 */
export class MemoryStore implements Store {
  readonly etcd: MemoryEtcd;
  private readonly random: () => number;
  private readonly connection = new Listeners();
  private readonly open = new Set<{ close(): Promise<void> }>();
  private connected = true;
  private closed = false;
  private lostAnswers: ('applied' | 'unapplied')[] = [];
  private leaseCount = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.etcd = options.etcd ?? new MemoryEtcd(options.clock ?? new ManualClock());
    this.random = options.random ?? seededRandom(1);
  }

  /** Fault: calls fail with ETCD_UNAVAILABLE, mirrors stand still and are stale, leases are not renewed. */
  disconnect(): void {
    this.connected = false;
    this.connection.emit();
  }

  reconnect(): void {
    this.connected = true;
    this.connection.emit();
  }

  /** Fault: the next transaction is applied, or not, and its answer does not arrive. Several queue up. */
  loseAnswer(outcome: 'applied' | 'unapplied'): void {
    this.lostAnswers.push(outcome);
  }

  get isConnected(): boolean {
    return this.connected && !this.closed;
  }

  async snapshot(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<Snapshot> {
    await this.call(signal);
    return this.etcd.list(prefixes);
  }

  async get(key: StoreKey, signal?: AbortSignal): Promise<StoredEntry | undefined> {
    const { entries } = await this.snapshot([key], signal);
    return entries.get(key);
  }

  async keys(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<readonly StoreKey[]> {
    const { entries } = await this.snapshot(prefixes, signal);
    return [...entries.keys()];
  }

  async leases(
    keys: readonly StoreKey[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<StoreKey, LeaseLife>> {
    await this.call(signal);
    return this.etcd.leaseLives(keys);
  }

  commit(writes: readonly Write[], options?: CommitOptions): Promise<CommitResult> {
    const port: TxnPort = {
      transact: (chunk, signal) => this.transact(chunk, signal),
      read: (keys, signal) => this.snapshot(keys, signal),
      seenRevision: () => this.etcd.revision,
    };
    return commitWrites(port, writes, options);
  }

  mirror(prefix: StoreKey): Mirror {
    const mirror = new MemoryMirror(prefix, this, (callback) => this.connection.add(callback));
    this.open.add(mirror);
    return mirror;
  }

  async session(options: SessionOptions, signal?: AbortSignal): Promise<Session> {
    const session = await LeaseSession.open(
      {
        port: this.leasePort(),
        clock: this.etcd.clock,
        random: this.random,
        log: silentLog,
        onClosed: () => {
          this.open.delete(session);
        },
      },
      options.ttlS,
      signal,
    );
    this.open.add(session);
    return session;
  }

  leadership(options: LeadershipOptions): Leadership {
    const leadership = new KeyLeadership(
      {
        store: this,
        clock: this.etcd.clock,
        random: this.random,
        log: silentLog,
        onClosed: () => {
          this.open.delete(leadership);
        },
      },
      options,
    );
    this.open.add(leadership);
    return leadership;
  }

  async close(): Promise<void> {
    for (const closable of [...this.open].reverse()) await closable.close();
    this.open.clear();
    this.closed = true;
  }

  /** Like the process killed: nothing is revoked or given up, and this client does nothing any more. */
  crash(): void {
    this.closed = true;
    this.connection.emit();
  }

  private async transact(
    chunk: Chunk,
    signal: AbortSignal | undefined,
  ): Promise<{ isCommitted: boolean; revision: EtcdRevision }> {
    await this.call(signal);
    const lost = this.lostAnswers.shift();
    if (lost === undefined) return this.etcd.transact(chunk);
    if (lost === 'applied') this.etcd.transact(chunk);
    throw new NapError('ETCD_AMBIGUOUS', 'etcd did not answer a request to write');
  }

  private leasePort(): LeasePort {
    return {
      grant: async (leaseId, ttlS, signal) => {
        await this.call(signal);
        return this.etcd.grant(leaseId, ttlS);
      },
      keepAlive: async (leaseId, _timeoutMs, signal) => {
        await this.call(signal);
        return this.etcd.keepAlive(leaseId);
      },
      revoke: async (leaseId) => {
        await this.call();
        this.etcd.revoke(leaseId);
      },
      newLeaseId: () => `${Math.floor(this.random() * 2 ** 32).toString(16)}${this.nextLease()}`,
    };
  }

  private nextLease(): string {
    this.leaseCount += 1;
    return this.leaseCount.toString(16).padStart(4, '0');
  }

  /** Every call takes a turn, as the real ones do, and may find the connection gone. */
  private async call(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await Promise.resolve();
    if (signal?.aborted === true) throw reasonOf(signal);
    if (this.isConnected) return;
    throw new NapError('ETCD_UNAVAILABLE', 'etcd cannot be reached (memory store, disconnected)');
  }
}

class MemoryMirror implements Mirror {
  readonly prefix: StoreKey;
  private readonly store: MemoryStore;
  private readonly listeners = new Listeners();
  private readonly unsubscribe: readonly (() => void)[];
  private state: Snapshot = { revision: 0n, entries: new Map() };
  private isListed = false;
  private isClosed = false;

  constructor(
    prefix: StoreKey,
    store: MemoryStore,
    onConnection: (callback: () => void) => () => void,
  ) {
    this.prefix = prefix;
    this.store = store;
    this.unsubscribe = [
      store.etcd.watch((changes, revision) => {
        this.apply(changes, revision);
      }),
      onConnection(() => {
        this.relist();
      }),
    ];
    queueMicrotask(() => {
      this.relist();
    });
  }

  get entries(): ReadonlyMap<StoreKey, StoredEntry> {
    return this.state.entries;
  }

  get revision(): EtcdRevision {
    return this.state.revision;
  }

  get isFresh(): boolean {
    return this.isListed && this.store.isConnected && !this.isClosed;
  }

  get problem(): NapError | undefined {
    if (this.isFresh) return undefined;
    return new NapError('ETCD_UNAVAILABLE', 'etcd cannot be reached (memory store)');
  }

  onChange(callback: () => void): () => void {
    return this.listeners.add(callback);
  }

  whenFresh(signal?: AbortSignal): Promise<void> {
    return untilHolds(
      () => this.isFresh,
      (look) => this.onChange(look),
      signal,
    );
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const stop of this.unsubscribe) stop();
    this.listeners.clear();
    return Promise.resolve();
  }

  private relist(): void {
    if (this.isClosed) return;
    this.isListed = this.store.isConnected;
    if (this.isListed) this.state = this.store.etcd.list([this.prefix]);
    this.listeners.emit();
  }

  private apply(changes: Changes, revision: EtcdRevision): void {
    if (!this.isFresh) return;
    const ours = [...changes].filter(([key]) => isUnder(this.prefix, key));
    if (ours.length === 0) return;
    const entries = new Map(this.state.entries);
    for (const [key, entry] of ours) {
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
    }
    this.state = { revision, entries };
    this.listeners.emit();
  }
}
