import type { ContainerSpec } from '../schema/container-spec.js';
import type { Project, ServiceSpec } from '../schema/project.js';
import {
  formatInstanceId,
  type InstanceId,
  type ProjectName,
  type ServiceName,
  type SpecHash,
} from './ids.js';

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
export function instanceSpec(project: Project, service: ServiceSpec, index: number): ContainerSpec {
  const { network, ipc, pid, volumesFrom, ...container } = service.container;
  const partner = (ref: { readonly service: ServiceName }): { instance: InstanceId } => ({
    instance: partnerOf(project, ref.service, index),
  });
  return {
    ...container,
    ...(network === undefined
      ? {}
      : { network: typeof network === 'string' ? network : partner(network) }),
    ...(ipc === undefined ? {} : { ipc: typeof ipc === 'string' ? ipc : partner(ipc) }),
    ...(pid === undefined ? {} : { pid: typeof pid === 'string' ? pid : partner(pid) }),
    ...(volumesFrom === undefined
      ? {}
      : {
          volumesFrom: volumesFrom.map(({ service: from, ...rest }) => ({
            ...rest,
            ...partner({ service: from }),
          })),
        }),
    containerName: service.containerName ?? defaultContainerName(project.name, service.name, index),
    ...hostnameOf(service, index),
    environment: {
      NAP_PROJECT: project.name,
      NAP_SERVICE: service.name,
      NAP_INDEX: String(index),
      ...service.container.environment,
    },
  };
}

/** Which instance of a service replica `index` shares a namespace or volumes with: its twin, or the first where it has none. */
function partnerOf(project: Project, service: ServiceName, index: number): InstanceId {
  const partner = project.services.find(({ name }) => name === service);
  const replicas = partner?.mode === 'global' ? Infinity : (partner?.replicas ?? 0);
  return formatInstanceId({ project: project.name, service, index: index <= replicas ? index : 1 });
}

/** Who shares the name of the host or of another container has none of its own. */
function hostnameOf(
  { name, container }: ServiceSpec,
  index: number,
): Pick<ContainerSpec, 'hostname'> {
  if (container.hostname !== undefined) return { hostname: container.hostname };
  const isShared =
    container.network === 'host' ||
    typeof container.network === 'object' ||
    container.utsNamespace === 'host';
  return isShared ? {} : { hostname: `${name}-${index}`.slice(0, HOSTNAME_CHARS_MAX) };
}

/** HOST_NAME_MAX of Linux is 64; a DNS label holds 63. */
const HOSTNAME_CHARS_MAX = 63;

/** The instances whose namespaces or volumes a container shares, each once: the engine can do that on one host only. */
export function partnerInstances({
  network,
  ipc,
  pid,
  volumesFrom = [],
}: Pick<ContainerSpec, 'network' | 'ipc' | 'pid' | 'volumesFrom'>): readonly InstanceId[] {
  const shared = [network, ipc, pid, ...volumesFrom].flatMap((it) =>
    typeof it === 'object' ? [it.instance] : [],
  );
  return [...new Set(shared)];
}
