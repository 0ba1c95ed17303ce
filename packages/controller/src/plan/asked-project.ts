import type { Project, ServiceSpec } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';

/** How often the recreation of each service has been asked for: what its counter must be at least. */
export type Forced = ReadonlyMap<string, number>;

export interface Asked {
  readonly forced?: Forced | undefined;
  /** Services of the stored project that the file has no more stay as they are. */
  readonly keepsMissing?: boolean | undefined;
}

/** The counters that recreate the containers of the services once more. A service that is new has none to recreate. */
export function forcedOnce(
  view: ClusterView,
  { name }: Project,
  services: Iterable<string>,
): Forced {
  const stored = storedServices(view, name);
  return new Map(
    [...services].flatMap((service): [string, number][] => {
      const before = stored.get(service);
      return before === undefined ? [] : [[service, (before.container.forced ?? 0) + 1]];
    }),
  );
}

/**
 * The project of a file as it is meant for this cluster: what was asked for earlier, beside the file, still counts. It is the
 * same object where that is nothing. Counters never go back, so that a rollback recreates only what differs otherwise; asking
 * for one that is reached already changes nothing, so that a plan can be made again while it is carried out.
 */
export function askedProject(
  view: ClusterView,
  project: Project,
  { forced, keepsMissing = false }: Asked,
): Project {
  const stored = storedServices(view, project.name);
  const services = project.services.map((service) =>
    withCounter(service, stored.get(service.name)?.container.forced, forced?.get(service.name)),
  );
  const names = new Set<string>(services.map(({ name }) => name));
  const kept = keepsMissing ? [...stored.values()].filter(({ name }) => !names.has(name)) : [];
  const isSame = kept.length === 0 && services.every((it, at) => it === project.services[at]);
  return isSame ? project : { ...project, services: [...services, ...kept] };
}

function storedServices(
  view: ClusterView,
  name: Project['name'],
): ReadonlyMap<string, ServiceSpec> {
  const services = view.projects.get(name)?.project.services ?? [];
  return new Map(services.map((service) => [service.name, service]));
}

function withCounter(service: ServiceSpec, stored = 0, asked = 0): ServiceSpec {
  const forced = Math.max(stored, asked);
  if (forced === (service.container.forced ?? 0)) return service;
  const { forced: _forced, ...container } = service.container;
  return { ...service, container: forced === 0 ? container : { ...container, forced } };
}

/** What stays although the file has it no more: nothing else would tell of it. */
export function keptNotes(given: Project, asked: Project): readonly string[] {
  const names = new Set<string>(given.services.map(({ name }) => name));
  return asked.services
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => `${name} is no longer in the file, and stays (--no-prune)`);
}

/** Why a container is replaced, for people: `changed` are the fields of its spec that differ. */
export function recreationReason(changed: readonly string[]): string {
  const others = changed.filter((field) => field !== 'forced');
  return [
    ...(others.length === 0 ? [] : [`changed: ${others.join(', ')}`]),
    ...(others.length < changed.length ? ['recreated on request'] : []),
  ].join('; ');
}
