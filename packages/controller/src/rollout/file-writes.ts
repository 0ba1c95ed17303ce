import {
  fileContentCodec,
  keys,
  parseInstanceId,
  parseKey,
  type FileDigest,
  type HostId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Write } from '@nap/shared/store';
import { placementsAfter } from '../plan/after-plans.js';
import type { Change, Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';

/** What is stored of configs and secrets: for whom, and by which digest; never what they hold. */
export interface StoredFiles {
  readonly projects: ReadonlyMap<ProjectName, ReadonlySet<FileDigest>>;
  readonly hosts: ReadonlyMap<HostId, ReadonlySet<FileDigest>>;
}

/** The bytes of configs and secrets, base64. */
export type Contents = ReadonlyMap<FileDigest, string>;

export function toStoredFiles(storedKeys: Iterable<string>): StoredFiles {
  const projects = new Map<ProjectName, Set<FileDigest>>();
  const hosts = new Map<HostId, Set<FileDigest>>();
  for (const key of storedKeys) {
    const parsed = parseKey(key);
    if (parsed?.kind === 'content') add(projects, parsed.project, parsed.digest);
    if (parsed?.kind === 'hostFile') add(hosts, parsed.host, parsed.digest);
  }
  return { projects, hosts };
}

function add<K>(sets: Map<K, Set<FileDigest>>, owner: K, digest: FileDigest): void {
  const set = sets.get(owner);
  if (set === undefined) sets.set(owner, new Set([digest]));
  else set.add(digest);
}

export interface FilePut {
  readonly key: string;
  readonly digest: FileDigest;
  /** Whose file it is. */
  readonly project: ProjectName;
}

/** What changes in the store of files with a plan. `puts` go before the placements that need them, `deletes` after all. */
export interface FileChanges {
  readonly puts: readonly FilePut[];
  readonly deletes: readonly string[];
}

/**
 * Every host has what its placements name and nothing else; every project what its kept revisions name, so that an earlier
 * revision can be placed again, and an instance on another host.
 */
export function fileChanges(
  plans: readonly Plan[],
  view: ClusterView,
  stored: StoredFiles,
): FileChanges {
  // Most have none: a plan must not look at all placements once for each project.
  const placements = placementsAfter(plans, view).filter(
    ({ wanted, spec }) => wanted === 'running' && spec.files !== undefined,
  );
  const needed = neededByHosts(placements);
  const ofProject = groupByProject(placements);
  const owned = plans.map((plan) =>
    filesOfProject(plan, view, stored, ofProject.get(plan.project) ?? []),
  );
  const deletes = [...stored.hosts].flatMap(([host, there]) =>
    [...there]
      .filter((digest) => needed.get(host)?.has(digest) !== true)
      .map((digest) => keys.hostFile(host, digest)),
  );
  return {
    puts: owned.flatMap(({ puts }) => puts),
    deletes: [...owned.flatMap((project) => project.deletes), ...deletes],
  };
}

/** Only of its own project a planner has, or can get, what they hold: `placements` are the project's. */
function filesOfProject(
  plan: Plan,
  view: ClusterView,
  stored: StoredFiles,
  placements: readonly Placement[],
): FileChanges {
  const { project } = plan;
  const there = stored.projects.get(project) ?? new Set();
  const kept = keptByProject(plan, view, there);
  const onHosts = neededByHosts(placements);
  const missingOnHosts = [...onHosts].flatMap(([host, digests]) =>
    [...digests]
      .filter((digest) => stored.hosts.get(host)?.has(digest) !== true)
      .map((digest) => ({ key: keys.hostFile(host, digest), digest, project })),
  );
  const missing = [...kept].filter((digest) => !there.has(digest));
  return {
    puts: [
      ...missing.map((digest) => ({ key: keys.content(project, digest), digest, project })),
      ...missingOnHosts,
    ],
    deletes: [...there]
      .filter((digest) => !kept.has(digest))
      .map((digest) => keys.content(project, digest)),
  };
}

export function putFiles({ puts }: FileChanges, contents: Contents): readonly Write[] {
  return puts.map(({ key, digest }) => {
    const content = contents.get(digest);
    if (content === undefined) throw new RangeError(`no content of digest ${digest}`);
    return { kind: 'put', key, value: fileContentCodec.encode({ content }) };
  });
}

function groupByProject(
  placements: readonly Placement[],
): ReadonlyMap<ProjectName, readonly Placement[]> {
  const groups = new Map<ProjectName, Placement[]>();
  for (const placement of placements) {
    const project = parseInstanceId(placement.instance)?.project;
    if (project === undefined) continue;
    const group = groups.get(project);
    if (group === undefined) groups.set(project, [placement]);
    else group.push(placement);
  }
  return groups;
}

function neededByHosts(placements: readonly Placement[]): ReadonlyMap<HostId, Set<FileDigest>> {
  const needed = new Map<HostId, Set<FileDigest>>();
  for (const { host, spec } of placements) {
    for (const { digest } of spec.files ?? []) add(needed, host, digest);
  }
  return needed;
}

function keptByProject(
  plan: Plan,
  view: ClusterView,
  stored: ReadonlySet<FileDigest>,
): ReadonlySet<FileDigest> {
  if (plan.changes.some(({ kind }) => kind === 'forget-project')) return new Set();
  const texts = view.keptTexts.get(plan.project) ?? [];
  // A digest is found in no text by chance: searching is as good as reading all the revisions.
  const kept = new Set([...stored].filter((digest) => texts.some((text) => text.includes(digest))));
  for (const digest of plan.changes.flatMap(digestsOf)) kept.add(digest);
  return kept;
}

function digestsOf(change: Change): readonly FileDigest[] {
  if (change.kind !== 'store-project') return [];
  return change.revision.project.services.flatMap(({ container }) =>
    (container.files ?? []).map(({ digest }) => digest),
  );
}
