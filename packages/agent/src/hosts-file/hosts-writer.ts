import {
  hostsEntries,
  hostsFileProblem,
  isNapError,
  messageOf,
  nameTable,
  parseInstanceId,
  tableDigest,
  type HostCheck,
  type HostId,
  type InstanceId,
  type NameRecord,
  type NameTable,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import { isRunning, type ObservedContainer } from '../reconcile/observed.js';
import { renderHosts } from './render.js';
import { isEngineFile, updateHostsFile, type HostsFileIo } from './write.js';

/** A running container that no placement stands for, and whose point of view its names are seen from. */
export interface Guest {
  readonly container: Pick<
    ObservedContainer,
    'id' | 'name' | 'instance' | 'hostsPath' | 'network' | 'run' | 'seeds'
  >;
  readonly consumer: Consumer;
}

/** What of a placement the lines of a file depend on. */
type Consumer = Pick<Placement, 'instance' | 'links'>;

export interface HostsState {
  readonly placements: ReadonlyMap<InstanceId, Placement>;
  readonly containers: readonly ObservedContainer[];
  readonly guests?: readonly Guest[];
  readonly names: ReadonlyMap<ProjectName, readonly NameRecord[]>;
  /** Of the newest shared record of each project. */
  readonly revisions: ReadonlyMap<ProjectName, bigint>;
  /** Undefined until the engine was reached. */
  readonly dataRoot: string | undefined;
  /** Look at every file, also where nothing has changed that is known of: somebody may have edited one. */
  readonly isFull: boolean;
}

export interface HostsWriterParts {
  readonly host: HostId;
  readonly io: HostsFileIo;
  readonly log: Log;
}

interface Target extends Guest {
  readonly project: ProjectName;
  readonly isGuest: boolean;
}

type ProjectChecks = HostCheck['projects'];

/** What a file was last made from: while none of it changes, neither need the file. */
interface Made {
  readonly startedAt: string;
  readonly consumer: Consumer;
  readonly tables: readonly (NameTable | undefined)[];
}

/** The names of a project, and what they were made of. */
interface Tabled {
  readonly records: readonly NameRecord[];
  readonly table: NameTable;
  digest?: string;
}

export interface HostsOutcome {
  /** What was verified. Worked out when it is asked for, which is once a second; there are many more passes while many start. */
  readonly projects: () => ProjectChecks;
  readonly problems: readonly string[];
  readonly written: number;
}

/**
 * Brings the hosts files of this host's containers up to date with the names, from memory alone: no call to the engine or
 * to etcd stands between a change and the files.
 */
export class HostsWriter {
  private readonly parts: HostsWriterParts;
  /** By container id. */
  private readonly made = new Map<string, Made>();
  private readonly tables = new Map<ProjectName, Tabled>();

  constructor(parts: HostsWriterParts) {
    this.parts = parts;
  }

  update(state: HostsState): HostsOutcome {
    const tables = this.refreshTables(state.names);
    if (state.isFull) this.made.clear();
    // Also where nothing is to be written: a program that has completed, a hosts file that is the user's own.
    const counts = new Map<ProjectName, number>(
      [...state.placements.keys()].flatMap((instance) => {
        const project = parseInstanceId(instance)?.project;
        return project === undefined ? [] : [[project, 0] as const];
      }),
    );
    const problems: string[] = [];
    let written = 0;
    for (const { container, consumer, project, isGuest } of this.targets(state)) {
      try {
        if (this.write(container, consumer, project, tables) === 'written') written += 1;
        // What is verified is verified of instances.
        if (!isGuest) counts.set(project, (counts.get(project) ?? 0) + 1);
      } catch (err) {
        if (!isNapError(err)) throw err;
        problems.push(hostsFileProblem(container.name, messageOf(err)));
      }
    }
    const guests = (state.guests ?? []).map(({ container }) => container);
    for (const id of this.made.keys()) {
      if (![...state.containers, ...guests].some((it) => it.id === id)) this.made.delete(id);
    }
    const checked = new Map(this.tables);
    return { projects: () => checksOf(counts, state, checked), problems, written };
  }

  /**
   * Running containers of instances, each file once. Those that share a network share its file: it is written from the
   * point of view of the one that it was made for.
   */
  private *targets(state: HostsState): Generator<Target> {
    const done = new Set<string>();
    for (const target of [...this.instances(state), ...this.guests(state)]) {
      const { hostsPath } = target.container;
      if (done.has(hostsPath) || !this.isOurs(hostsPath, state.dataRoot)) continue;
      done.add(hostsPath);
      yield target;
    }
  }

  private instances({ placements, containers }: HostsState): readonly Target[] {
    const isJoined = (it: ObservedContainer): boolean => typeof it.network === 'object';
    const owners = containers.filter((it) => !isJoined(it));
    return [...owners, ...containers.filter(isJoined)].flatMap((container) => {
      const consumer = placements.get(container.instance);
      const project = parseInstanceId(container.instance)?.project;
      if (consumer === undefined || project === undefined || !isRunning(container)) return [];
      return { container, consumer, project, isGuest: false };
    });
  }

  private guests({ guests = [] }: HostsState): readonly Target[] {
    return guests.flatMap((guest) => {
      const project = parseInstanceId(guest.consumer.instance)?.project;
      return project === undefined ? [] : { ...guest, project, isGuest: true };
    });
  }

  /** Lines for a container that does not exist yet. */
  entriesFor(
    consumer: Consumer,
    names: ReadonlyMap<ProjectName, readonly NameRecord[]>,
  ): ReturnType<typeof hostsEntries> {
    const project = parseInstanceId(consumer.instance)?.project;
    if (project === undefined) return [];
    return hostsEntries(this.consumer(consumer, project), this.refreshTables(names));
  }

  private consumer(
    { instance, links }: Consumer,
    project: ProjectName,
  ): Parameters<typeof hostsEntries>[0] {
    return { instance, project, host: this.parts.host, links };
  }

  private isOurs(hostsPath: string, dataRoot: string | undefined): boolean {
    return dataRoot !== undefined && isEngineFile(hostsPath, dataRoot);
  }

  private write(
    container: Guest['container'],
    consumer: Consumer,
    project: ProjectName,
    tables: ReadonlyMap<ProjectName, NameTable>,
  ): 'unchanged' | 'written' {
    const { id, run, seeds } = container;
    const links = new Set(consumer.links.map((link) => link.project));
    const made: Made = {
      startedAt: run.state === 'running' ? run.startedAt : '',
      consumer,
      tables: [project, ...links].map((it) => tables.get(it)),
    };
    if (isSame(this.made.get(id), made)) return 'unchanged';
    // Until it has been written and read back, nothing is known about it.
    this.made.delete(id);
    const entries = hostsEntries(this.consumer(consumer, project), tables);
    const outcome = updateHostsFile(this.parts.io, container.hostsPath, (existing) =>
      renderHosts({ entries, existing, seeds }),
    );
    this.made.set(id, made);
    return outcome;
  }

  private refreshTables(
    names: ReadonlyMap<ProjectName, readonly NameRecord[]>,
  ): ReadonlyMap<ProjectName, NameTable> {
    for (const project of this.tables.keys()) {
      if (!names.has(project)) this.tables.delete(project);
    }
    for (const [project, records] of names) {
      if (this.tables.get(project)?.records === records) continue;
      this.tables.set(project, { records, table: nameTable(project, records) });
    }
    return new Map([...this.tables].map(([project, { table }]) => [project, table]));
  }
}

function checksOf(
  counts: ReadonlyMap<ProjectName, number>,
  { revisions }: HostsState,
  tables: ReadonlyMap<ProjectName, Tabled>,
): ProjectChecks {
  const checks: ProjectChecks = {};
  for (const [project, containers] of counts) {
    const tabled = tables.get(project);
    const digest = tabled === undefined ? '' : (tabled.digest ??= tableDigest(tabled.table));
    checks[project] = { digest, revision: String(revisions.get(project) ?? 0n), containers };
  }
  return checks;
}

function isSame(a: Made | undefined, b: Made): boolean {
  return (
    a?.startedAt === b.startedAt &&
    a.consumer === b.consumer &&
    a.tables.length === b.tables.length &&
    a.tables.every((table, at) => table === b.tables[at])
  );
}
