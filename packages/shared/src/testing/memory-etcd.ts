import { NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import type { Chunk } from '../store/commit.js';
import { isUnder } from '../store/key-range.js';
import type {
  EtcdRevision,
  Guard,
  LeaseLife,
  Snapshot,
  StoredEntry,
  StoreKey,
} from '../store/store.js';

interface HeldEntry extends StoredEntry {
  readonly leaseId: string | undefined;
}

/** What one revision changed; undefined for a key that it deleted. */
export type Changes = ReadonlyMap<StoreKey, StoredEntry | undefined>;

type Watcher = (changes: Changes, revision: EtcdRevision) => void;

interface HeldLease {
  readonly ttlS: number;
  /** On the clock of etcd. */
  endsAtMs: number;
  cancelTimer: () => void;
}

/** What `etcdctl snapshot save` keeps. */
export interface Backup {
  readonly revision: EtcdRevision;
  readonly held: ReadonlyMap<StoreKey, HeldEntry>;
  readonly leases: ReadonlyMap<string, number>;
}

/** What etcd is, as far as nap can tell, without processes and network: one map with revisions, guards and leases. */
export class MemoryEtcd {
  readonly clock: Clock;
  private readonly held = new Map<StoreKey, HeldEntry>();
  private readonly leases = new Map<string, HeldLease>();
  private readonly watchers = new Set<Watcher>();
  private latest: EtcdRevision = 1n;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get revision(): EtcdRevision {
    return this.latest;
  }

  /** Called back after every revision, with all keys that it changed. */
  watch(callback: Watcher): () => void {
    this.watchers.add(callback);
    return () => {
      this.watchers.delete(callback);
    };
  }

  list(prefixes: readonly StoreKey[]): Snapshot {
    const entries = new Map<StoreKey, StoredEntry>();
    for (const prefix of prefixes) {
      const keys = [...this.held.keys()].filter((key) => isUnder(prefix, key)).sort();
      for (const key of keys) {
        const entry = this.held.get(key);
        if (entry !== undefined) entries.set(key, publicEntry(entry));
      }
    }
    return { revision: this.latest, entries };
  }

  transact(chunk: Chunk): { isCommitted: boolean; revision: EtcdRevision } {
    if (!chunk.guards.every((guard) => this.holds(guard))) {
      return { isCommitted: false, revision: this.latest };
    }
    this.checkLease(chunk);
    const revision = this.latest + 1n;
    const changed = new Set<StoreKey>();
    for (const write of chunk.writes) {
      if (write.kind === 'delete') {
        if (this.held.delete(write.key)) changed.add(write.key);
        continue;
      }
      changed.add(write.key);
      this.held.set(write.key, {
        key: write.key,
        value: write.value,
        createRevision: this.held.get(write.key)?.createRevision ?? revision,
        modRevision: revision,
        leaseId: write.leased === true ? chunk.leaseId : undefined,
      });
    }
    if (changed.size > 0) this.advance(revision, changed);
    return { isCommitted: true, revision: this.latest };
  }

  grant(leaseId: string, ttlS: number): { ttlS: number; isNew: boolean } {
    if (this.leases.has(leaseId)) return { ttlS, isNew: false };
    this.leases.set(leaseId, { ttlS, endsAtMs: 0, cancelTimer: () => undefined });
    this.extend(leaseId);
    return { ttlS, isNew: true };
  }

  /** Remaining seconds, 0 for an unknown lease. */
  keepAlive(leaseId: string): number {
    return this.leases.has(leaseId) ? this.extend(leaseId) : 0;
  }

  /** What is left of the leases of these keys, in whole seconds as etcd tells it. */
  leaseLives(keys: readonly StoreKey[]): ReadonlyMap<StoreKey, LeaseLife> {
    const lives = new Map<StoreKey, LeaseLife>();
    for (const key of keys) {
      const { leaseId = '' } = this.held.get(key) ?? {};
      const lease = this.leases.get(leaseId);
      if (lease === undefined) continue;
      const leftS = Math.floor((lease.endsAtMs - this.clock.monotonicMs()) / 1000);
      lives.set(key, { leftMs: Math.max(0, leftS) * 1000, ttlMs: lease.ttlS * 1000 });
    }
    return lives;
  }

  /** Ends a lease and everything under it, in one revision. */
  revoke(leaseId: string): void {
    this.leases.get(leaseId)?.cancelTimer();
    if (!this.leases.delete(leaseId)) return;
    const keys = [...this.held.values()]
      .filter((entry) => entry.leaseId === leaseId)
      .map(({ key }) => key);
    for (const key of keys) this.held.delete(key);
    if (keys.length > 0) this.advance(this.latest + 1n, keys);
  }

  /** All data are lost, leases too, as when a member starts with an empty directory. */
  wipe(): void {
    for (const lease of this.leases.values()) lease.cancelTimer();
    this.leases.clear();
    const keys = [...this.held.keys()];
    this.held.clear();
    this.advance(1n, keys);
  }

  /** It stops: nothing expires until `boot`. Who must not reach it meanwhile is up to the caller. */
  halt(): void {
    for (const lease of this.leases.values()) lease.cancelTimer();
  }

  /** All leases get their whole TTL again, as after a start or an election. */
  boot(): void {
    for (const leaseId of this.leases.keys()) this.extend(leaseId);
  }

  backup(): Backup {
    const ttls = [...this.leases].map(([id, { ttlS }]) => [id, ttlS] as const);
    return { revision: this.latest, held: new Map(this.held), leases: new Map(ttls) };
  }

  /** As it was then, its revision too: whatever was written since has never been. Leases begin anew. */
  restore({ revision, held, leases }: Backup): void {
    this.halt();
    this.leases.clear();
    for (const [id, ttlS] of leases) this.grant(id, ttlS);
    const changed = [...new Set([...this.held.keys(), ...held.keys()])].filter(
      (key) => this.held.get(key)?.modRevision !== held.get(key)?.modRevision,
    );
    this.held.clear();
    for (const [key, entry] of held) this.held.set(key, entry);
    this.advance(revision, changed);
  }

  private extend(leaseId: string): number {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return 0;
    lease.cancelTimer();
    lease.endsAtMs = this.clock.monotonicMs() + lease.ttlS * 1000;
    lease.cancelTimer = this.clock.after(lease.ttlS * 1000, () => {
      this.revoke(leaseId);
    });
    return lease.ttlS;
  }

  private checkLease(chunk: Chunk): void {
    const isLeased = chunk.writes.some((write) => write.kind === 'put' && write.leased === true);
    if (!isLeased || (chunk.leaseId !== undefined && this.leases.has(chunk.leaseId))) return;
    throw new NapError('ETCD_UNAVAILABLE', 'etcd refused to write: requested lease not found');
  }

  private holds(guard: Guard): boolean {
    switch (guard.kind) {
      case 'createdAt':
        return this.held.get(guard.key)?.createRevision === guard.revision;
      case 'unchanged':
        return this.held.get(guard.key)?.modRevision === guard.revision;
      case 'absent':
        return !this.held.has(guard.key);
      case 'prefixUnchanged':
        return [...this.held.values()].every(
          (entry) => !isUnder(guard.prefix, entry.key) || entry.modRevision <= guard.revision,
        );
    }
  }

  private advance(revision: EtcdRevision, changed: Iterable<StoreKey>): void {
    this.latest = revision;
    const changes = new Map<StoreKey, StoredEntry | undefined>();
    for (const key of changed) {
      const entry = this.held.get(key);
      changes.set(key, entry === undefined ? undefined : publicEntry(entry));
    }
    for (const callback of [...this.watchers]) callback(changes, revision);
  }
}

function publicEntry({ key, value, createRevision, modRevision }: HeldEntry): StoredEntry {
  return { key, value, createRevision, modRevision };
}
