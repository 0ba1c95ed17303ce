import {
  clusterCodec,
  hostCheckCodec,
  hostInfoCodec,
  hostPolicyCodec,
  isNapError,
  keys,
  nameRecordCodec,
  parseKey,
  placementCodec,
  placementHeaderCodec,
  projectRevisionCodec,
  reportCodec,
  rolloutCodec,
  volumeHomeCodec,
  type Cluster,
  type HostCheck,
  type HostId,
  type HostInfo,
  type HostPolicy,
  type InstanceId,
  type NameRecord,
  type ParsedKey,
  type Placement,
  type ProjectName,
  type ProjectRevision,
  type Report,
  type Rollout,
  type VolumeHome,
} from '@nap/shared';
import { DocumentCache } from './document-cache.js';
import { byInstance } from './placement-changes.js';
import { placementIndex } from './placement-index.js';

/** One host as etcd knows it. `info` is missing while an operator has set a policy for a host that never came. */
export interface HostView {
  readonly id: HostId;
  readonly info: HostInfo | undefined;
  /** Its agent holds a lease now. */
  readonly isAlive: boolean;
  /** It is away for so long, or in such a way, that what it ran may be placed elsewhere: see host-loss.ts. */
  readonly isLost: boolean;
  /** For how long it is known to be away, in ms; absent: nobody has watched it. */
  readonly awayMs?: number;
  readonly policy: HostPolicy;
}

/** Everything a planner may look at, as it was at one etcd revision. */
export interface ClusterView {
  /** Text, as it may not fit a number. Absent: put together from more than one. */
  readonly etcdRevision?: string;
  readonly cluster: Cluster | undefined;
  readonly hosts: ReadonlyMap<HostId, HostView>;
  readonly projects: ReadonlyMap<ProjectName, ProjectRevision>;
  /** What is being rolled out. */
  readonly rollouts: ReadonlyMap<ProjectName, Rollout>;
  /** Numbers of the kept earlier revisions, oldest first. */
  readonly history: ReadonlyMap<ProjectName, readonly number[]>;
  readonly placements: readonly Placement[];
  /** Hosts whose placements carry a header, by the cluster that it names. */
  readonly headers: ReadonlyMap<HostId, string>;
  readonly reports: ReadonlyMap<InstanceId, Report>;
  readonly names: ReadonlyMap<InstanceId, NameRecord>;
  /** Which host holds a named volume, by the volume's name in the engine. */
  readonly volumes: ReadonlyMap<string, VolumeHome>;
  readonly checks: ReadonlyMap<HostId, HostCheck>;
  /** Texts of the kept revisions, the current one too: they name the contents that are still needed. */
  readonly keptTexts: ReadonlyMap<ProjectName, readonly string[]>;
  /** Why nothing moves although hosts are away: a sentence. */
  readonly brake?: string;
  /** A daemon is at work, and this view is not its own: see left-to-daemon.ts. */
  readonly hasDaemon?: boolean;
  /** Values that this nap cannot read, as sentences: shown, never guessed at. */
  readonly unreadable: readonly string[];
}

/** What a view is read from, all at one etcd revision. */
export const VIEW_PREFIXES: readonly string[] = [
  keys.cluster(),
  keys.projects(),
  keys.placements(),
  keys.names(),
  keys.reports(),
  keys.hosts(),
  keys.volumes(),
  keys.checks(),
];

/** What is read by who plans one project: of the others no more than where their instances are, and what these take. */
export const projectPrefixes = (project: ProjectName): readonly string[] => [
  ...[keys.cluster(), keys.project(project), keys.placements(), keys.hosts(), keys.volumes()],
  ...[keys.projectNames(project), keys.projectReports(project)],
];

/** What is known of instances and of where they are, for who shows no more than that. */
export type InstancesView = Pick<ClusterView, 'hosts' | 'placements' | 'reports' | 'unreadable'>;

/** What that is read from: of one project, or of all. Placements lie by host, so that those of all projects are read. */
export const instancePrefixes = (project: ProjectName | undefined): readonly string[] => [
  keys.placements(),
  project === undefined ? keys.reports() : keys.projectReports(project),
  keys.hosts(),
];

interface KeyedValue {
  readonly key: string;
  readonly value: string;
}

const ACTIVE: HostPolicy = { availability: 'active', labels: {} };

interface HostParts {
  info?: HostInfo;
  isAlive?: boolean;
  policy?: HostPolicy;
}

class ViewBuilder {
  cluster: Cluster | undefined;
  readonly hosts = new Map<HostId, HostParts>();
  readonly projects = new Map<ProjectName, ProjectRevision>();
  readonly rollouts = new Map<ProjectName, Rollout>();
  readonly history = new Map<ProjectName, number[]>();
  readonly placements: Placement[] = [];
  readonly headers = new Map<HostId, string>();
  readonly reports = new Map<InstanceId, Report>();
  readonly names = new Map<InstanceId, NameRecord>();
  readonly volumes = new Map<string, VolumeHome>();
  readonly checks = new Map<HostId, HostCheck>();
  readonly keptTexts = new Map<ProjectName, string[]>();
  readonly #documents: DocumentCache;

  constructor(documents: DocumentCache) {
    this.#documents = documents;
  }

  readonly #add: {
    readonly [K in ParsedKey['kind']]: (
      parsed: Extract<ParsedKey, { kind: K }>,
      entry: KeyedValue,
    ) => void;
  } = {
    cluster: (_, entry) => (this.cluster = this.#documents.read(clusterCodec, entry)),
    leader: () => undefined,
    daemon: () => undefined,
    // Not among the prefixes of a view: what they hold may be large, and is nobody's to see.
    content: () => undefined,
    hostFile: () => undefined,
    // For the doctor, who reads them apart.
    hostFacts: () => undefined,
    projectSpec: ({ project }, entry) =>
      this.projects.set(project, this.#documents.read(projectRevisionCodec, entry)),
    projectRevision: ({ project, revision }, { value }) => {
      this.keptTexts.set(project, [...(this.keptTexts.get(project) ?? []), value]);
      const revisions = this.history.get(project) ?? [];
      this.history.set(
        project,
        [...revisions, revision].sort((a, b) => a - b),
      );
    },
    projectRollout: ({ project }, entry) =>
      this.rollouts.set(project, this.#documents.read(rolloutCodec, entry)),
    placement: (_, entry) => this.placements.push(this.#documents.read(placementCodec, entry)),
    placementHeader: ({ host }, entry) =>
      this.headers.set(host, this.#documents.read(placementHeaderCodec, entry).cluster),
    name: ({ instance }, entry) =>
      this.names.set(instance, this.#documents.read(nameRecordCodec, entry)),
    report: ({ instance }, entry) =>
      this.reports.set(instance, this.#documents.read(reportCodec, entry)),
    hostInfo: ({ host }, entry) =>
      (this.#host(host).info = this.#documents.read(hostInfoCodec, entry)),
    hostSession: ({ host }) => (this.#host(host).isAlive = true),
    hostPolicy: ({ host }, entry) =>
      (this.#host(host).policy = this.#documents.read(hostPolicyCodec, entry)),
    // Who wants to call an agent reads it: see agents/agents.ts.
    hostApi: () => undefined,
    volume: ({ volume }, entry) =>
      this.volumes.set(volume, this.#documents.read(volumeHomeCodec, entry)),
    check: ({ host }, entry) => this.checks.set(host, this.#documents.read(hostCheckCodec, entry)),
  };

  add(entry: KeyedValue): void {
    const parsed = parseKey(entry.key);
    if (parsed === undefined) return;
    const add = this.#add[parsed.kind] as (parsed: ParsedKey, entry: KeyedValue) => void;
    add(parsed, entry);
  }

  #host(id: HostId): HostParts {
    const parts = this.hosts.get(id) ?? {};
    this.hosts.set(id, parts);
    return parts;
  }
}

/**
 * Collects without judging. A value that cannot be read is named in `unreadable` and left out. `documents`: what was read
 * before, for whoever reads again and again.
 */
export function toClusterView(
  entries: Iterable<KeyedValue>,
  documents: DocumentCache = new DocumentCache(),
): ClusterView {
  const builder = new ViewBuilder(documents);
  const unreadable: string[] = [];
  for (const entry of entries) {
    try {
      builder.add(entry);
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      unreadable.push(err.message);
    }
  }
  const hosts = [...builder.hosts]
    .map(([id, parts]): [HostId, HostView] => [
      id,
      {
        id,
        info: parts.info,
        isAlive: parts.isAlive === true,
        isLost: parts.isAlive !== true,
        policy: parts.policy ?? ACTIVE,
      },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    cluster: builder.cluster,
    hosts: new Map(hosts),
    projects: builder.projects,
    rollouts: builder.rollouts,
    history: builder.history,
    placements: builder.placements.sort(byInstance),
    headers: builder.headers,
    reports: builder.reports,
    names: builder.names,
    volumes: builder.volumes,
    checks: builder.checks,
    keptTexts: builder.keptTexts,
    unreadable,
  };
}

/** Decodes no more than it takes: nothing of other projects, and of a host whether it is there. */
export function toInstancesView(
  entries: Iterable<KeyedValue>,
  project: ProjectName | undefined,
): InstancesView {
  const isOf = (instance: InstanceId): boolean =>
    project === undefined || instance.startsWith(`${project}.`);
  const wanted = [...entries].filter(({ key }) => {
    const parsed = parseKey(key);
    if (parsed?.kind === 'placement' || parsed?.kind === 'report') return isOf(parsed.instance);
    return parsed?.kind === 'hostSession';
  });
  return toClusterView(wanted);
}

/** The placements of one project, on whatever host. */
export function projectPlacements(
  view: Pick<ClusterView, 'placements'>,
  project: ProjectName,
): readonly Placement[] {
  return placementIndex(view.placements).byProject.get(project) ?? [];
}
