import type { KeySpace } from '../store/key-range.js';
import { isUnder } from '../store/key-range.js';
import type { EtcdRevision, StoredEntry, StoreKey } from '../store/store.js';
import type { WatchRequest, WatchResponse } from '../store/watch-stream.js';
import type { Changes, MemoryEtcd } from './memory-etcd.js';

export const MEMORY_CLUSTER = 'memory';
const NO_WATCH = '-1';

interface Past {
  readonly revision: EtcdRevision;
  readonly changes: Changes;
}

/** One watch, as the member sees it. */
interface Served {
  readonly prefix: StoreKey;
  nextRevision: EtcdRevision;
  readonly answer: (response: WatchResponse) => void;
}

/** The watch service of an etcd in memory: it remembers what was changed until that is compacted. */
export class MemoryWatches {
  private readonly etcd: MemoryEtcd;
  private readonly keySpace: KeySpace;
  private readonly served = new Set<Served>();
  private past: Past[] = [];
  private compacted: EtcdRevision = 0n;
  private newest: EtcdRevision = 0n;

  constructor(etcd: MemoryEtcd, keySpace: KeySpace) {
    this.etcd = etcd;
    this.keySpace = keySpace;
    etcd.watch((changes, revision) => {
      if (revision <= this.newest) this.forget();
      this.newest = revision;
      this.past.push({ revision, changes });
      for (const watch of this.served) this.feed(watch);
    });
  }

  /** Forgets all before the current revision. Watches that are up to date do not notice. */
  compact(): void {
    this.compacted = this.etcd.revision;
    this.past = [];
  }

  /** Another history has begun; the streams of the old one are for the caller to cut. */
  private forget(): void {
    this.past = [];
    this.compacted = 0n;
    this.served.clear();
  }

  /** A request has arrived on a stream; returns what ends the watch. */
  serve(
    request: WatchRequest,
    answer: (response: WatchResponse) => void,
  ): (() => void) | undefined {
    const { create_request: wanted } = request;
    if (wanted === undefined) {
      answer({ ...this.response(), watch_id: NO_WATCH });
      return undefined;
    }
    const nextRevision = BigInt(wanted.start_revision ?? '0');
    answer({ ...this.response(), created: true });
    if (nextRevision <= this.compacted) {
      answer({ ...this.response(), canceled: true, compact_revision: `${this.compacted}` });
      return undefined;
    }
    const prefix = this.keySpace.fromEtcd(Buffer.from(wanted.key ?? ''));
    const watch: Served = { prefix, nextRevision, answer };
    this.served.add(watch);
    this.feed(watch);
    return () => {
      this.served.delete(watch);
    };
  }

  private feed(watch: Served): void {
    for (const { revision, changes } of this.past) {
      if (revision < watch.nextRevision) continue;
      watch.nextRevision = revision + 1n;
      const ours = [...changes].filter(([key]) => isUnder(watch.prefix, key));
      if (ours.length > 0) watch.answer(this.eventsOf(ours, revision));
    }
  }

  private eventsOf(
    changes: readonly (readonly [StoreKey, StoredEntry | undefined])[],
    revision: EtcdRevision,
  ): WatchResponse {
    const events = changes.map(([key, entry]) => ({
      type: entry === undefined ? ('Delete' as const) : ('Put' as const),
      kv: {
        key: this.keySpace.toEtcd(key),
        value: Buffer.from(entry?.value ?? ''),
        create_revision: `${entry?.createRevision ?? 0n}`,
        mod_revision: `${entry?.modRevision ?? revision}`,
        version: '1',
        lease: '0',
      },
    }));
    // The library says of a put that it has a previous value; nobody here asks for it.
    return { ...this.response(), events: events as unknown as WatchResponse['events'] };
  }

  private response(): WatchResponse {
    return {
      header: {
        cluster_id: MEMORY_CLUSTER,
        member_id: '1',
        revision: `${this.etcd.revision}`,
        raft_term: '1',
      },
      watch_id: '0',
      created: false,
      canceled: false,
      compact_revision: '0',
      cancel_reason: '',
      events: [],
      fragment: false,
    };
  }
}
