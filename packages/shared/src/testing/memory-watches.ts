import type { KeySpace } from '../store/key-range.js';
import { isUnder } from '../store/key-range.js';
import type { EtcdRevision, StoredEntry, StoreKey } from '../store/store.js';
import type { WatchRequest, WatchResponse } from '../store/watch-stream.js';
import type { Changes, MemoryEtcd } from './memory-etcd.js';

export const MEMORY_CLUSTER = 'memory';

interface Past {
  readonly revision: EtcdRevision;
  readonly changes: Changes;
}

/** One watch, as the member sees it. */
interface Served {
  readonly id: string;
  readonly prefix: StoreKey;
  nextRevision: EtcdRevision;
  readonly answer: (response: WatchResponse) => void;
}

/** One stream of the watch service, as the member sees it. */
export interface MemoryWatchStream {
  /** A request has arrived. */
  receive(request: WatchRequest): void;
  end(): void;
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

  /** A stream is opened. */
  open(answer: (response: WatchResponse) => void): MemoryWatchStream {
    const own = new Map<string, Served>();
    const end = (id: string): void => {
      const watch = own.get(id);
      own.delete(id);
      if (watch !== undefined) this.served.delete(watch);
    };
    return {
      receive: ({ create_request: wanted, cancel_request: given }) => {
        if (given !== undefined) {
          const id = String(given.watch_id ?? 0);
          end(id);
          answer({ ...this.response(id), canceled: true });
        }
        if (wanted === undefined) return;
        const id = String(wanted.watch_id ?? 0);
        const watch = this.create(id, wanted, answer);
        if (watch !== undefined) own.set(id, watch);
      },
      end: () => {
        for (const id of [...own.keys()]) end(id);
      },
    };
  }

  private create(
    id: string,
    wanted: NonNullable<WatchRequest['create_request']>,
    answer: (response: WatchResponse) => void,
  ): Served | undefined {
    const asked = BigInt(wanted.start_revision ?? '0');
    const nextRevision = asked > 0n ? asked : this.etcd.revision + 1n;
    answer({ ...this.response(id), created: true });
    if (nextRevision <= this.compacted) {
      const compact_revision = `${this.compacted}`;
      answer({ ...this.response(id), canceled: true, compact_revision });
      return undefined;
    }
    const key = this.keySpace.fromEtcd(Buffer.from(wanted.key ?? ''));
    // A single key: nobody here watches one that ends like a prefix but to probe the stream.
    const prefix = wanted.range_end === undefined ? undefined : key;
    if (prefix === undefined && key.endsWith('/')) return undefined;
    const watch: Served = { id, prefix: prefix ?? key, nextRevision, answer };
    this.served.add(watch);
    this.feed(watch);
    return watch;
  }

  private feed(watch: Served): void {
    for (const { revision, changes } of this.past) {
      if (revision < watch.nextRevision) continue;
      watch.nextRevision = revision + 1n;
      const ours = [...changes].filter(([key]) => isUnder(watch.prefix, key));
      if (ours.length > 0) watch.answer(this.eventsOf(watch.id, ours, revision));
    }
  }

  private eventsOf(
    id: string,
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
    return { ...this.response(id), events: events as unknown as WatchResponse['events'] };
  }

  private response(watch_id: string): WatchResponse {
    return {
      header: {
        cluster_id: MEMORY_CLUSTER,
        member_id: '1',
        revision: `${this.etcd.revision}`,
        raft_term: '1',
      },
      watch_id,
      created: false,
      canceled: false,
      compact_revision: '0',
      cancel_reason: '',
      events: [],
      fragment: false,
    };
  }
}
