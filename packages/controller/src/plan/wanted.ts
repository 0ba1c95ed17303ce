import {
  formatInstanceId,
  hashSpec,
  instanceSpec,
  parseInstanceId,
  type HostId,
  type Project,
  type ServiceSpec,
  type WantedInstance as Wanted,
} from '@nap/shared';
import { projectPlacements, type ClusterView, type HostView } from './cluster-view.js';
import { whyNoMatch } from './filters.js';

/** One instance that a project wants in this cluster. */
export interface WantedInstance extends Wanted {
  /** Of a global service: the host that it is for. */
  readonly pin?: HostId;
}

/** Every instance of the project, by service in file order and index; of a global service one for each host that takes it. */
export function wantedInstances(view: ClusterView, project: Project): readonly WantedInstance[] {
  const hosts = globalHosts(view, project);
  return project.services.flatMap((service) => {
    if (service.mode !== 'global') {
      return Array.from({ length: service.replicas }, (_, slot) =>
        wantedInstance(project, service, slot + 1),
      );
    }
    return [...hosts]
      .filter(([, host]) => isFor(view, project, service, host))
      .map(([index, { id }]) => ({ ...wantedInstance(project, service, index), pin: id }));
  });
}

function wantedInstance(project: Project, service: ServiceSpec, index: number): WantedInstance {
  const spec = instanceSpec(project, service, index);
  return {
    instance: formatInstanceId({ project: project.name, service: service.name, index }),
    ...{ service, index, spec },
    specHash: hashSpec(spec),
  };
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

/** A host that is away or paused keeps its instance and gets no new one; one that is being drained loses it. */
function isFor(view: ClusterView, project: Project, service: ServiceSpec, host: HostView): boolean {
  if (whyNoMatch(host, service.container) !== undefined) return false;
  const { availability } = host.policy;
  if (availability === 'draining') return false;
  if (host.isAlive && availability === 'active') return true;
  return projectPlacements(view, project.name).some(
    (placement) =>
      placement.host === host.id && parseInstanceId(placement.instance)?.service === service.name,
  );
}
