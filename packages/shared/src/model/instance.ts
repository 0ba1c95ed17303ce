import type { ContainerSpec } from '../schema/container-spec.js';
import type { Project, ServiceSpec } from '../schema/project.js';
import { formatInstanceId, type InstanceId, type ProjectName, type SpecHash } from './ids.js';
import { hashSpec } from './spec-hash.js';

/** One replica as the project wants it, before a host is chosen. */
export interface WantedInstance {
  readonly instance: InstanceId;
  readonly service: ServiceSpec;
  readonly index: number;
  readonly spec: ContainerSpec;
  readonly specHash: SpecHash;
}

/** Compose's own convention: `shop-web-2`. */
export function defaultContainerName(project: ProjectName, service: string, index: number): string {
  return `${project}-${service}-${index}`;
}

/** What one replica runs: the service's container with its own names. NAP_HOST is added on the host. */
export function instanceSpec(
  project: ProjectName,
  service: ServiceSpec,
  index: number,
): ContainerSpec {
  return {
    ...service.container,
    containerName: service.containerName ?? defaultContainerName(project, service.name, index),
    hostname: service.container.hostname ?? `${service.name}-${index}`.slice(0, HOSTNAME_CHARS_MAX),
    environment: {
      NAP_PROJECT: project,
      NAP_SERVICE: service.name,
      NAP_INDEX: String(index),
      ...service.container.environment,
    },
  };
}

/** HOST_NAME_MAX of Linux is 64; a DNS label holds 63. */
const HOSTNAME_CHARS_MAX = 63;

/** Every instance of the project, by service in file order and index. */
export function wantedInstances(project: Project): readonly WantedInstance[] {
  return project.services.flatMap((service) =>
    Array.from({ length: service.replicas }, (_, slot) => {
      const index = slot + 1;
      const spec = instanceSpec(project.name, service, index);
      return {
        instance: formatInstanceId({ project: project.name, service: service.name, index }),
        service,
        index,
        spec,
        specHash: hashSpec(spec),
      };
    }),
  );
}
