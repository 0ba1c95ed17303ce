import type { ContainerSpec } from '../schema/container-spec.js';
import type { Project, ServiceSpec } from '../schema/project.js';
import { equalDocuments } from './equal-documents.js';
import {
  formatInstanceId,
  type InstanceId,
  type ProjectName,
  type ServiceName,
  type SpecHash,
} from './ids.js';
import { SpecHasher } from './spec-hash.js';
import { dependsOnHost, fillTemplates, hasTemplates, HOSTNAME_CHARS_MAX } from './templates.js';

/** Compose's own convention: `shop-web-2`. */
export function defaultContainerName(project: ProjectName, service: string, index: number): string {
  return `${project}-${service}-${index}`;
}

/** What one replica runs: the service's container with its own names. NAP_HOST is added on the host. */
export function instanceSpec(project: Project, service: ServiceSpec, index: number): ContainerSpec {
  return new InstanceSpecs(project, service).make(index);
}

/** The specs of the replicas of one service: what they have in common is the same object in each. */
export class InstanceSpecs {
  readonly #project: Project;
  readonly #service: ServiceSpec;
  readonly #hasPartners: boolean;
  readonly #isTemplated: boolean;
  readonly #common: Omit<ContainerSpec, OwnField>;
  readonly #environment: Readonly<Record<string, string>>;
  /** A variable of that name in the file counts more than nap's. */
  readonly #hasOwnIndex: boolean;
  readonly #hasher = new SpecHasher();
  /** By index, as far as they were asked for. */
  readonly #hashes: SpecHash[] = [];

  constructor(project: Project, service: ServiceSpec) {
    const { network, ipc, pid, volumesFrom, ...container } = service.container;
    const { hostname: _hostname, environment, ...common } = container;
    this.#project = project;
    this.#service = service;
    this.#hasPartners = [network, ipc, pid, volumesFrom].some((it) => typeof it === 'object');
    this.#isTemplated = hasTemplates(service.container);
    this.#common = {
      ...common,
      ...(typeof network === 'string' ? { network } : {}),
      ...(typeof ipc === 'string' ? { ipc } : {}),
      ...(typeof pid === 'string' ? { pid } : {}),
    };
    this.#environment = {
      NAP_PROJECT: project.name,
      NAP_SERVICE: service.name,
      NAP_INDEX: '',
      ...environment,
    };
    this.#hasOwnIndex = Object.hasOwn(environment, 'NAP_INDEX');
  }

  containerName(index: number): string {
    const { name, containerName } = this.#service;
    return containerName ?? defaultContainerName(this.#project.name, name, index);
  }

  make(index: number): ContainerSpec {
    const spec: ContainerSpec = {
      ...this.#common,
      containerName: this.containerName(index),
      ...hostnameOf(this.#service, index),
      environment: this.#hasOwnIndex
        ? this.#environment
        : { ...this.#environment, NAP_INDEX: String(index) },
    };
    if (this.#hasPartners) Object.assign(spec, partnersOf(this.#project, this.#service, index));
    return this.#isTemplated ? filledIn(this.#project, this.#service, index, spec) : spec;
  }

  /**
   * The hash of what `make` gives. `before` is what the replica has now, spec and hash: where nothing has changed, which is
   * mostly so, its hash is the answer, and no spec is made.
   */
  hash(
    index: number,
    before?: { readonly spec: ContainerSpec; readonly specHash: SpecHash },
  ): SpecHash {
    const known = this.#hashes[index];
    if (known !== undefined) return known;
    const isSame = before !== undefined && this.#isSame(before.spec, index);
    const specHash = isSame ? before.specHash : this.#hasher.hash(this.make(index));
    this.#hashes[index] = specHash;
    return specHash;
  }

  #isSame(spec: ContainerSpec, index: number): boolean {
    if (this.#hasPartners || this.#isTemplated) return equalDocuments(spec, this.make(index));
    const { containerName, hostname, environment } = spec;
    return (
      containerName === this.containerName(index) &&
      hostname === hostnameOf(this.#service, index).hostname &&
      (this.#hasOwnIndex || environment['NAP_INDEX'] === String(index)) &&
      equalDocuments(
        environment,
        this.#environment,
        this.#hasOwnIndex ? NO_FIELDS : OWN_VARIABLES,
      ) &&
      equalDocuments(spec, this.#common, OWN_FIELDS)
    );
  }
}

/** What each replica has of its own. */
type OwnField = 'containerName' | 'hostname' | 'environment';
const OWN_FIELDS: ReadonlySet<string> = new Set<OwnField>([
  'containerName',
  'hostname',
  'environment',
]);
const OWN_VARIABLES: ReadonlySet<string> = new Set(['NAP_INDEX']);
const NO_FIELDS: ReadonlySet<string> = new Set();

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
  const { hostname } = filled;
  // What the host fills in may still shorten it.
  if (hostname === undefined || dependsOnHost(hostname)) return filled;
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
