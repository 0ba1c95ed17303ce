import type { Placement, Project, RestartsSpec, ServiceName, ServiceSpec } from '@nap/shared';

/** Which instances of which services an operator means: all of a service, or some by their numbers. */
export type Chosen = ReadonlyMap<ServiceName, 'all' | ReadonlySet<number>>;

/** The numbers that the instances of a service have. */
export type Indexes = (service: ServiceSpec) => readonly number[];

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

function restartAskedAtMs(restarts: RestartsSpec | undefined, index: number): number | undefined {
  const { allAtMs = 0, oneAtMs = {} } = restarts ?? {};
  const askedAtMs = Math.max(allAtMs, oneAtMs[String(index)] ?? 0);
  return askedAtMs === 0 ? undefined : askedAtMs;
}

/** The project with the chosen instances stopped, besides those that are. */
export function withStopped(
  project: Project,
  chosen: Chosen,
  graceMs: number | undefined,
): Project {
  return changed(project, chosen, (service, which) => {
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
  return changed(project, chosen, (service, which) => {
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

export interface RestartRequest {
  readonly atMs: number;
  readonly parallelism?: number | undefined;
  readonly graceMs?: number | undefined;
}

/** The project with the chosen instances to be restarted; those that are stopped are started. */
export function withRestarts(
  project: Project,
  chosen: Chosen,
  { atMs, parallelism, graceMs }: RestartRequest,
): Project {
  return changed(project, chosen, (service, which) => {
    const asked: RestartsSpec = {
      ...(which === 'all'
        ? { allAtMs: atMs }
        : { oneAtMs: Object.fromEntries([...which].map((index) => [String(index), atMs])) }),
      ...(parallelism === undefined ? {} : { parallelism }),
      ...(graceMs === undefined ? {} : { graceMs }),
    };
    return { ...service, restarts: newerRestarts(service.restarts, asked) ?? asked };
  });
}

/** When something of the service was last asked to be restarted; 0: never. */
export function lastRestartMs({ restarts }: Pick<ServiceSpec, 'restarts'>): number {
  const { allAtMs = 0, oneAtMs = {} } = restarts ?? {};
  return Math.max(allAtMs, ...Object.values(oneAtMs));
}

/** Requests never go back, whatever file or revision is applied: what has served one would be restarted for it once more. */
export function newerRestarts(
  a: RestartsSpec | undefined,
  b: RestartsSpec | undefined,
): RestartsSpec | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const allAtMs = Math.max(a.allAtMs ?? 0, b.allAtMs ?? 0);
  const indexes = [...Object.keys(a.oneAtMs ?? {}), ...Object.keys(b.oneAtMs ?? {})].sort();
  const ones = indexes
    .map((index): [string, number] => [
      index,
      Math.max(a.oneAtMs?.[index] ?? 0, b.oneAtMs?.[index] ?? 0),
    ])
    .filter(([, atMs]) => atMs > allAtMs);
  const { parallelism, graceMs } =
    lastRestartMs({ restarts: b }) >= lastRestartMs({ restarts: a }) ? b : a;
  return {
    ...(allAtMs === 0 ? {} : { allAtMs }),
    ...(ones.length === 0 ? {} : { oneAtMs: Object.fromEntries(ones) }),
    ...(parallelism === undefined ? {} : { parallelism }),
    ...(graceMs === undefined ? {} : { graceMs }),
  };
}

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

const byValue = (a: number, b: number): number => a - b;

/** The same project where nothing of it changes. */
function changed(
  project: Project,
  chosen: Chosen,
  change: (service: ServiceSpec, which: 'all' | ReadonlySet<number>) => ServiceSpec,
): Project {
  return {
    ...project,
    services: project.services.map((service) => {
      const which = chosen.get(service.name);
      return which === undefined ? service : change(service, which);
    }),
  };
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
