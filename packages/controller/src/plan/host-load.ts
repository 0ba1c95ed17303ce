import type { HostId, InstanceId, Placement, ServiceName } from '@nap/shared';
import type { HostView } from './cluster-view.js';
import { fixedPorts, portsClash, type FixedPort, type Needs } from './needs.js';
import { capacityOf, resourcesOf, type Resources } from './resources.js';
import type { WantedInstance } from './wanted.js';

interface PortHolder extends FixedPort {
  readonly containerName: string;
}

/**
 * One host while a plan is made: sums of what stands there, kept up to date with each instance that comes, so that no
 * question about it looks through all that stands there.
 */
export class HostLoad {
  readonly host: HostView;
  /** Among all hosts: decides between equals. */
  readonly position: number;
  readonly capacity: Resources | undefined;
  #instances: number;
  #ofProject = 0;
  #nanoCpus = 0;
  #memoryBytes = 0;
  readonly #services = new Map<ServiceName, number>();
  readonly #contestedNames = new Map<string, InstanceId>();
  readonly #others: readonly Placement[];
  #ports: PortHolder[] | undefined;

  /** `others` belong to other projects: they stay where they are. */
  constructor(host: HostView, position: number, others: readonly Placement[]) {
    this.host = host;
    this.position = position;
    this.capacity = capacityOf(host.info);
    this.#others = others;
    this.#instances = others.length;
    for (const { reserves } of others) {
      if (reserves !== undefined) this.#reserve(resourcesOf(reserves), 1);
    }
  }

  get id(): HostId {
    return this.host.id;
  }

  /** Instances of all projects. */
  get instances(): number {
    return this.#instances;
  }

  /** Instances of the project that is planned. */
  get ofProject(): number {
    return this.#ofProject;
  }

  /** Of all projects. */
  get reserved(): Resources {
    return { nanoCpus: this.#nanoCpus, memoryBytes: this.#memoryBytes };
  }

  /** The part of the host that is reserved, CPUs and memory together: 2 is all of both. */
  get fullness(): number {
    if (this.capacity === undefined) return 0;
    return this.#nanoCpus / this.capacity.nanoCpus + this.#memoryBytes / this.capacity.memoryBytes;
  }

  /** Instances of a service of the project that is planned. */
  ofService(service: ServiceName): number {
    return this.#services.get(service) ?? 0;
  }

  /** The container that holds a port which clashes with this one. */
  portHolder(port: FixedPort): string | undefined {
    return this.#portHolders().find((held) => portsClash(held, port))?.containerName;
  }

  /** The instance whose container has that name, if the name is contested. */
  holderOfName(name: string): InstanceId | undefined {
    const other = this.#others.find(({ spec }) => spec.containerName === name)?.instance;
    return other ?? this.#contestedNames.get(name);
  }

  occupy(wanted: WantedInstance): void {
    const { needs, instance, isNameContested } = wanted;
    this.#count(needs, 1);
    if (isNameContested) this.#contestedNames.set(wanted.containerName, instance);
    if (needs.ports.length === 0) return;
    const { containerName } = wanted;
    this.#portHolders().push(...needs.ports.map((port) => ({ ...port, containerName })));
  }

  /** Takes an `occupy` back. */
  vacate({ needs, containerName, isNameContested }: WantedInstance): void {
    this.#count(needs, -1);
    if (isNameContested) this.#contestedNames.delete(containerName);
    if (needs.ports.length === 0) return;
    this.#ports = this.#portHolders().filter((held) => held.containerName !== containerName);
  }

  #count({ service, resources }: Needs, by: 1 | -1): void {
    this.#instances += by;
    this.#ofProject += by;
    this.#services.set(service, this.ofService(service) + by);
    this.#reserve(resources, by);
  }

  #reserve({ nanoCpus, memoryBytes }: Resources, by: 1 | -1): void {
    this.#nanoCpus += by * nanoCpus;
    this.#memoryBytes += by * memoryBytes;
  }

  /** Looked up when the first port is asked for: most services publish none. */
  #portHolders(): PortHolder[] {
    this.#ports ??= this.#others.flatMap(({ spec: { ports, containerName } }) =>
      fixedPorts(ports).map((port) => ({ ...port, containerName })),
    );
    return this.#ports;
  }
}
