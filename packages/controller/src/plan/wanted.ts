import {
  formatInstanceId,
  instanceSpecs,
  parseInstanceId,
  type ContainerSpec,
  type HostId,
  type InstanceId,
  type Project,
  type ServiceSpec,
} from '@nap/shared';
import { projectPlacements, type ClusterView, type HostView } from './cluster-view.js';
import { whyNoMatch } from './filters.js';

/** One replica as a project wants it in this cluster, before a host is chosen. */
export interface WantedInstance {
  readonly instance: InstanceId;
  readonly service: ServiceSpec;
  readonly index: number;
  readonly spec: ContainerSpec;
  /** Of a global service: the host that it is for. */
  readonly pin?: HostId | undefined;
}

/** Every instance of the project, by service in file order and index; of a global service one for each host that takes it. */
export function wantedInstances(view: ClusterView, project: Project): readonly WantedInstance[] {
  const hosts = globalHosts(view, project);
  return project.services.flatMap((service) => {
    const specOf = instanceSpecs(project, service);
    const wanted = (index: number): WantedInstance => ({
      instance: formatInstanceId({ project: project.name, service: service.name, index }),
      service,
      index,
      spec: specOf(index),
    });
    if (service.mode !== 'global') {
      return Array.from({ length: service.replicas }, (_, slot) => wanted(slot + 1));
    }
    const keepers = hostsOf(view, project, service);
    return [...hosts]
      .filter(([, host]) => isFor(service, host, keepers))
      .map(([index, { id }]) => ({ ...wanted(index), pin: id }));
  });
}

/**
 * The numbers of the hosts for the global services of a project: a host keeps its number as long as it runs one of them, so
 * that `agent-2` stays where it is, and instances of several global services with one number are on one host.
 */
function globalHosts(view: ClusterView, project: Project): ReadonlyMap<number, HostView> {
  const services = new Set<string>(
    project.services.filter(({ mode }) => mode === 'global').map(({ name }) => name),
  );
  if (services.size === 0) return new Map();
  const numbers = new Map<HostId, number>();
  for (const { instance, host } of projectPlacements(view, project.name)) {
    const parts = parseInstanceId(instance);
    if (parts !== undefined && services.has(parts.service)) numbers.set(host, parts.index);
  }
  const taken = new Set(numbers.values());
  let next = 1;
  for (const host of view.hosts.keys()) {
    if (numbers.has(host)) continue;
    while (taken.has(next)) next += 1;
    numbers.set(host, next);
    taken.add(next);
  }
  return new Map(
    [...view.hosts.values()]
      .map((host): [number, HostView] => [numbers.get(host.id) ?? 0, host])
      .sort(([a], [b]) => a - b),
  );
}

/** The hosts that have an instance of the service. */
function hostsOf(view: ClusterView, project: Project, { name }: ServiceSpec): ReadonlySet<HostId> {
  const own = projectPlacements(view, project.name).filter(
    ({ instance }) => parseInstanceId(instance)?.service === name,
  );
  return new Set(own.map(({ host }) => host));
}

/** A host that is away or paused keeps its instance and gets no new one; one that is being drained loses it. */
function isFor(
  { container, scheduling }: ServiceSpec,
  host: HostView,
  keepers: ReadonlySet<HostId>,
): boolean {
  const constraints = scheduling?.constraints ?? [];
  if (whyNoMatch(host, { platform: container.platform, constraints }) !== undefined) return false;
  const { availability } = host.policy;
  if (availability === 'draining') return false;
  return (host.isAlive && availability === 'active') || keepers.has(host.id);
}
