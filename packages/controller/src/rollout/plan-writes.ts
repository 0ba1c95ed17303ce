import {
  assertNever,
  clusterCodec,
  keys,
  LIMITS,
  NapError,
  parseInstanceId,
  placementCodec,
  placementHeaderCodec,
  projectRevisionCodec,
  rolloutCodec,
  volumeHomeCodec,
  type Cluster,
  type HostId,
  type Placement,
  type Project,
} from '@nap/shared';
import type { Write } from '@nap/shared/store';
import type { Change, Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { localVolumes } from '../plan/ties.js';
import { putFiles, type Contents, type FileChanges } from './file-writes.js';

const put = (key: string, value: string): Write => ({ kind: 'put', key, value });

/** Throws BAD_INPUT, before anything is written, for what no transaction could hold. */
function putChecked(key: string, value: string, what: { is: string; hint: string }): Write {
  const bytes = Buffer.byteLength(value);
  if (bytes <= LIMITS.storedValueBytes) return put(key, value);
  throw new NapError(
    'BAD_INPUT',
    `${what.is} takes ${bytes} bytes in etcd, more than the ${LIMITS.storedValueBytes} of one value; nothing was changed`,
    { hint: what.hint, details: { key, bytes } },
  );
}
const remove = (key: string): Write => ({ kind: 'delete', key });

/** What a plan needs beside the view: the cluster, which the first plan of all makes, and the contents of files. */
export interface WriteContext {
  readonly cluster: Cluster;
  readonly files: FileChanges;
  readonly contents: Contents;
}

export const NO_FILES: Pick<WriteContext, 'files' | 'contents'> = {
  files: { puts: [], deletes: [] },
  contents: new Map(),
};

/**
 * The writes of plans, the durable intent first: whatever interrupts the rest, the next plan finishes it from the stored
 * project. Files go before whatever names them. A host's header goes before its first placement, or its agent would not
 * trust the list. Throws BAD_INPUT for a project or an instance that is too large for etcd.
 */
export function planWrites(
  plans: readonly Plan[],
  view: ClusterView,
  context: WriteContext,
): readonly Write[] {
  const { cluster, files, contents } = context;
  const changes = plans.flatMap((plan) => plan.changes);
  const hosts = new Set(changes.flatMap(hostsOf));
  const headers = [...hosts]
    .filter((host) => view.headers.get(host) !== cluster.id)
    .map((host) =>
      put(keys.placementHeader(host), placementHeaderCodec.encode({ cluster: cluster.id })),
    );
  const isNew = view.cluster === undefined && changes.length > 0;
  return [
    ...(isNew ? [put(keys.cluster(), clusterCodec.encode(cluster))] : []),
    ...putFiles(files, contents),
    ...headers,
    ...changes.flatMap((change) => changeWrites(change, view)),
    ...files.deletes.map(remove),
  ];
}

function hostsOf(change: Change): readonly HostId[] {
  return 'placement' in change ? [change.placement.host] : [];
}

function changeWrites(change: Change, view: ClusterView): readonly Write[] {
  switch (change.kind) {
    case 'store-project': {
      const { project, revision } = change.revision;
      const text = projectRevisionCodec.encode(change.revision);
      const kept = view.history.get(project.name) ?? [];
      const dropped = kept.slice(0, Math.max(0, kept.length + 1 - LIMITS.historyRevisions));
      return [
        putChecked(keys.projectSpec(project.name), text, {
          is: `project ${project.name}`,
          hint: `${largestOf(project)}: move its long values into configs, or spread the services over several projects`,
        }),
        put(keys.projectRevision(project.name, revision), text),
        ...dropped.map((old) => remove(keys.projectRevision(project.name, old))),
      ];
    }
    case 'forget-project':
      return [
        remove(keys.projectSpec(change.project)),
        remove(keys.projectRollout(change.project)),
        ...(view.history.get(change.project) ?? []).map((revision) =>
          remove(keys.projectRevision(change.project, revision)),
        ),
      ];
    case 'place':
    case 'update':
      return [
        ...volumeWrites(change.placement, view),
        putPlacement(change.placement),
        ...staleReport(change.placement, view),
      ];
    case 'forget-volume':
      return [remove(keys.volume(change.volume))];
    case 'rollout':
      return [rolloutWrite(change)];
    case 'move':
      return [
        change.yielding === undefined
          ? remove(keys.placement(change.from, change.placement.instance))
          : putPlacement(change.yielding),
        ...volumeWrites(change.placement, view),
        putPlacement(change.placement),
      ];
    case 'remove-with-volumes':
    case 'remove-volumes':
      return leavingWrites(change.placement, view);
    case 'remove':
      return removalWrites(change, view);
    default:
      return assertNever(change);
  }
}

function removalWrites(
  { leaving, ...place }: Extract<Change, { kind: 'remove' }>,
  view: ClusterView,
): readonly Write[] {
  if (leaving !== undefined) return leavingWrites(leaving, view);
  return [remove(keys.placement(place.host, place.instance)), ...completionWrites(place, view)];
}

/** Its agent is to remove it, and to say so. */
const leavingWrites = (placement: Placement, view: ClusterView): readonly Write[] => [
  putPlacement(placement),
  ...completionWrites(placement, view),
  ...staleReport(placement, view),
];

/**
 * That an instance has completed is kept without a lease, so that it is not run again elsewhere. When it is taken away it has
 * to go: its host may be gone for good, and the next instance of that name would count as done.
 */
function completionWrites(
  { instance, host }: Pick<Placement, 'instance' | 'host'>,
  { names, placements }: ClusterView,
): readonly Write[] {
  const placement = placements.find((it) => it.instance === instance && it.host === host);
  const policy = placement?.spec.restart.condition;
  // One that can complete may do so before this is written.
  const mayComplete = policy === 'no' || policy === 'on-failure';
  if (!mayComplete && names.get(instance)?.condition !== 'completed') return [];
  const isElsewhere = placements.some((it) => it.instance === instance && it.host !== host);
  return isElsewhere ? [] : [remove(keys.name(instance))];
}

/** That an instance was removed before is no answer to who asks for it now. */
function staleReport(
  { instance, host, wanted }: Placement,
  { placements, reports }: ClusterView,
): readonly Write[] {
  if (wanted !== 'removed' || reports.get(instance)?.status.state !== 'removed') return [];
  const isAsked = placements.some(
    (it) => it.instance === instance && it.host === host && it.wanted === 'removed',
  );
  return isAsked ? [] : [remove(keys.report(instance))];
}

function largestOf({ services }: Project): string {
  const sizes = services.map((service) => ({
    name: service.name,
    bytes: Buffer.byteLength(JSON.stringify(service)),
  }));
  const [largest] = sizes.sort((a, b) => b.bytes - a.bytes);
  return largest === undefined
    ? 'it has no services'
    : `its largest service is ${largest.name}, with ${largest.bytes} bytes`;
}

function rolloutWrite({ project, rollout }: Extract<Change, { kind: 'rollout' }>): Write {
  const key = keys.projectRollout(project);
  return rollout === undefined ? remove(key) : put(key, rolloutCodec.encode(rollout));
}

/** From now on the data of these volumes is here. */
function volumeWrites(
  { host, instance, spec, mode }: Placement,
  view: ClusterView,
): readonly Write[] {
  const project = parseInstanceId(instance)?.project;
  // A global service has a volume of that name on every host, each with data of its own.
  if (project === undefined || mode === 'global') return [];
  return localVolumes(spec)
    .filter((volume) => view.volumes.get(volume)?.host !== host)
    .map((volume) => put(keys.volume(volume), volumeHomeCodec.encode({ host, project })));
}

function putPlacement(placement: Placement): Write {
  const { host, instance } = placement;
  const service = parseInstanceId(instance)?.service ?? instance;
  return putChecked(keys.placement(host, instance), placementCodec.encode(placement), {
    is: `${instance} of service ${service}`,
    hint: `shorten the environment, labels or commands of ${service}, or move long values into configs`,
  });
}
