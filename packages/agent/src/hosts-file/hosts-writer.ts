import {
  hostsEntries,
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

export interface HostsState {
  readonly placements: ReadonlyMap<InstanceId, Placement>;
  readonly containers: readonly ObservedContainer[];
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

type ProjectChecks = HostCheck['projects'];

/** What a file was last made from: while none of it changes, neither need the file. */
interface Made {
  readonly startedAt: string;
  readonly placement: Placement;
  readonly tables: readonly (NameTable | undefined)[];
}

export interface HostsOutcome {
  readonly projects: ProjectChecks;
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
  private readonly tables = new Map<
    ProjectName,
    { readonly records: readonly NameRecord[]; readonly table: NameTable; readonly digest: string }
  >();

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
    for (const { container, placement, project } of this.targets(state)) {
      try {
        if (this.write(container, placement, project, tables) === 'written') written += 1;
        counts.set(project, (counts.get(project) ?? 0) + 1);
      } catch (err) {
        if (!isNapError(err)) throw err;
        const reason = messageOf(err);
        problems.push(`the hosts file of ${container.name} could not be written: ${reason}`);
      }
    }
    for (const id of this.made.keys()) {
      if (!state.containers.some((container) => container.id === id)) this.made.delete(id);
    }
    return { projects: this.checks(counts, state), problems, written };
  }

  /**
   * Running containers of instances, each file once. Those that share a network share its file: it is written from the
   * point of view of the one that it was made for.
   */
  private *targets(state: HostsState): Generator<{
    readonly container: ObservedContainer;
    readonly placement: Placement;
    readonly project: ProjectName;
  }> {
    const done = new Set<string>();
    const isJoined = (it: ObservedContainer): boolean => typeof it.network === 'object';
    const owners = state.containers.filter((it) => !isJoined(it));
    for (const container of [...owners, ...state.containers.filter(isJoined)]) {
      const placement = state.placements.get(container.instance);
      const project = parseInstanceId(container.instance)?.project;
      if (placement === undefined || project === undefined || !isRunning(container)) continue;
      if (!this.isOurs(container, state.dataRoot) || done.has(container.hostsPath)) continue;
      done.add(container.hostsPath);
      yield { container, placement, project };
    }
  }

  /** Lines for a container that does not exist yet. */
  entriesFor(
    placement: Placement,
    names: ReadonlyMap<ProjectName, readonly NameRecord[]>,
  ): ReturnType<typeof hostsEntries> {
    const project = parseInstanceId(placement.instance)?.project;
    if (project === undefined) return [];
    return hostsEntries(this.consumer(placement, project), this.refreshTables(names));
  }

  private consumer(placement: Placement, project: ProjectName): Parameters<typeof hostsEntries>[0] {
    return {
      instance: placement.instance,
      project,
      host: this.parts.host,
      links: placement.links,
    };
  }

  private isOurs(container: ObservedContainer, dataRoot: string | undefined): boolean {
    return dataRoot !== undefined && isEngineFile(container.hostsPath, dataRoot);
  }

  private write(
    container: ObservedContainer,
    placement: Placement,
    project: ProjectName,
    tables: ReadonlyMap<ProjectName, NameTable>,
  ): 'unchanged' | 'written' {
    const { id, run, seeds } = container;
    const links = new Set(placement.links.map((link) => link.project));
    const made: Made = {
      startedAt: run.state === 'running' ? run.startedAt : '',
      placement,
      tables: [project, ...links].map((it) => tables.get(it)),
    };
    if (isSame(this.made.get(id), made)) return 'unchanged';
    // Until it has been written and read back, nothing is known about it.
    this.made.delete(id);
    const entries = hostsEntries(this.consumer(placement, project), tables);
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
      const table = nameTable(project, records);
      this.tables.set(project, { records, table, digest: tableDigest(table) });
    }
    return new Map([...this.tables].map(([project, { table }]) => [project, table]));
  }

  private checks(counts: ReadonlyMap<ProjectName, number>, state: HostsState): ProjectChecks {
    const checks: ProjectChecks = {};
    for (const [project, containers] of counts) {
      const digest = this.tables.get(project)?.digest ?? '';
      const revision = String(state.revisions.get(project) ?? 0n);
      checks[project] = { digest, revision, containers };
    }
    return checks;
  }
}

function isSame(a: Made | undefined, b: Made): boolean {
  return (
    a?.startedAt === b.startedAt &&
    a.placement === b.placement &&
    a.tables.length === b.tables.length &&
    a.tables.every((table, at) => table === b.tables[at])
  );
}
