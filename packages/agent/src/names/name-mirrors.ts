import {
  isNapError,
  keys,
  nameRecordCodec,
  type HostId,
  type InstanceId,
  type NameRecord,
  type ProjectName,
} from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { EtcdRevision, Mirror, Store, StoredEntry } from '@nap/shared/store';

/** The records of one project as etcd has them, or as they were last known. */
export interface SharedNames {
  readonly records: readonly NameRecord[];
  readonly isFresh: boolean;
  /** Of the newest record. */
  readonly revision: EtcdRevision;
}

interface Followed {
  readonly mirror: Mirror;
  readonly unsubscribe: () => void;
  seen: Mirror['entries'] | undefined;
  /** The entries of the first fresh look, and when it was, on the monotonic clock. */
  first: { readonly entries: Mirror['entries']; readonly atMs: number } | undefined;
  names: SharedNames;
}

export interface NameMirrorsParts {
  readonly store: Pick<Store, 'mirror'>;
  readonly host: HostId;
  readonly cache: readonly NameRecord[];
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** After this long without a renewal a host's records are gone, in ms. */
  readonly leaseTtlMs: number;
  readonly log: Log;
  readonly onChange: () => void;
  /** False while etcd seems to have been wiped: then what it does not have proves nothing. */
  readonly isTrusted: () => boolean;
}

/** One mirror a project that this host has to do with; others' changes do not wake it. */
export class NameMirrors {
  private readonly parts: NameMirrorsParts;
  private readonly followed = new Map<ProjectName, Followed>();
  private cache: readonly NameRecord[];
  private readonly openedAtMs: number;
  private readonly decoded = new WeakMap<StoredEntry, NameRecord>();

  constructor(parts: NameMirrorsParts) {
    this.parts = parts;
    this.cache = parts.cache;
    this.openedAtMs = parts.clock.monotonicMs();
  }

  get projects(): readonly ProjectName[] {
    return [...this.followed.keys()];
  }

  /** Those projects whose records are what etcd has now. */
  get fresh(): ReadonlySet<ProjectName> {
    return new Set(this.projects.filter((project) => this.get(project).isFresh));
  }

  get areFresh(): boolean {
    return this.projects.every((project) => this.get(project).isFresh);
  }

  follow(projects: ReadonlySet<ProjectName>): void {
    for (const project of projects) {
      if (!this.followed.has(project)) this.open(project);
    }
    for (const [project, followed] of this.followed) {
      if (projects.has(project)) continue;
      followed.unsubscribe();
      this.followed.delete(project);
      void followed.mirror.close();
    }
    // What was remembered of others is old by the time that they are followed again, and would let instances start too soon.
    this.cache = this.cache.filter((record) => projects.has(record.project));
  }

  get(project: ProjectName): SharedNames {
    const followed = this.followed.get(project);
    if (followed === undefined) return NOTHING;
    const { mirror } = followed;
    if (mirror.entries !== followed.seen && mirror.isFresh && this.parts.isTrusted()) {
      followed.seen = mirror.entries;
      followed.first ??= { entries: mirror.entries, atMs: this.parts.clock.monotonicMs() };
      followed.names = { ...this.read(mirror), isFresh: true };
    }
    return { ...followed.names, isFresh: mirror.isFresh && followed.seen === mirror.entries };
  }

  /**
   * Records of other hosts that were there when this agent began to look, and when they are proven, by the wall clock as it
   * goes now: they vanish with the
   * lease of a host that is gone, so one that outlives the lease's time, or is put again, is alive. When this host has lost
   * power, the others may have at the same moment.
   */
  doubtful(): ReadonlyMap<InstanceId, number> {
    const { host, clock, leaseTtlMs } = this.parts;
    const found = new Map<InstanceId, number>();
    for (const [project, { first, mirror }] of this.followed) {
      const leftMs = (first?.atMs ?? this.openedAtMs) + leaseTtlMs - clock.monotonicMs();
      if (leftMs <= 0) continue;
      for (const { instance, host: other, condition } of this.get(project).records) {
        if (other === host || condition === 'completed') continue;
        const key = keys.name(instance);
        const isAsAtFirst =
          first === undefined ||
          first.entries.get(key)?.modRevision === mirror.entries.get(key)?.modRevision;
        if (isAsAtFirst) found.set(instance, clock.nowMs() + leftMs);
      }
    }
    return found;
  }

  /** The entry behind a record, for guards. */
  entry(record: Pick<NameRecord, 'instance' | 'project'>): StoredEntry | undefined {
    return this.followed.get(record.project)?.mirror.entries.get(keys.name(record.instance));
  }

  /** Undefined for an entry that cannot be read: somebody newer wrote it. */
  recordOf(entry: StoredEntry): NameRecord | undefined {
    return this.decode(entry);
  }

  /** Whether what etcd has now is known, and a write at that revision would be seen in it. */
  hasSeen(project: ProjectName, revision: EtcdRevision): boolean {
    const mirror = this.followed.get(project)?.mirror;
    return mirror !== undefined && this.get(project).isFresh && mirror.revision >= revision;
  }

  async close(): Promise<void> {
    for (const { mirror, unsubscribe } of this.followed.values()) {
      unsubscribe();
      await mirror.close();
    }
  }

  private open(project: ProjectName): void {
    const mirror = this.parts.store.mirror(keys.projectNames(project));
    const records = this.cache.filter((record) => record.project === project);
    this.followed.set(project, {
      mirror,
      unsubscribe: mirror.onChange(this.parts.onChange),
      seen: undefined,
      first: undefined,
      names: { ...NOTHING, records },
    });
  }

  private read(mirror: Mirror): Omit<SharedNames, 'isFresh'> {
    const records: NameRecord[] = [];
    let revision = 0n;
    for (const entry of mirror.entries.values()) {
      const record = this.decode(entry);
      if (record === undefined) continue;
      records.push(record);
      if (entry.modRevision > revision) revision = entry.modRevision;
    }
    return { records, revision };
  }

  private decode(entry: StoredEntry): NameRecord | undefined {
    const known = this.decoded.get(entry);
    if (known !== undefined) return known;
    try {
      const record = nameRecordCodec.decode(entry.value, entry.key);
      this.decoded.set(entry, record);
      return record;
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      this.parts.log.error('cannot read a name record: it is left out of the hosts files', { err });
      return undefined;
    }
  }
}

const NOTHING: SharedNames = { records: [], isFresh: false, revision: 0n };
