import type { Project, ServiceName, ServiceSpec } from '@nap/shared';

/** Which instances of which services an operator means: all of a service, or some by their numbers. */
export type Chosen = ReadonlyMap<ServiceName, 'all' | ReadonlySet<number>>;

/** The numbers that the instances of a service have. */
export type Indexes = (service: ServiceSpec) => readonly number[];

/** The same project where nothing of it changes. */
export function withChosen(
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
