import {
  keys,
  nameRecordCodec,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type NameRecord,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { EtcdRevision, Guard, Session, Store, StoredEntry, Write } from '@nap/shared/store';
import type { PlacementView } from '../desired/placement-view.js';
import type { NameMirrors } from './name-mirrors.js';

export interface NamePublisherParts {
  readonly host: HostId;
  readonly store: Pick<Store, 'commit'>;
  readonly placements: Pick<PlacementView, 'current' | 'revisionOf'>;
  readonly mirrors: Pick<NameMirrors, 'projects' | 'get' | 'entry' | 'recordOf' | 'hasSeen'>;
  /** Undefined until the lease was first granted. */
  readonly session: () => Session | undefined;
  /** What is true on this host now; undefined while the engine was not asked yet: then nobody knows. */
  readonly local: () => ReadonlyMap<InstanceId, NameRecord> | undefined;
  readonly log: Log;
}

interface Change {
  readonly instance: InstanceId;
  readonly write: Write;
  readonly guard: Guard;
  /** What `written` becomes once it is committed. */
  readonly text: string | undefined;
}

/** What etcd holds because of this process. */
interface Written {
  readonly text: string;
  readonly leaseId: string;
  readonly revision: EtcdRevision;
}

/** Guards and writes of one transaction stay well below etcd's limit of operations. */
const CHANGES_PER_COMMIT = 50;

/**
 * Keeps `names/<p>/<instance>` equal to what runs on this host. All changes of one moment travel in one commit: every
 * host that knows the project is woken by each.
 *
 * A put is guarded by the placement, so that a host that has lost an instance cannot overwrite the record of the one that
 * has it now; a deletion by the record's own revision. A record is put again under a new lease: etcd then detaches it from
 * the old one, whose end can no longer delete it. That is also how a restarted agent takes over its own records.
 */
export class NamePublisher {
  private readonly parts: NamePublisherParts;
  private readonly written = new Map<InstanceId, Written>();
  private queue: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;

  constructor(parts: NamePublisherParts) {
    this.parts = parts;
  }

  /** All of it is put again: nobody knows what etcd still has. */
  forgetAll(): void {
    this.written.clear();
  }

  /**
   * A fresh mirror that has still not reached what this process wrote a while ago: etcd was restored from a backup, and has
   * never heard of it. Called too early it costs a second put.
   */
  verify(): void {
    for (const [instance, { revision }] of this.written) {
      const project = parseInstanceId(instance)?.project;
      if (project === undefined || !this.parts.mirrors.get(project).isFresh) continue;
      if (!this.parts.mirrors.hasSeen(project, revision)) this.written.delete(instance);
    }
  }

  /** Resolves when all that is true at this moment is in etcd. Calls that come together share a commit. */
  flush(): Promise<void> {
    this.waiting ??= this.enqueue();
    return this.waiting;
  }

  private enqueue(): Promise<void> {
    const run = async (): Promise<void> => {
      this.waiting = undefined;
      await this.publish();
    };
    const result = this.queue.then(run);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async publish(): Promise<void> {
    const session = this.parts.session();
    const local = this.parts.local();
    // Without fresh placements nobody knows whether the instances are still this host's.
    if (local === undefined || !this.parts.placements.current().isFresh) return;
    const changes = [...this.drops(local), ...this.puts(local, session)];
    for (let at = 0; at < changes.length; at += CHANGES_PER_COMMIT) {
      await this.commit(changes.slice(at, at + CHANGES_PER_COMMIT), session);
    }
  }

  private puts(
    local: ReadonlyMap<InstanceId, NameRecord>,
    session: Session | undefined,
  ): readonly Change[] {
    // Without a lease nobody knows how long they will be true.
    if (session === undefined) return [];
    return [...local.values()].flatMap((record) => this.put(record, session) ?? []);
  }

  private drops(local: ReadonlyMap<InstanceId, NameRecord>): readonly Change[] {
    const instances = new Set([...this.sharedOwn(), ...this.written.keys()]);
    return [...instances].flatMap((instance) =>
      local.has(instance) ? [] : (this.drop(instance) ?? []),
    );
  }

  private put(record: NameRecord, session: Session): Change | undefined {
    const { instance } = record;
    const text = nameRecordCodec.encode(record);
    const isLeased = record.condition !== 'completed';
    const leaseId = isLeased ? session.leaseId : '';
    const known = this.written.get(instance);
    if (known?.text === text && known.leaseId === leaseId && !this.isGone(record, known)) {
      return undefined;
    }
    // One that is kept needs no lease of ours: what is there already need not be put.
    if (!isLeased && this.entryOf(instance)?.value === text) return undefined;
    const revision = this.parts.placements.revisionOf(instance);
    if (revision === undefined) return undefined;
    const key = keys.name(instance);
    return {
      instance,
      text,
      write: { kind: 'put', key, value: text, leased: isLeased },
      guard: { kind: 'unchanged', key: keys.placement(this.parts.host, instance), revision },
    };
  }

  /** Somebody has deleted or overwritten what this process has put. */
  private isGone({ instance, project }: NameRecord, known: Written): boolean {
    const { mirrors } = this.parts;
    if (!mirrors.hasSeen(project, known.revision)) return false;
    return mirrors.entry({ instance, project })?.value !== known.text;
  }

  private drop(instance: InstanceId): Change | undefined {
    const entry = this.entryOf(instance);
    const revision = entry?.modRevision ?? this.written.get(instance)?.revision;
    if (revision === undefined) return undefined;
    // By the entry itself: the records may still be those of an earlier look, or of an earlier life of this host.
    const record = entry === undefined ? undefined : this.parts.mirrors.recordOf(entry);
    const isOthers = entry !== undefined && record?.host !== this.parts.host;
    const isCompleted =
      entry === undefined
        ? this.written.get(instance)?.leaseId === ''
        : record?.condition === 'completed';
    if (isOthers || (isCompleted && this.mayBeElsewhere(instance))) {
      this.written.delete(instance);
      return undefined;
    }
    const key = keys.name(instance);
    return {
      instance,
      text: undefined,
      write: { kind: 'delete', key },
      guard: { kind: 'unchanged', key, revision },
    };
  }

  /**
   * Where it has moved to, nothing but the record of its completion tells that it is not to run again. When it is taken away
   * for good, the controller deletes that record.
   */
  private mayBeElsewhere(instance: InstanceId): boolean {
    const placement = this.parts.placements.current().placements.get(instance);
    return placement === undefined || placement.yieldsTo !== undefined;
  }

  private entryOf(instance: InstanceId): StoredEntry | undefined {
    for (const project of this.parts.mirrors.projects) {
      const entry = this.parts.mirrors.entry({ instance, project });
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Instances whose record in etcd says that they run here. */
  private sharedOwn(): readonly InstanceId[] {
    const { mirrors, host } = this.parts;
    return mirrors.projects.flatMap((project) =>
      mirrors
        .get(project)
        .records.filter((record) => record.host === host)
        .map((record) => record.instance),
    );
  }

  private async commit(changes: readonly Change[], session: Session | undefined): Promise<void> {
    const guards = changes.map((change) => change.guard);
    const leaseId = session?.leaseId ?? '';
    const writes = changes.map((change) => change.write);
    const result = await this.parts.store.commit(writes, {
      guards,
      ...(session === undefined ? {} : { session }),
    });
    if (result.kind === 'committed') {
      for (const change of changes) this.note(change, leaseId, result.revision);
      this.parts.log.debug('names published', { changes: changes.length });
      return;
    }
    if (changes.length > 1) {
      // One of them was overtaken; the others must not wait for it.
      for (const change of changes) await this.commit([change], session);
      return;
    }
    // When the record is gone or somebody else's already, there is nothing left to withdraw.
    const [only] = changes;
    if (only?.text === undefined && only !== undefined) this.written.delete(only.instance);
    this.parts.log.debug('name overtaken by another change', { instance: only?.instance });
  }

  private note(change: Change, leaseId: string, revision: EtcdRevision): void {
    const { instance, text, write } = change;
    if (text === undefined) this.written.delete(instance);
    else {
      const isLeased = write.kind === 'put' && write.leased === true;
      this.written.set(instance, { text, leaseId: isLeased ? leaseId : '', revision });
    }
  }
}
