import type { Project, ServiceSpec } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { newerRestarts } from './restarts.js';

/** What a counter of each service must be at least: how often something has been asked for. */
export type Counters = ReadonlyMap<string, number>;

export interface Asked {
  /** Recreation although nothing changed. */
  readonly forced?: Counters | undefined;
  /** A look for a newer image. */
  readonly refresh?: Counters | undefined;
  /** Services of the stored project that the file has no more stay as they are. */
  readonly keepsMissing?: boolean | undefined;
  /** Services that the file has, and no active profile enables: they are missing for another reason. */
  readonly disabled?: ReadonlySet<string> | undefined;
}

/** The counters that recreate the containers of the services once more. A service that is new has none to recreate. */
export function forcedOnce(
  view: ClusterView,
  { name }: Project,
  services: Iterable<string>,
): Counters {
  const stored = storedServices(view, name);
  return new Map(
    [...services].flatMap((service): [string, number][] => {
      const before = stored.get(service);
      return before === undefined ? [] : [[service, (before.container.forced ?? 0) + 1]];
    }),
  );
}

/** The counters that make the agents look for newer images once more, also for what they have not run yet. */
export function refreshOnce(view: ClusterView, { name, services }: Project): Counters {
  const stored = storedServices(view, name);
  return new Map(services.map((it) => [it.name, (stored.get(it.name)?.refresh ?? 0) + 1]));
}

/**
 * The project of a file as it is meant for this cluster: what was asked for earlier, beside the file, still counts. It is the
 * same object where that is nothing. Counters never go back, so that a rollback recreates only what differs otherwise; asking
 * for one that is reached already changes nothing, so that a plan can be made again while it is carried out.
 */
export function askedProject(
  view: ClusterView,
  project: Project,
  { forced, refresh, keepsMissing = false }: Asked,
): Project {
  const stored = storedServices(view, project.name);
  const services = project.services.map((service) => {
    const { name } = service;
    const before = stored.get(name);
    const forcedNow = Math.max(before?.container.forced ?? 0, forced?.get(name) ?? 0);
    const refreshNow = Math.max(before?.refresh ?? 0, refresh?.get(name) ?? 0);
    return withRefresh(withForced(withRestartsOf(service, before), forcedNow), refreshNow);
  });
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

/** What is stopped is what a file does not say: applying it starts that again. What was restarted was. */
function withRestartsOf(service: ServiceSpec, before: ServiceSpec | undefined): ServiceSpec {
  const restarts = newerRestarts(before?.restarts, service.restarts);
  const isSame = JSON.stringify(restarts) === JSON.stringify(service.restarts);
  return restarts === undefined || isSame ? service : { ...service, restarts };
}

function withRefresh(service: ServiceSpec, refresh: number): ServiceSpec {
  if (refresh === (service.refresh ?? 0)) return service;
  const { refresh: _refresh, ...rest } = service;
  return refresh === 0 ? rest : { ...rest, refresh };
}

function withForced(service: ServiceSpec, forced: number): ServiceSpec {
  if (forced === (service.container.forced ?? 0)) return service;
  const { forced: _forced, ...container } = service.container;
  return { ...service, container: forced === 0 ? container : { ...container, forced } };
}

/** What stays although the file has it no more: nothing else would tell of it. */
export function keptNotes(
  given: Project,
  asked: Project,
  disabled?: Asked['disabled'],
): readonly string[] {
  const names = new Set<string>(given.services.map(({ name }) => name));
  return asked.services
    .filter(({ name }) => !names.has(name))
    .map(({ name }) =>
      disabled?.has(name) === true
        ? `no active profile enables ${name}; it stays (--no-prune)`
        : `${name} is no longer in the file, and stays (--no-prune)`,
    );
}

/** Why a service is not in the project any more, for people. */
export const missingReason = (service: string, disabled: Asked['disabled']): string =>
  disabled?.has(service) === true
    ? 'no active profile enables it'
    : 'the service is no longer in the file';

/** Of a change that leaves the spec as it is: the request for a newer image. */
export const PULL_REQUEST = 'pull on request';

/** Why a placement is written anew although its container's spec is the same, for people. */
export function stayReason(changed: readonly string[]): string {
  const others = changed.filter((field) => field !== PULL_REQUEST);
  const rest = others.join(', ') || 'wanted state';
  if (others.length === changed.length) return `the container stays; changed: ${rest}`;
  const asked = 'looks for a newer image; the container stays unless there is one';
  return others.length === 0 ? asked : `${asked}; changed: ${rest}`;
}

/** Why a container is replaced, for people: `changed` are the fields of its spec that differ. */
export function recreationReason(changed: readonly string[]): string {
  const others = changed.filter((field) => field !== 'forced');
  return [
    ...(others.length === 0 ? [] : [`changed: ${others.join(', ')}`]),
    ...(others.length < changed.length ? ['recreated on request'] : []),
  ].join('; ');
}
