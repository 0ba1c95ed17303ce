import { isDeepStrictEqual } from 'node:util';
import {
  parseInstanceId,
  type HostId,
  type InstanceId,
  type NameRecord,
  type ProjectName,
} from '@nap/shared';
import type { PlacementView } from './desired/placement-view.js';
import type { ContainerWatch } from './docker/container-watch.js';
import type { NameMirrors } from './names/name-mirrors.js';
import { localRecords, overlay } from './reconcile/local-names.js';
import type { InstanceMemory } from './reconcile/memory.js';
import type { Desired } from './reconcile/reconcile.js';

export interface WorldParts {
  readonly host: HostId;
  /** Of the host itself. */
  readonly address: string;
  readonly placements: PlacementView;
  readonly watch: ContainerWatch;
  readonly mirrors: NameMirrors;
  /** Whose names matter besides: those of guests. */
  readonly guestProjects?: () => ReadonlySet<ProjectName>;
}

/** What was computed last, and from what. */
interface Local {
  readonly seen:
    | {
        readonly desired: Desired['placements'];
        readonly watch: number;
        readonly own: number;
        readonly yielded: string;
        readonly completed: string;
      }
    | undefined;
  readonly records: ReadonlyMap<InstanceId, NameRecord>;
}

interface Own {
  readonly of: ReadonlyMap<InstanceId, NameRecord>;
  readonly byProject: ReadonlyMap<ProjectName, readonly NameRecord[]>;
}

/** The names of a project, and what they were made of. */
interface Overlaid {
  readonly shared: readonly NameRecord[];
  readonly own: readonly NameRecord[];
  /** Which of this host's completed instances are somewhere else now. */
  readonly left: string;
  readonly records: readonly NameRecord[];
}

const NONE: readonly NameRecord[] = [];

type Names = ReadonlyMap<ProjectName, readonly NameRecord[]>;

/**
 * Everything that this agent knows at one moment, for all its loops. Reading is synchronous and without I/O, so that no loop
 * waits for another one.
 */
export class World {
  readonly parts: WorldParts;
  private readonly remembered: Map<InstanceId, InstanceMemory>;
  private readonly withdrawn = new Set<string>();
  private changes = 0;
  private local: Local = { seen: undefined, records: new Map() };
  private own: Own = { of: new Map(), byProject: new Map() };
  private readonly completedOf = new WeakMap<readonly NameRecord[], readonly NameRecord[]>();
  private lastNames = new Map<ProjectName, Overlaid>();

  constructor(parts: WorldParts, memory: ReadonlyMap<InstanceId, InstanceMemory>) {
    this.parts = parts;
    this.remembered = new Map(memory);
  }

  get memory(): ReadonlyMap<InstanceId, InstanceMemory> {
    return this.remembered;
  }

  remember(instance: InstanceId, memory: InstanceMemory): void {
    this.changes += 1;
    this.remembered.set(instance, memory);
  }

  /** Applies a change to what is remembered; nothing when nothing is. */
  change(instance: InstanceId, change: (memory: InstanceMemory) => InstanceMemory): void {
    const memory = this.remembered.get(instance);
    if (memory !== undefined) this.remember(instance, change(memory));
  }

  forget(instance: InstanceId): void {
    this.changes += 1;
    this.remembered.delete(instance);
  }

  /** From now on nobody is told of this container, although it still runs. */
  withdraw(container: string): void {
    this.changes += 1;
    this.withdrawn.add(container);
  }

  /** Its planned stop is over, or was given up. */
  endWithdrawal(container: string): void {
    this.changes += 1;
    this.withdrawn.delete(container);
  }

  /** Projects whose names matter here: of the instances, and of their links. */
  projects(): ReadonlySet<ProjectName> {
    const { placements, watch, guestProjects } = this.parts;
    const desired = placements.current().placements;
    const instances = [
      ...desired.keys(),
      ...this.remembered.keys(),
      ...watch.containers.map((container) => container.instance),
    ];
    const own = instances.flatMap((instance) => parseInstanceId(instance)?.project ?? []);
    const linked = [...desired.values()].flatMap(({ links }) => links.map((link) => link.project));
    return new Set([...own, ...linked, ...(guestProjects?.() ?? [])]);
  }

  /** The records of this host's own instances; an unchanged record is the same object. */
  localNames(): ReadonlyMap<InstanceId, NameRecord> {
    const { host, address, placements, watch } = this.parts;
    const desired = placements.current().placements;
    const yielded = this.yielded(desired);
    const completed = this.completed();
    const seen = {
      ...{ desired, watch: watch.version, own: this.changes },
      yielded: [...yielded].join(' '),
      completed: [...completed.values()].map((it) => `${it.instance} ${it.specHash}`).join(' '),
    };
    const { local } = this;
    const isCurrent =
      local.seen?.desired === seen.desired &&
      local.seen.watch === seen.watch &&
      local.seen.own === seen.own &&
      local.seen.yielded === seen.yielded &&
      local.seen.completed === seen.completed;
    if (isCurrent) return local.records;
    const computed = localRecords({
      ...{ host, address },
      placements: desired,
      containers: watch.containers,
      memory: this.remembered,
      withdrawn: this.withdrawn,
      yielded,
      completed,
    });
    const records = new Map<InstanceId, NameRecord>();
    for (const [instance, record] of computed) {
      const last = local.records.get(instance);
      records.set(instance, last !== undefined && isDeepStrictEqual(last, record) ? last : record);
    }
    this.local = { seen, records };
    return records;
  }

  /** Instances that are named elsewhere, by the host that they were to yield to. */
  private yielded(desired: Desired['placements']): ReadonlySet<InstanceId> {
    const { mirrors } = this.parts;
    const yielded = new Set<InstanceId>();
    for (const [instance, { yieldsTo }] of desired) {
      const project = yieldsTo === undefined ? undefined : parseInstanceId(instance)?.project;
      if (project === undefined) continue;
      const record = mirrors.get(project).records.find((it) => it.instance === instance);
      if (record?.host === yieldsTo) yielded.add(instance);
    }
    return yielded;
  }

  /** What etcd has of this host's completed instances; a list that was read before is not read again. */
  private completed(): ReadonlyMap<InstanceId, NameRecord> {
    const { host, mirrors } = this.parts;
    const all = mirrors.projects.flatMap((project) => {
      const { records } = mirrors.get(project);
      const known = this.completedOf.get(records);
      if (known !== undefined) return known;
      const found = records.filter((it) => it.host === host && it.condition === 'completed');
      this.completedOf.set(records, found);
      return found;
    });
    return new Map(all.map((record) => [record.instance, record]));
  }

  /** All names, with what this host sees of its own laid over; an unchanged project is the same list, and costs nothing. */
  names(): Names {
    const { host, mirrors } = this.parts;
    const own = this.ownByProject();
    const left = this.completedBefore();
    const next = new Map<ProjectName, Overlaid>();
    for (const project of mirrors.projects) {
      const leftRecords = left.get(project) ?? NONE;
      const from = {
        ...{ shared: mirrors.get(project).records, own: own.get(project) ?? NONE },
        left: leftRecords.map(({ instance }) => instance).join(' '),
      };
      const last = this.lastNames.get(project);
      if (last?.shared === from.shared && last.own === from.own && last.left === from.left) {
        next.set(project, last);
        continue;
      }
      const records = overlay(host, from.shared, [...leftRecords, ...from.own]);
      const isOld = last !== undefined && isSame(last.records, records);
      next.set(project, { ...from, records: isOld ? last.records : records });
    }
    this.lastNames = next;
    return new Map([...next].map(([project, { records }]) => [project, records]));
  }

  /**
   * What has completed here and has moved on since: nobody else tells of it, and what depends on it, also here, goes by that.
   * See `NamePublisher`, which leaves these records.
   */
  private completedBefore(): ReadonlyMap<ProjectName, readonly NameRecord[]> {
    const { placements } = this.parts.placements.current();
    const own = this.localNames();
    const left = new Map<ProjectName, NameRecord[]>();
    for (const record of this.completed().values()) {
      const placement = placements.get(record.instance);
      const isHere = placement !== undefined && placement.yieldsTo === undefined;
      if (isHere || own.has(record.instance)) continue;
      left.set(record.project, [...(left.get(record.project) ?? []), record]);
    }
    return left;
  }

  /** The records of `localNames`; the same list while a project's are the same. */
  private ownByProject(): Own['byProject'] {
    const of = this.localNames();
    if (this.own.of === of) return this.own.byProject;
    const byProject = new Map<ProjectName, NameRecord[]>();
    for (const record of of.values()) {
      const list = byProject.get(record.project);
      if (list === undefined) byProject.set(record.project, [record]);
      else list.push(record);
    }
    const kept = [...byProject].map(([project, records]) => {
      const last = this.own.byProject.get(project);
      return [project, last !== undefined && isSame(last, records) ? last : records] as const;
    });
    this.own = { of, byProject: new Map(kept) };
    return this.own.byProject;
  }
}

function isSame(a: readonly NameRecord[], b: readonly NameRecord[]): boolean {
  return a.length === b.length && a.every((record, at) => record === b[at]);
}
