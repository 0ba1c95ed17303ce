import {
  isNapError,
  keys,
  parseKey,
  placementCodec,
  placementHeaderCodec,
  type HostId,
  type InstanceId,
  type Placement,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { EtcdRevision, Mirror, StoredEntry } from '@nap/shared/store';
import type { Desired } from '../reconcile/reconcile.js';
import type { DesiredCache } from '../state/agent-state.js';
import { historyAfter, NO_HISTORY, type StoreHistory } from './store-history.js';

/** What an earlier life of this agent knew. */
export interface PlacementsBefore {
  readonly cache?: DesiredCache | undefined;
  readonly history?: StoreHistory | undefined;
}

/**
 * The placements of this host. While they are not proven to be current, and while their header is missing (an etcd that
 * was wiped has neither), the last known ones count: absence of data proves nothing.
 */
export class PlacementView {
  private readonly host: HostId;
  private readonly mirror: Mirror;
  private readonly log: Log;
  private readonly decoded = new WeakMap<StoredEntry, Placement | 'unreadable'>();
  private cluster: string | undefined;
  private placements: ReadonlyMap<InstanceId, Placement> = new Map();
  private former: ReadonlyMap<InstanceId, Placement> | undefined;
  private unreadable: ReadonlySet<InstanceId> = new Set();
  private seen: Mirror['entries'] | undefined;
  private isHeaded = false;
  private past: StoreHistory;

  constructor(
    host: HostId,
    mirror: Mirror,
    { cache, history = NO_HISTORY }: PlacementsBefore,
    log: Log,
  ) {
    this.host = host;
    this.mirror = mirror;
    this.log = log;
    this.past = history;
    this.recall(cache);
  }

  /** What another host was to run that this one has been, by name, is none of its business until etcd says so. */
  private recall(cache: DesiredCache | undefined): void {
    const placements = new Map(cache?.placements.map((it) => [it.instance, it]));
    const other = cache?.placements.find(({ host }) => host !== this.host)?.host;
    if (other === undefined) {
      this.cluster = cache?.cluster;
      this.placements = placements;
      return;
    }
    this.former = placements;
    this.log.warn('this host had another name: what it was to run is left as it is', {
      formerHost: other,
    });
  }

  /** Synchronous and cheap: decodes only what has changed. */
  current(): Desired {
    if (this.mirror.entries !== this.seen && this.mirror.isFresh) this.read(this.mirror.entries);
    return {
      placements: this.placements,
      unreadable: this.unreadable,
      doubted: this.past.doubted,
      former: this.former,
      cluster: this.cluster,
      isFresh: this.mirror.isFresh && this.isHeaded,
    };
  }

  /** To be remembered. */
  get history(): StoreHistory {
    return this.past;
  }

  /** etcd was read, and has none. */
  get isHeaderMissing(): boolean {
    this.current();
    return this.seen !== undefined && !this.isHeaded;
  }

  onChange(callback: () => void): () => void {
    return this.mirror.onChange(callback);
  }

  /** When the placement was last written: the proof, in a guard, that it is still there. */
  revisionOf(instance: InstanceId): EtcdRevision | undefined {
    return this.mirror.entries.get(keys.placement(this.host, instance))?.modRevision;
  }

  toCache(): DesiredCache | undefined {
    if (this.cluster === undefined) return undefined;
    return { cluster: this.cluster, placements: [...this.placements.values()] };
  }

  private read(entries: Mirror['entries']): void {
    this.seen = entries;
    const cluster = this.readHeader(entries.get(keys.placementHeader(this.host)));
    if (this.isHeaded && cluster === undefined) {
      this.log.error('the placements have lost their header: going on with the last known ones', {
        hint: 'etcd was wiped, or the key was deleted; apply the projects again',
      });
    }
    this.isHeaded = cluster !== undefined;
    if (cluster === undefined) return;
    this.cluster = cluster;
    this.former = undefined;
    const placements = new Map<InstanceId, Placement>();
    const unreadable = new Set<InstanceId>();
    for (const entry of entries.values()) {
      const key = parseKey(entry.key);
      if (key?.kind !== 'placement') continue;
      const placement = this.decode(entry);
      const known = this.placements.get(key.instance);
      if (placement !== 'unreadable') placements.set(key.instance, placement);
      else if (known === undefined) unreadable.add(key.instance);
      else placements.set(key.instance, known);
    }
    this.lookBack(new Set([...placements.keys(), ...unreadable]));
    this.placements = placements;
    this.unreadable = unreadable;
  }

  /** Was etcd restored from a backup since it was last read? */
  private lookBack(listed: ReadonlySet<InstanceId>): void {
    const { past, mirror } = this;
    this.past = historyAfter(past, mirror.revision, { known: this.placements, listed });
    if (mirror.revision >= past.revision) return;
    this.log.error('etcd was restored from a backup: what it does not have any more runs on', {
      ...{ was: past.revision.toString(), is: mirror.revision.toString() },
      doubted: [...this.past.doubted].join(', '),
      hint: 'apply the projects again',
    });
  }

  private readHeader(entry: StoredEntry | undefined): string | undefined {
    if (entry === undefined) return undefined;
    try {
      return placementHeaderCodec.decode(entry.value, entry.key).cluster;
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      this.log.error('cannot read the header of the placements', { err });
      return undefined;
    }
  }

  private decode(entry: StoredEntry): Placement | 'unreadable' {
    const known = this.decoded.get(entry);
    if (known !== undefined) return known;
    const decoded = this.decodeAnew(entry);
    this.decoded.set(entry, decoded);
    return decoded;
  }

  private decodeAnew(entry: StoredEntry): Placement | 'unreadable' {
    try {
      return placementCodec.decode(entry.value, entry.key);
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      this.log.error('cannot read a placement: its containers are left as they are', { err });
      return 'unreadable';
    }
  }
}
