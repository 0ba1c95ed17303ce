import type { ContainerSpec } from '../schema/container-spec.js';
import type { Project, ServiceSpec } from '../schema/project.js';
import { formatInstanceId, type InstanceId, type ProjectName, type ServiceName } from './ids.js';
import { dependsOnHost, fillTemplates, hasTemplates } from './templates.js';

/** Compose's own convention: `shop-web-2`. */
export function defaultContainerName(project: ProjectName, service: string, index: number): string {
  return `${project}-${service}-${index}`;
}

/** What one replica runs: the service's container with its own names. NAP_HOST is added on the host. */
export function instanceSpec(project: Project, service: ServiceSpec, index: number): ContainerSpec {
  return instanceSpecs(project, service)(index);
}

/** `instanceSpec` for many replicas of one service: what they have in common is the same object in each. */
export function instanceSpecs(
  project: Project,
  service: ServiceSpec,
): (index: number) => ContainerSpec {
  const { network, ipc, pid, volumesFrom, ...container } = service.container;
  const hasPartners = [network, ipc, pid, volumesFrom].some((it) => typeof it === 'object');
  const isTemplated = hasTemplates(service.container);
  // Spread once here, and not for each of many instances.
  const common: ContainerSpec = {
    ...container,
    ...(typeof network === 'string' ? { network } : {}),
    ...(typeof ipc === 'string' ? { ipc } : {}),
    ...(typeof pid === 'string' ? { pid } : {}),
    containerName: '',
    hostname: '',
  };
  const environment = {
    NAP_PROJECT: project.name,
    NAP_SERVICE: service.name,
    NAP_INDEX: '',
    ...container.environment,
  };
  const hasOwnIndex = Object.hasOwn(container.environment, 'NAP_INDEX');
  return (index) => {
    const spec: ContainerSpec = {
      ...common,
      containerName:
        service.containerName ?? defaultContainerName(project.name, service.name, index),
      hostname: container.hostname ?? `${service.name}-${index}`.slice(0, HOSTNAME_CHARS_MAX),
      environment: hasOwnIndex ? environment : { ...environment, NAP_INDEX: String(index) },
    };
    if (hasPartners) Object.assign(spec, partnersOf(project, service, index));
    return isTemplated ? filledIn(project, service, index, spec) : spec;
  };
}

function filledIn(
  project: Project,
  service: ServiceSpec,
  index: number,
  spec: ContainerSpec,
): ContainerSpec {
  const instance = formatInstanceId({ project: project.name, service: service.name, index });
  const filled = fillTemplates(spec, {
    'Service.ID': `${project.name}.${service.name}`,
    'Service.Name': service.name,
    'Task.ID': instance,
    'Task.Name': instance,
    'Task.Slot': String(index),
  });
  const { hostname = '' } = filled;
  // What the host fills in may still shorten it.
  if (dependsOnHost(hostname)) return filled;
  return { ...filled, hostname: hostname.slice(0, HOSTNAME_CHARS_MAX) };
}

/** The namespaces and volumes of other instances that this one uses. */
function partnersOf(
  project: Project,
  { container }: ServiceSpec,
  index: number,
): Pick<ContainerSpec, 'network' | 'ipc' | 'pid' | 'volumesFrom'> {
  const { network, ipc, pid, volumesFrom } = container;
  const partner = (ref: { readonly service: ServiceName }): { instance: InstanceId } => ({
    instance: partnerOf(project, ref.service, index),
  });
  return {
    ...(typeof network === 'object' ? { network: partner(network) } : {}),
    ...(typeof ipc === 'object' ? { ipc: partner(ipc) } : {}),
    ...(typeof pid === 'object' ? { pid: partner(pid) } : {}),
    ...(volumesFrom === undefined
      ? {}
      : {
          volumesFrom: volumesFrom.map(({ service: from, ...rest }) => ({
            ...rest,
            ...partner({ service: from }),
          })),
        }),
  };
}

/** Which instance of a service replica `index` shares a namespace or volumes with: its twin, or the first where it has none. */
function partnerOf(project: Project, service: ServiceName, index: number): InstanceId {
  const partner = project.services.find(({ name }) => name === service);
  const replicas = partner?.mode === 'global' ? Infinity : (partner?.replicas ?? 0);
  return formatInstanceId({ project: project.name, service, index: index <= replicas ? index : 1 });
}

/** HOST_NAME_MAX of Linux is 64; a DNS label holds 63. */
const HOSTNAME_CHARS_MAX = 63;
