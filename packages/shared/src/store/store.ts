import type { NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';

/** A revision of the whole etcd store ("etcd revision"), never of a project. */
export type EtcdRevision = bigint;

/** Key without the store's root prefix (`/nap/v1/`), such as `placements/host-a/shop.web.1`. */
export type StoreKey = string;

export interface StoredEntry {
  readonly key: StoreKey;
  readonly value: string;
  readonly createRevision: EtcdRevision;
  readonly modRevision: EtcdRevision;
}

export interface SnapshotOrigin {
  /** Which etcd, in which term of its leader. */
  readonly etcd: string;
  /** On the store's monotonic clock. */
  readonly askedAtMs: number;
}

export interface Snapshot {
  /** Every entry belongs to this one etcd revision. */
  readonly revision: EtcdRevision;
  readonly entries: ReadonlyMap<StoreKey, StoredEntry>;
  /** Absent: nothing is built upon it. */
  readonly origin?: SnapshotOrigin;
}

/** What a client read a moment ago, of these prefixes; what is read now may be less of it. */
export interface ReadBefore {
  readonly prefixes: readonly StoreKey[];
  readonly snapshot: Snapshot;
}

export type Write =
  | {
      readonly kind: 'put';
      readonly key: StoreKey;
      readonly value: string;
      readonly leased?: boolean;
    }
  | { readonly kind: 'delete'; readonly key: StoreKey };

/** What must hold in etcd at the moment of the write, or nothing is written. */
export type Guard =
  /** The key exists with this create revision (a leader's fence). */
  | { readonly kind: 'createdAt'; readonly key: StoreKey; readonly revision: EtcdRevision }
  /** The key was last written at this revision (nobody changed it since we read it). */
  | { readonly kind: 'unchanged'; readonly key: StoreKey; readonly revision: EtcdRevision }
  | { readonly kind: 'absent'; readonly key: StoreKey }
  /** No key under the prefix was written or created after this revision (deletions are not seen). */
  | {
      readonly kind: 'prefixUnchanged';
      readonly prefix: StoreKey;
      readonly revision: EtcdRevision;
    };

export type CommitResult =
  | { readonly kind: 'committed'; readonly revision: EtcdRevision }
  /** A guard failed: nothing of this chunk was written; earlier chunks of the same commit stay. */
  | { readonly kind: 'refused' };

export interface CommitOptions {
  readonly guards?: readonly Guard[];
  /** Needed when a put is leased: the session under whose lease it goes. */
  readonly session?: Session;
  readonly signal?: AbortSignal;
}

/** One consistent, live local copy of a prefix. Level triggered: `onChange` is a nudge without content. */
export interface Mirror {
  readonly prefix: StoreKey;
  /** Keys relative to the store's root, like everywhere. Replaced, never mutated, on every change. */
  readonly entries: ReadonlyMap<StoreKey, StoredEntry>;
  readonly revision: EtcdRevision;
  /**
   * The copy is known to be current: the list is complete and the watch has given a sign of life recently. While false
   * the entries are the last known ones: absence of a key proves nothing.
   */
  readonly isFresh: boolean;
  /** Why it is not fresh, as far as known: what the last attempt to list or watch met. */
  readonly problem: NapError | undefined;
  /** Calls back after entries or freshness changed (coalesced); the returned function unsubscribes. */
  onChange(callback: () => void): () => void;
  /** Resolves when fresh for the first time or again; rejects on abort. */
  whenFresh(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A lease that is kept alive. Keys put `leased` vanish with it, all in one revision. */
export interface Session {
  /** Hexadecimal lease id; changes when the server has let the lease expire. */
  readonly leaseId: string;
  /**
   * Synchronous and conservative: false from the moment at which the server may have let the lease expire. Uses the send
   * time of the last acknowledged keepalive and the monotonic clock, so it is right even after a blocked event loop.
   */
  isValid(): boolean;
  /** When etcd was last proven to be in reach, on the store's monotonic clock: the send time of the last answered renewal. */
  readonly contactAtMs: number;
  /** The lease was lost and a new one granted: leased keys must be put again. */
  onRenewed(callback: () => void): () => void;
  onLost(callback: () => void): () => void;
  /** Revokes the lease (best effort, bounded) and stops. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Whole seconds, at least 2. */
  readonly ttlS: number;
}

/** What is left of a lease. etcd tells both in whole seconds; what is left is rounded down. */
export interface LeaseLife {
  readonly leftMs: number;
  /** What it has after each renewal. */
  readonly ttlMs: number;
}

/** Leadership over one key. `guard()` proves it with every write. */
export interface Leadership {
  isLeader(): boolean;
  /** Guard for every write of a leader; throws NOT_LEADER when this process does not lead now. */
  guard(): Guard;
  /** The identity of whoever leads now, as far as known, or undefined. */
  readonly leader: string | undefined;
  onChange(callback: () => void): () => void;
  /** Resolves once leading; rejects on abort. */
  whenLeading(signal?: AbortSignal): Promise<void>;
  /** Gives the leadership up (deletes the key when it is ours) and stops contending. */
  close(): Promise<void>;
}

export interface LeadershipOptions {
  readonly key: StoreKey;
  /** Who we are, for people: written into the key together with the lease. */
  readonly identity: string;
  readonly session: Session;
}

/**
 * The only door to etcd. Errors are NapErrors (ETCD_UNAVAILABLE, ETCD_DENIED, ETCD_AMBIGUOUS, ETCD_NO_SPACE,
 * ETCD_COMPACTED, ETCD_INVALID). Every call has a deadline; reads are retried on other endpoints, writes only when they
 * provably were not sent.
 */
export interface Store {
  /**
   * All entries under the prefixes (or exact keys, when they do not end in `/`), linearizable, at one etcd revision. `before`
   * changes what it costs and not what it holds: etcd sends only what has changed since, if that was a minute ago at most.
   */
  snapshot(
    prefixes: readonly StoreKey[],
    signal?: AbortSignal,
    before?: ReadBefore,
  ): Promise<Snapshot>;
  get(key: StoreKey, signal?: AbortSignal): Promise<StoredEntry | undefined>;
  /** As `snapshot`, without the values: for prefixes that hold much. */
  keys(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<readonly StoreKey[]>;
  /**
   * What is left now of the leases of these keys, by key; of at most `STORE_LIMITS.inspectedLeases` keys. A key that is not
   * there, or that has no lease or one that has just ended, is left out.
   */
  leases(
    keys: readonly StoreKey[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<StoreKey, LeaseLife>>;
  /**
   * Writes in order, in chunks of at most 100 operations and 1 MiB, each chunk one transaction that carries all guards.
   * An answer that never came is resolved by reading back where that can be decided; otherwise ETCD_AMBIGUOUS.
   */
  commit(writes: readonly Write[], options?: CommitOptions): Promise<CommitResult>;
  /** `before` as in `snapshot`, for the first listing. */
  mirror(prefix: StoreKey, before?: ReadBefore): Mirror;
  /** Grants a lease; resolves when granted. */
  session(options: SessionOptions, signal?: AbortSignal): Promise<Session>;
  leadership(options: LeadershipOptions): Leadership;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** `http://…` or `https://…`; tried in order, rotated on failure. */
  readonly endpoints: readonly string[];
  /** Root prefix of all keys, default `/nap/v1/`. */
  readonly root?: string;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  readonly user?: { readonly name: string; readonly password: string };
  /** Of the first attempt of a call at each endpoint; not multiplied by `patience`. */
  readonly callTimeoutMs?: number;
  /** How many times as long between two probes of connections and watches, and until silence means something; default 1. */
  readonly patience?: number;
  readonly clock?: Clock;
  /** In [0, 1); for jitter. */
  readonly random?: () => number;
  readonly log?: Log;
}
