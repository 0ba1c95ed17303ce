import { randomBytes } from 'node:crypto';
import {
  CompareResult,
  CompareTarget,
  type Etcd3,
  type ICompare,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type IResponseHeader,
} from 'etcd3';
import { isNapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import type { Calls } from './calls.js';
import type { Chunk, TxnPort } from './commit.js';
import type { KeyRange, KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import { knownOf, withChanges, type Known } from './list-changes.js';
import type {
  EtcdRevision,
  Guard,
  ReadBefore,
  Snapshot,
  SnapshotOrigin,
  StoredEntry,
  StoreKey,
  Write,
} from './store.js';

/** A consistent listing, with what a mirror needs to know about its origin. */
export interface Listing extends Snapshot {
  readonly clusterId: string;
  /** Monotonic time at which it was asked for: the content was current then or later. */
  readonly askedAtMs: number;
}

export function leaseIdToEtcd(leaseId: string): string {
  return BigInt(`0x${leaseId}`).toString();
}

/** 63 random bits of our own choice, so that a repeated grant cannot make a second lease. */
export function newLeaseId(): string {
  const id = BigInt(`0x${randomBytes(8).toString('hex')}`) >> 1n;
  return (id === 0n ? 1n : id).toString(16);
}

interface Counted extends Listing {
  readonly origin: SnapshotOrigin;
  /** The number of keys that each range has, whatever of them was sent. */
  readonly counts: readonly number[];
}

interface WhatToList {
  readonly isKeysOnly?: boolean;
  readonly before?: ReadBefore | undefined;
}

interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  readonly isKeysOnly?: boolean;
  /** Only what was written after it. */
  readonly after?: EtcdRevision | undefined;
  /** As it was at this revision; absent: as it is. */
  readonly at?: string | undefined;
}

function rangeRequest(range: KeyRange, { isKeysOnly, after, at }: ListOptions): IRangeRequest {
  return {
    ...pageRequest(range),
    ...(isKeysOnly === true ? { keys_only: true } : {}),
    ...(after === undefined ? {} : { min_mod_revision: (after + 1n).toString() }),
    ...(at === undefined ? {} : { revision: at }),
  };
}

/** A leader of etcd's own leads for one term; an etcd that was restored from a backup begins its terms anew. */
const etcdOf = (header: IResponseHeader): string => `${header.cluster_id}/${header.raft_term}`;

function pageRequest(range: KeyRange): IRangeRequest {
  return range.end === undefined
    ? { key: range.start }
    : { key: range.start, range_end: range.end, limit: STORE_LIMITS.pageKeys };
}

/** The unary calls of nap in etcd's words. Reads are linearizable: a serializable one may go back in time. */
export class EtcdRpc implements TxnPort {
  private readonly calls: Calls;
  private readonly keySpace: KeySpace;
  private readonly clock: Clock;
  private seen: EtcdRevision = 0n;

  constructor(calls: Calls, keySpace: KeySpace, clock: Clock) {
    this.calls = calls;
    this.keySpace = keySpace;
    this.clock = clock;
  }

  seenRevision(): EtcdRevision {
    return this.seen;
  }

  async list(
    prefixes: readonly StoreKey[],
    signal?: AbortSignal,
    { isKeysOnly = false, before }: WhatToList = {},
  ): Promise<Listing> {
    let known =
      before === undefined ? undefined : knownOf(prefixes, before, this.clock.monotonicMs());
    for (let restart = 0; ; restart += 1) {
      try {
        const changed = known === undefined ? undefined : await this.listChanges(known, signal);
        known = undefined;
        return changed ?? (await this.listOnce(prefixes, { signal, isKeysOnly }));
      } catch (err) {
        if (!isNapError(err, 'ETCD_COMPACTED') || restart >= STORE_LIMITS.listRestarts) throw err;
      }
    }
  }

  async read(keys: readonly StoreKey[], signal?: AbortSignal): Promise<Snapshot> {
    return this.list(keys, signal);
  }

  async transact(
    chunk: Chunk,
    signal?: AbortSignal,
  ): Promise<{ isCommitted: boolean; revision: EtcdRevision }> {
    const request = {
      compare: chunk.guards.map((guard) => this.compareOf(guard)),
      success: chunk.writes.map((write) => this.operationOf(write, chunk.leaseId)),
    };
    const answer = await this.calls.run((etcd, options) => etcd.kv.txn(request, options), {
      what: 'write',
      isIdempotent: false,
      signal,
    });
    return { isCommitted: answer.succeeded, revision: this.note(answer.header) };
  }

  /** Returns the TTL in seconds that etcd grants. The lease may exist already: then its remaining life is unknown. */
  async grant(
    leaseId: string,
    ttlS: number,
    signal?: AbortSignal,
  ): Promise<{ ttlS: number; isNew: boolean }> {
    const request = { ID: leaseIdToEtcd(leaseId), TTL: ttlS };
    try {
      const answer = await this.calls.run(
        (etcd, options) => etcd.leaseClient.leaseGrant(request, options),
        {
          what: 'grant a lease',
          isIdempotent: true,
          signal,
        },
      );
      return { ttlS: Number(answer.TTL), isNew: true };
    } catch (err) {
      if (isNapError(err) && err.details['failure'] === 'leaseExists')
        return { ttlS, isNew: false };
      throw err;
    }
  }

  async revoke(leaseId: string): Promise<void> {
    const request = { ID: leaseIdToEtcd(leaseId) };
    await this.calls.run((etcd, options) => etcd.leaseClient.leaseRevoke(request, options), {
      what: 'revoke a lease',
      isIdempotent: true,
    });
  }

  /** The same listing, made of what was known and what etcd says has changed; undefined where that cannot be relied on. */
  private async listChanges(known: Known, signal?: AbortSignal): Promise<Listing | undefined> {
    const prefixes = known.ranges.map(({ prefix }) => prefix);
    const changes = await this.listOnce(prefixes, { signal, after: known.revision });
    if (changes.origin.etcd !== known.etcd) return undefined;
    const entries = new Map<StoreKey, StoredEntry>();
    for (const [index, range] of known.ranges.entries()) {
      const now = withChanges(range, changes.entries);
      const count = changes.counts[index] ?? 0;
      if (now.size < count) return undefined;
      const isThere = now.size === count ? now : await this.keysAt(range.prefix, changes, signal);
      for (const [key, entry] of now) if (isThere.has(key)) entries.set(key, entry);
    }
    return { ...changes, entries };
  }

  private async keysAt(
    prefix: StoreKey,
    { revision }: Snapshot,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<StoreKey, StoredEntry>> {
    const at = revision.toString();
    return (await this.listOnce([prefix], { signal, at, isKeysOnly: true })).entries;
  }

  /** First pages of all ranges in one transaction, which fixes the revision; the other pages at that revision. */
  private async listOnce(prefixes: readonly StoreKey[], options: ListOptions): Promise<Counted> {
    const askedAtMs = this.clock.monotonicMs();
    const ranges = prefixes.map((prefix) => this.keySpace.range(prefix));
    const entries = new Map<StoreKey, StoredEntry>();
    const counts: number[] = [];
    let header: IResponseHeader | undefined;
    let { at } = options;
    for (let first = 0; first < Math.max(1, ranges.length); first += STORE_LIMITS.txnOps) {
      const part = ranges.slice(first, first + STORE_LIMITS.txnOps);
      const request = {
        success: part.map((range) => ({ request_range: rangeRequest(range, { ...options, at }) })),
      };
      const answer = await this.query(
        (etcd, callOptions) => etcd.kv.txn(request, callOptions),
        options.signal,
      );
      header ??= answer.header;
      at ??= header.revision;
      for (const [index, range] of part.entries()) {
        const page = answer.responses[index]?.response_range;
        counts.push(Number(page?.count ?? 0));
        if (page !== undefined) await this.collect(entries, range, page, { ...options, at });
      }
    }
    if (header === undefined) throw new RangeError('a listing has at least one request');
    const [revision, clusterId] = [this.note(header), header.cluster_id];
    const origin = { etcd: etcdOf(header), askedAtMs };
    return { revision, clusterId, origin, askedAtMs, entries, counts };
  }

  private async collect(
    entries: Map<StoreKey, StoredEntry>,
    range: KeyRange,
    firstPage: IRangeResponse,
    options: ListOptions,
  ): Promise<void> {
    for (let page = firstPage; ;) {
      for (const pair of page.kvs) {
        const entry = this.keySpace.toEntry(pair);
        entries.set(entry.key, entry);
      }
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return;
      const start = Buffer.concat([last.key, Buffer.from([0])]);
      page = await this.query(
        (etcd, callOptions) =>
          etcd.kv.range(rangeRequest({ ...range, start }, options), callOptions),
        options.signal,
      );
    }
  }

  private query<T>(
    request: (etcd: Etcd3, options: { readonly deadline: number }) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return this.calls.run(request, { what: 'read', isIdempotent: true, signal });
  }

  private note(header: IResponseHeader): EtcdRevision {
    const revision = BigInt(header.revision);
    if (revision > this.seen) this.seen = revision;
    return revision;
  }

  private operationOf(write: Write, leaseId: string | undefined): IRequestOp {
    const key = this.keySpace.toEtcd(write.key);
    if (write.kind === 'delete') return { request_delete_range: { key } };
    const lease =
      write.leased === true && leaseId !== undefined ? { lease: leaseIdToEtcd(leaseId) } : {};
    return { request_put: { key, value: Buffer.from(write.value), ...lease } };
  }

  /** Numbers instead of names for the enums: a name that the library does not know silently means 0. */
  private compareOf(guard: Guard): ICompare {
    switch (guard.kind) {
      case 'createdAt':
        return {
          key: this.keySpace.toEtcd(guard.key),
          target: CompareTarget.Create,
          result: CompareResult.Equal,
          create_revision: guard.revision.toString(),
        };
      case 'unchanged':
        return {
          key: this.keySpace.toEtcd(guard.key),
          target: CompareTarget.Mod,
          result: CompareResult.Equal,
          mod_revision: guard.revision.toString(),
        };
      case 'absent':
        return {
          key: this.keySpace.toEtcd(guard.key),
          target: CompareTarget.Create,
          result: CompareResult.Equal,
          create_revision: '0',
        };
      case 'prefixUnchanged': {
        const { start, end } = this.keySpace.range(guard.prefix);
        return {
          key: start,
          ...(end === undefined ? {} : { range_end: end }),
          target: CompareTarget.Mod,
          result: CompareResult.Less,
          mod_revision: (guard.revision + 1n).toString(),
        };
      }
    }
  }
}
