import {
  droppedVolumes,
  formatInstanceId,
  hashSpec,
  parseInstanceId,
  serviceName,
  type ContainerSpec,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
  type ServiceSpec,
} from '@nap/shared';
import type { Change } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { localVolumes } from './ties.js';

/** Volumes of a project that nothing of it mounts any more: its file has lost the service, or it was taken down before. */

export interface LeftVolumes {
  readonly byHost: ReadonlyMap<HostId, readonly string[]>;
  /** Why others stay: sentences. */
  readonly kept: readonly string[];
}

const placeOf = (host: HostId, volume: string): string => `${host} ${volume}`;

/** By what etcd says of the homes of volumes; what `dropped` mount goes with those. */
export function leftVolumes(
  view: ClusterView,
  project: ProjectName,
  dropped: readonly Placement[],
): LeftVolumes {
  const going = new Set(
    dropped.flatMap(({ host, spec }) => droppedVolumes(spec).map((it) => placeOf(host, it))),
  );
  const left = [...view.volumes].filter(
    ([volume, home]) => home.project === project && !going.has(placeOf(home.host, volume)),
  );
  if (left.length === 0) return { byHost: new Map(), kept: [] };
  const users = usersOf(view, project);
  const byHost = new Map<HostId, string[]>();
  const kept: string[] = [];
  for (const [volume, { host }] of left.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const user = users.get(volume);
    if (user === undefined) byHost.set(host, [...(byHost.get(host) ?? []), volume]);
    else kept.push(`volume ${volume} on ${host} stays: ${user} mounts it`);
  }
  return { byHost, kept };
}

/** Who of the other projects mounts a volume. */
function usersOf(view: ClusterView, project: ProjectName): ReadonlyMap<string, InstanceId> {
  return new Map(
    view.placements
      .filter(({ instance }) => parseInstanceId(instance)?.project !== project)
      .flatMap(({ instance, spec }) => droppedVolumes(spec).map((it) => [it, instance] as const)),
  );
}

const SERVICE = serviceName('volumes');

/**
 * One placement a host, of an instance that has never run: all that its agent does for it is to drop its volumes, and to say
 * so, as for any other that is removed with its volumes.
 */
export function dropLeft(
  view: ClusterView,
  project: ProjectName,
  { byHost }: LeftVolumes,
  nowMs: number,
): readonly Change[] {
  let index = lastIndex(view, project);
  return [...byHost].map(([host, volumes]): Change => {
    index += 1;
    const what = volumes.length === 1 ? 'it' : 'them';
    const reason = `nothing mounts ${what} any more, and the project is taken down`;
    const instance = formatInstanceId({ project, service: SERVICE, index });
    const spec = specMounting(volumes, instance);
    const placement: Placement = {
      ...{ instance, host, spec, specHash: hashSpec(spec), wanted: 'removed', removeVolumes: true },
      ...{ dependencies: [], aliases: [], links: [], reason, decidedAtMs: nowMs },
    };
    return { kind: 'remove-volumes', placement, volumes, reason };
  });
}

/** Of a service that is called so all the same. */
function lastIndex(view: ClusterView, project: ProjectName): number {
  const known = [
    ...projectPlacements(view, project).map(({ instance }) => instance),
    ...view.reports.keys(),
  ].map((instance) => parseInstanceId(instance));
  const own = known.filter((it) => it?.project === project && it.service === SERVICE);
  return Math.max(0, ...own.map((it) => it?.index ?? 0));
}

function specMounting(volumes: readonly string[], instance: InstanceId): ContainerSpec {
  return {
    // Nothing is ever made of it.
    image: 'none',
    containerName: instance.replaceAll('.', '-'),
    environment: {},
    labels: {},
    ports: [],
    expose: [],
    mounts: volumes.map((name) => ({ type: 'volume', name, target: `/${name}` })),
    extraHosts: [],
    restart: { condition: 'no' },
    stopGracePeriodMs: 0,
  };
}

/** What of the project's volumes may be on hosts that etcd does not name, as sentences. */
export function unknownVolumes(view: ClusterView, project: ProjectName): readonly string[] {
  const stored = view.projects.get(project)?.project;
  if (stored === undefined) return [];
  const placements = projectPlacements(view, project);
  const isElsewhere = ({ name }: ServiceSpec): boolean => {
    const isOf = ({ instance }: Placement): boolean => parseInstanceId(instance)?.service === name;
    const hosts = new Set(placements.filter(isOf).map(({ host }) => host));
    // Only those that have ever got a placement can have been left.
    return [...view.headers.keys()].some((host) => view.hosts.has(host) && !hosts.has(host));
  };
  const mayLeave = ({ mode, scheduling, container }: ServiceSpec): boolean => {
    const onHostLoss = scheduling?.onHostLoss ?? stored.scheduling?.onHostLoss;
    if (mode === 'global') return droppedVolumes(container).length > 0;
    return onHostLoss === 'move' && localVolumes(container).length > 0;
  };
  return stored.services
    .filter((service) => mayLeave(service) && isElsewhere(service))
    .map(({ name, container }) => {
      const volumes = droppedVolumes(container).join(', ');
      return `a host that ${name} has left before may still hold ${volumes}, and nap does not know which: docker volume rm there`;
    });
}
