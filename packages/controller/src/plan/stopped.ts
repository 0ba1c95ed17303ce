import type { Placement, Project, ServiceSpec } from '@nap/shared';
import { withChosen, type Chosen, type Indexes } from './chosen.js';
import { restartAskedAtMs } from './restarts.js';

/** Whether an instance of the service is stopped on purpose. */
export function isStopped({ stopped }: ServiceSpec, index: number): boolean {
  if (stopped === undefined) return false;
  return stopped.instances === 'all' || stopped.instances.includes(index);
}

/** All instances of the service are stopped on purpose. */
export function isAllStopped(service: ServiceSpec): boolean {
  const { stopped, mode, replicas } = service;
  if (stopped === undefined || stopped.instances === 'all') return stopped !== undefined;
  const isEach = Array.from({ length: replicas }, (_, slot) => slot + 1);
  return mode !== 'global' && replicas > 0 && isEach.every((index) => isStopped(service, index));
}

/** What a placement says of its program besides its spec. */
export function programOf(
  service: ServiceSpec,
  index: number,
): Pick<Placement, 'wanted' | 'stopGraceMs' | 'restart'> {
  const { stopped, restarts } = service;
  const isAtRest = isStopped(service, index);
  const askedAtMs = restartAskedAtMs(restarts, index);
  const stopGraceMs = isAtRest ? stopped?.graceMs : undefined;
  const graceMs = restarts?.graceMs;
  return {
    wanted: isAtRest ? 'stopped' : 'running',
    ...(stopGraceMs === undefined ? {} : { stopGraceMs }),
    ...(askedAtMs === undefined
      ? {}
      : { restart: { askedAtMs, ...(graceMs === undefined ? {} : { graceMs }) } }),
  };
}

/** The project with the chosen instances stopped, besides those that are. */
export function withStopped(
  project: Project,
  chosen: Chosen,
  graceMs: number | undefined,
): Project {
  return withChosen(project, chosen, (service, which) => {
    const before = service.stopped?.instances ?? [];
    const instances =
      which === 'all' || before === 'all'
        ? 'all'
        : [...new Set([...before, ...which])].sort(byValue);
    // What stops already, stops as it was asked to.
    const isNew = JSON.stringify(before) !== JSON.stringify(instances);
    const grace = isNew ? graceMs : service.stopped?.graceMs;
    return {
      ...service,
      stopped: { instances, ...(grace === undefined ? {} : { graceMs: grace }) },
    };
  });
}

/** The project with the chosen instances to run again. */
export function withStarted(project: Project, chosen: Chosen, indexes: Indexes): Project {
  return withChosen(project, chosen, (service, which) => {
    const { stopped, ...rest } = service;
    if (stopped === undefined || which === 'all') return rest;
    const before = stopped.instances === 'all' ? indexes(service) : stopped.instances;
    const instances = before.filter((index) => !which.has(index));
    return instances.length === 0 ? rest : { ...rest, stopped: { ...stopped, instances } };
  });
}

/** A service with another number of instances: one that is made later is not stopped because an earlier one was. */
export function scaledTo(service: ServiceSpec, replicas: number): ServiceSpec {
  const { stopped, ...rest } = service;
  if (stopped === undefined || stopped.instances === 'all') return { ...service, replicas };
  const instances = stopped.instances.filter((index) => index <= replicas);
  return {
    ...rest,
    replicas,
    ...(instances.length === 0 ? {} : { stopped: { ...stopped, instances } }),
  };
}

const byValue = (a: number, b: number): number => a - b;

/**
 * With the services that the chosen ones need to start and that are stopped: all that they depend on, and all that those do.
 * What may be missing stays as it is.
 */
export function withDependencies(project: Project, chosen: Chosen): Chosen {
  const services = new Map(project.services.map((service) => [service.name, service]));
  const all = new Map(chosen);
  const queue = [...chosen.keys()];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const { service: needed, required } of services.get(name)?.dependencies ?? []) {
      const service = services.get(needed);
      const isAtRest = service !== undefined && isAllStopped(service);
      if (!required || !isAtRest || all.get(needed) === 'all') continue;
      all.set(needed, 'all');
      queue.push(needed);
    }
  }
  return all;
}

/** What runs and depends on something that is stopped: it shall not come as a surprise. */
export function stoppedNotes({ services }: Project): readonly string[] {
  const atRest = new Set(services.filter(isAllStopped).map(({ name }) => name));
  return services
    .filter(({ name }) => !atRest.has(name))
    .flatMap(({ name, dependencies }) =>
      dependencies
        .filter(({ service, required }) => required && atRest.has(service))
        .map(
          ({ service }) =>
            `${name} depends on ${service}, which is stopped: what runs of it runs on, and waits for ${service} when it has to start`,
        ),
    );
}
