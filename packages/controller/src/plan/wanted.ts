import {
  parseInstanceId,
  type ContainerSpec,
  type HostId,
  type InstanceId,
  type Placement,
  type Project,
  type ServiceSpec,
  type SpecHash,
} from '@nap/shared';
import { projectPlacements, type ClusterView, type HostView } from './cluster-view.js';
import { whyNoMatch } from './filters.js';
import { stemOf } from './container-stems.js';
import type { Needs } from './needs.js';
import { isOnePlace, placementIndex, type Places, listOf } from './placement-index.js';
import type { TiedGroup } from './ties.js';
import { newMemory, type ProjectMemory, type ServiceMemory } from './service-memory.js';

/** One replica as a project wants it in this cluster, before a host is chosen. */
export class WantedInstance {
  readonly instance: InstanceId;
  readonly index: number;
  /** Of a global service: the host that it is for. */
  readonly pin: HostId | undefined;
  /** Some other container of the cluster may have its name: of all others it need not be asked. */
  readonly isNameContested: boolean;
  /** It answers on another host until it is well where it is now. */
  readonly yielding: Placement | undefined;
  /** Where it is now: on one host, on two when a move was interrupted, or nowhere. */
  readonly places: readonly Placement[];
  readonly #of: ServiceMemory<WantedInstance>;
  /** The group that it is when nothing ties it to others. */
  readonly alone: TiedGroup<WantedInstance> = { members: [this], volumes: [] };
  #spec: ContainerSpec | undefined;

  constructor(of: ServiceMemory<WantedInstance>, index: number, more: Uncommon) {
    this.#of = of;
    this.instance = of.id(index);
    this.index = index;
    this.pin = more.pin;
    this.isNameContested = more.isNameContested;
    const staying = more.places.length > 1 ? more.places.filter(isStaying) : more.places;
    const isYielding = staying.length > 0 && staying.length < more.places.length;
    this.places = staying.length > 0 ? staying : more.places;
    this.yielding = isYielding ? more.places.find((it) => !isStaying(it)) : undefined;
  }

  get service(): ServiceSpec {
    return this.#of.service;
  }

  get needs(): Needs {
    return this.#of.needs;
  }

  /** Where it is now; the last of two places. */
  get current(): Placement | undefined {
    return this.places[this.places.length - 1];
  }

  get isInOnePlace(): boolean {
    return this.places.length === 1 && this.yielding === undefined;
  }

  get isLoose(): boolean {
    return this.#of.needs.isLoose;
  }

  get containerName(): string {
    return this.#of.containerName(this.index);
  }

  /** Made when it is asked for: of most instances nothing changes, and the hash says so without it. */
  get spec(): ContainerSpec {
    this.#spec ??= this.#of.specs.make(this.index);
    return this.#spec;
  }

  /** Its service has told what its placements have in common, and this one was found to be all that is wanted. */
  isSettled(placement: Placement): boolean {
    return this.#of.isSettled(this.index, placement);
  }

  noteSettled(placement: Placement): void {
    this.#of.noteSettled(this.index, placement);
  }

  /** See `isSettled`. */
  expect(parts: object): void {
    this.#of.expect(parts);
  }

  /** The hash of `spec`; found soonest when given what the instance has now. */
  specHash(before: Placement | undefined): SpecHash {
    return this.#of.specs.hash(this.index, before);
  }
}

const isStaying = ({ yieldsTo }: Placement): boolean => yieldsTo === undefined;

type Uncommon = Pick<WantedInstance, 'pin' | 'isNameContested' | 'places'>;

const memories = new WeakMap<Project, ProjectMemory<WantedInstance>>();

function memoryOf(project: Project): ProjectMemory<WantedInstance> {
  const memory = memories.get(project) ?? newMemory<WantedInstance>(project);
  memories.set(project, memory);
  return memory;
}

/** Every instance of the project, by service in file order and index; of a global service one for each host that takes it. */
export function wantedInstances(view: ClusterView, project: Project): readonly WantedInstance[] {
  const hosts = globalHosts(view, project);
  const memory = memoryOf(project);
  const isContested = contestedNames(view, project);
  const places = placementIndex(view.placements).places(project.name);
  return project.services.flatMap((service) => {
    const own = memory.get(service.name);
    if (own === undefined) return [];
    const wanted = (index: number, pin?: HostId): WantedInstance =>
      wantedAs(own, index, {
        pin,
        places: places.get(own.id(index)),
        isNameContested: isContested?.(own.containerName(index)) ?? false,
      });
    if (service.mode !== 'global') {
      return Array.from({ length: service.replicas }, (_, slot) => wanted(slot + 1));
    }
    const keepers = hostsOf(view, project, service);
    return [...hosts]
      .filter(([, host]) => isFor(own.needs, host, keepers))
      .map(([index, { id }]) => wanted(index, id));
  });
}

/** The same object as the last time where all about it is the same. */
function wantedAs(
  own: ServiceMemory<WantedInstance>,
  index: number,
  more: Omit<Uncommon, 'places'> & { readonly places: Places | undefined },
): WantedInstance {
  const { places, pin, isNameContested } = more;
  const last = own.wanted[index];
  if (last?.isNameContested === isNameContested && last.pin === pin && isAt(last, places)) {
    return last;
  }
  const made = new WantedInstance(own, index, { pin, isNameContested, places: listOf(places) });
  own.wanted[index] = made;
  return made;
}

function isAt(last: WantedInstance, places: Places | undefined): boolean {
  if (last.yielding !== undefined) return false;
  if (places === undefined) return last.places.length === 0;
  return isOnePlace(places) && last.places.length === 1 && last.places[0] === places;
}

/**
 * Which names two containers may want: two are only of one name where the file gives a container a name, or where another
 * project has one of that name. Undefined: none.
 */
function contestedNames(
  { placements }: ClusterView,
  { name: project, services }: Project,
): ((containerName: string) => boolean) | undefined {
  const explicit = new Set(services.flatMap(({ containerName }) => containerName ?? []));
  const index = placementIndex(placements);
  const isAlone = [...index.byProject.keys()].every((other) => other === project);
  if (explicit.size === 0) {
    const stems = index.plainStems;
    const isOwn = (service: string): boolean =>
      (stems?.get(stemOf(project, service)) ?? project) === project;
    if (isAlone || (stems !== undefined && services.every(({ name }) => isOwn(name)))) {
      return undefined;
    }
  }
  return (containerName) =>
    explicit.has(containerName) ||
    (index.projectOfContainer.get(containerName) ?? project) !== project;
}

/**
 * The numbers of the hosts for the global services of a project: a host keeps its number as long as it runs one of them, so
 * that `agent-2` stays where it is, and instances of several global services with one number are on one host.
 */
function globalHosts(view: ClusterView, project: Project): ReadonlyMap<number, HostView> {
  const services = new Set<string>(
    project.services.filter(({ mode }) => mode === 'global').map(({ name }) => name),
  );
  if (services.size === 0) return new Map();
  const numbers = new Map<HostId, number>();
  for (const { instance, host } of projectPlacements(view, project.name)) {
    const parts = parseInstanceId(instance);
    if (parts !== undefined && services.has(parts.service)) numbers.set(host, parts.index);
  }
  const taken = new Set(numbers.values());
  let next = 1;
  for (const host of view.hosts.keys()) {
    if (numbers.has(host)) continue;
    while (taken.has(next)) next += 1;
    numbers.set(host, next);
    taken.add(next);
  }
  return new Map(
    [...view.hosts.values()]
      .map((host): [number, HostView] => [numbers.get(host.id) ?? 0, host])
      .sort(([a], [b]) => a - b),
  );
}

/** The hosts that have an instance of the service. */
function hostsOf(view: ClusterView, project: Project, { name }: ServiceSpec): ReadonlySet<HostId> {
  const own = projectPlacements(view, project.name).filter(
    ({ instance }) => parseInstanceId(instance)?.service === name,
  );
  return new Set(own.map(({ host }) => host));
}

/** A host that is away or paused keeps its instance and gets no new one; one that is being drained loses it. */
function isFor(needs: Needs, host: HostView, keepers: ReadonlySet<HostId>): boolean {
  if (whyNoMatch(host, needs) !== undefined) return false;
  const { availability } = host.policy;
  if (availability === 'draining') return false;
  return (host.isAlive && availability === 'active') || keepers.has(host.id);
}
