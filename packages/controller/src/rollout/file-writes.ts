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

/** What changes in the store of files with a plan. `puts` go before the placements that need them, `deletes` after all. */
export interface FileChanges {
  readonly puts: readonly { readonly key: string; readonly digest: FileDigest }[];
  readonly deletes: readonly string[];
}

/**
 * Every host has what its placements name and nothing else; every project what its kept revisions name, so that an earlier
 * revision can be placed again, and an instance on another host.
 */
export function fileChanges(plan: Plan, view: ClusterView, stored: StoredFiles): FileChanges {
  const placements = placementsAfter(plan, view);
  const needed = neededByHosts(placements);
  // Only of its own project a planner has, or can get, what they hold.
  const owned = neededByHosts(placements.filter((it) => isOf(plan.project, it)));
  const own = stored.projects.get(plan.project) ?? new Set();
  const kept = keptByProject(plan, view, own);
  const hosts = new Set([...needed.keys(), ...stored.hosts.keys()]);
  const ofHosts = [...hosts].map((host) => ({
    wanted: owned.get(host) ?? new Set<FileDigest>(),
    kept: needed.get(host) ?? new Set<FileDigest>(),
    there: stored.hosts.get(host) ?? new Set<FileDigest>(),
    keyOf: (digest: FileDigest) => keys.hostFile(host, digest),
  }));
  const ofProject = {
    ...{ wanted: kept, kept },
    there: own,
    keyOf: (digest: FileDigest) => keys.content(plan.project, digest),
  };
  const all = [ofProject, ...ofHosts];
  return {
    puts: all.flatMap(({ wanted, there, keyOf }) =>
      [...wanted]
        .filter((digest) => !there.has(digest))
        .map((digest) => ({ key: keyOf(digest), digest })),
    ),
    deletes: all.flatMap(({ kept: needs, there, keyOf }) =>
      [...there].filter((digest) => !needs.has(digest)).map(keyOf),
    ),
  };
}

export function putFiles({ puts }: FileChanges, contents: Contents): readonly Write[] {
  return puts.map(({ key, digest }) => {
    const content = contents.get(digest);
    if (content === undefined) throw new RangeError(`no content of digest ${digest}`);
    return { kind: 'put', key, value: fileContentCodec.encode({ content }) };
  });
}

const isOf = (project: ProjectName, { instance }: Placement): boolean =>
  parseInstanceId(instance)?.project === project;

function placementsAfter(plan: Plan, view: ClusterView): readonly Placement[] {
  const after = new Map(view.placements.map((it) => [`${it.host} ${it.instance}`, it]));
  for (const change of plan.changes) {
    if (change.kind === 'remove') after.delete(`${change.host} ${change.instance}`);
    if (change.kind === 'move') after.delete(`${change.from} ${change.placement.instance}`);
    if ('placement' in change) {
      after.set(`${change.placement.host} ${change.placement.instance}`, change.placement);
    }
  }
  return [...after.values()].filter(({ wanted }) => wanted === 'running');
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
