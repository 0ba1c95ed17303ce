import type { HostId, InstanceId, Placement, ServiceName } from '@nap/shared';
import type { HostView } from './cluster-view.js';
import { fixedPorts, portsClash, type FixedPort, type Needs } from './needs.js';
import type { HostTotals } from './placement-index.js';
import { capacityOf, resourcesOf, type Resources } from './resources.js';
import { UnitTally, unitsOf } from './units.js';
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
  #nanoCpus: number;
  #memoryBytes: number;
  #units: UnitTally | undefined;
  /** What the project had there and is not known to stay. */
  #open = 0;
  #services = new Map<ServiceName, number>();
  /** The services are those of another load as well, until one of the two changes. */
  #isShared = false;
  readonly #contestedNames = new Map<string, InstanceId>();
  readonly #findOthers: () => readonly Placement[];
  #others: readonly Placement[] | undefined;
  #ports: PortHolder[] | undefined;

  /**
   * `totals` are those of all projects; `release` takes away what the project that is planned has there. `findOthers` gives
   * the placements of other projects, which stay where they are.
   */
  constructor(
    host: HostView,
    position: number,
    totals: HostTotals | undefined,
    findOthers: () => readonly Placement[],
  ) {
    this.host = host;
    this.position = position;
    this.capacity = capacityOf(host.info);
    this.#instances = totals?.instances ?? 0;
    this.#nanoCpus = totals?.nanoCpus ?? 0;
    this.#memoryBytes = totals?.memoryBytes ?? 0;
    this.#units = totals?.units?.copy();
    this.#findOthers = findOthers;
  }

  /** The same for another plan, in which the host has other neighbours: from now on each goes its own way. */
  fork(host: HostView, position: number): HostLoad {
    const copy = new HostLoad(host, position, undefined, this.#findOthers);
    copy.#instances = this.#instances;
    copy.#ofProject = this.#ofProject;
    copy.#nanoCpus = this.#nanoCpus;
    copy.#memoryBytes = this.#memoryBytes;
    copy.#units = this.#units?.copy();
    copy.#services = this.#services;
    copy.#isShared = this.#isShared = true;
    copy.#others = this.#others;
    copy.#ports = this.#ports?.slice();
    return copy;
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

  /** Undefined while nobody knows what the host has. */
  freeUnits(kind: string): { readonly free: number; readonly total: number } | undefined {
    const units = unitsOf(this.host.info);
    if (units === undefined) return undefined;
    const total = units[kind] ?? 0;
    return { total, free: this.#units?.free(kind, total) ?? total };
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
    const other = this.#otherPlacements().find(({ spec }) => spec.containerName === name)?.instance;
    return other ?? this.#contestedNames.get(name);
  }

  /** The project has something there, and all of it stays. */
  get isSettled(): boolean {
    return this.#open === 0 && this.#ofProject > 0 && this.#contestedNames.size === 0;
  }

  /** Before anything is decided, nothing of the project counts. */
  release({ reserves }: Placement): void {
    this.#open += 1;
    this.#instances -= 1;
    if (reserves !== undefined) this.#reserve(resourcesOf(reserves), -1);
  }

  /** What was released is decided to stay, and nobody else is concerned. */
  settle(): void {
    this.#open -= 1;
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
    if (this.#isShared) this.#services = new Map(this.#services);
    this.#isShared = false;
    this.#services.set(service, this.ofService(service) + by);
    this.#reserve(resources, by);
  }

  #reserve({ nanoCpus, memoryBytes, units }: Resources, by: 1 | -1): void {
    this.#nanoCpus += by * nanoCpus;
    this.#memoryBytes += by * memoryBytes;
    if (units === undefined) return;
    this.#units ??= new UnitTally();
    this.#units.add(units, by);
  }

  #otherPlacements(): readonly Placement[] {
    this.#others ??= this.#findOthers();
    return this.#others;
  }

  /** Looked up when the first port is asked for: most services publish none. */
  #portHolders(): PortHolder[] {
    this.#ports ??= this.#otherPlacements().flatMap(({ spec: { ports, containerName } }) =>
      fixedPorts(ports).map((port) => ({ ...port, containerName })),
    );
    return this.#ports;
  }
}
