import type { HostId, InstanceId, Placement } from '@nap/shared';
import { plainStems } from './container-stems.js';
import { byInstance, changesBetween, type PlacementChanges } from './placement-changes.js';
import { resourcesOf, type Resources } from './resources.js';
import { UnitTally } from './units.js';

/** The placements of a view by what planners ask for; each part is made when it is first asked for, and once. */
export class PlacementIndex {
  readonly #placements: readonly Placement[];
  #byProject: ReadonlyMap<string, readonly Placement[]> | undefined;
  readonly #places = new Map<string, ReadonlyMap<InstanceId, Places>>();
  #byHost: ReadonlyMap<HostId, readonly Placement[]> | undefined;
  #totals: ReadonlyMap<HostId, HostTotals> | undefined;
  #projectOfContainer: ReadonlyMap<string, string> | undefined;
  #plainStems: { readonly stems: ReadonlyMap<string, string> | undefined } | undefined;

  constructor(placements: readonly Placement[]) {
    this.#placements = placements;
  }

  get byProject(): ReadonlyMap<string, readonly Placement[]> {
    this.#byProject ??= groupByProject(this.#placements);
    return this.#byProject;
  }

  /** Where the instances of a project are. */
  places(project: string): ReadonlyMap<InstanceId, Places> {
    const known = this.#places.get(project) ?? placesOf(this.byProject.get(project) ?? []);
    this.#places.set(project, known);
    return known;
  }

  get byHost(): ReadonlyMap<HostId, readonly Placement[]> {
    this.#byHost ??= groupBy(this.#placements, hostOf);
    return this.#byHost;
  }

  /** Of all projects, by host. */
  get totals(): ReadonlyMap<HostId, HostTotals> {
    this.#totals ??= new Map([...this.byHost].map(([host, there]) => [host, totalsOf(there)]));
    return this.#totals;
  }

  /** See `plainStems`. */
  get plainStems(): ReadonlyMap<string, string> | undefined {
    this.#plainStems ??= { stems: plainStems(this.#placements) };
    return this.#plainStems.stems;
  }

  /** The project that has a container of that name; `SEVERAL` where more than one has. */
  get projectOfContainer(): ReadonlyMap<string, string> {
    this.#projectOfContainer ??= projectsByContainer(this.#placements);
    return this.#projectOfContainer;
  }

  /**
   * The index of another list: with what this one has made, where the lists are alike. What is on a host that has not changed
   * is the same list as before. Undefined: they have little in common.
   */
  follow(placements: readonly Placement[]): PlacementIndex | undefined {
    const changes = changesBetween(this.#placements, placements);
    if (changes === undefined) return undefined;
    if (changes.gone.length === 0 && changes.come.length === 0) return this;
    const next = new PlacementIndex(placements);
    next.#takeOver(this, changes);
    return next;
  }

  #takeOver(before: PlacementIndex, changes: PlacementChanges): void {
    this.#byProject = regrouped(before.#byProject, changes, projectOf);
    this.#byHost = regrouped(before.#byHost, changes, hostOf);
    const all = [...changes.gone, ...changes.come];
    if (before.#totals !== undefined) {
      const totals = new Map(before.#totals);
      for (const host of new Set(all.map(hostOf))) {
        totals.set(host, totalsOf(this.byHost.get(host) ?? []));
      }
      this.#totals = totals;
    }
    const touched = new Set(all.map(projectOf));
    for (const [project, places] of before.#places) {
      if (!touched.has(project)) this.#places.set(project, places);
    }
    const known = before.#plainStems?.stems;
    const added = plainStems(changes.come);
    // Of a service that is gone the stem is still its project's.
    if (known === undefined || added === undefined) return;
    const isCovered = [...added].every(([stem, project]) => known.get(stem) === project);
    if (isCovered) this.#plainStems = before.#plainStems;
  }
}

/** An instance is in one place, or in two when a move was interrupted. One needs no list: there are many of them. */
export type Places = Placement | readonly Placement[];

export const isOnePlace = (places: Places): places is Placement => !Array.isArray(places);

const NOWHERE: readonly Placement[] = [];

export function listOf(places: Places | undefined): readonly Placement[] {
  if (places === undefined) return NOWHERE;
  return isOnePlace(places) ? [places] : places;
}

function placesOf(placements: readonly Placement[]): ReadonlyMap<InstanceId, Places> {
  const all = new Map<InstanceId, Places>();
  for (const placement of placements) {
    const { instance } = placement;
    const before = all.get(instance);
    if (before === undefined) all.set(instance, placement);
    else all.set(instance, [...listOf(before), placement].sort(byInstance));
  }
  return all;
}

/** The placement of an instance on one of the hosts that it is on. */
export function placedAt(
  placements: readonly Placement[],
  instance: InstanceId,
  host: HostId,
): Placement | undefined {
  const places = placementIndex(placements).places(projectOfInstance(instance));
  return listOf(places.get(instance)).find((it) => it.host === host);
}

/** A project's name holds no dot, so it ends at the first one. */
export function projectOfInstance(instance: string): string {
  return instance.slice(0, instance.indexOf('.'));
}

const projectOf = ({ instance }: Placement): string => projectOfInstance(instance);
const hostOf = ({ host }: Placement): HostId => host;

/** Keeps the order within each group. */
function groupBy<K>(
  placements: readonly Placement[],
  keyOf: (placement: Placement) => K,
): ReadonlyMap<K, readonly Placement[]> {
  const groups = new Map<K, Placement[]>();
  for (const placement of placements) {
    const key = keyOf(placement);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placement]);
    else group.push(placement);
  }
  return groups;
}

/** The groups after some changes: those that are not concerned are the same lists as before. */
function regrouped<K>(
  groups: ReadonlyMap<K, readonly Placement[]> | undefined,
  { gone, come }: PlacementChanges,
  keyOf: (placement: Placement) => K,
): ReadonlyMap<K, readonly Placement[]> | undefined {
  if (groups === undefined) return undefined;
  const left = new Set(gone);
  const arrived = groupBy(come, keyOf);
  const after = new Map(groups);
  for (const key of new Set([...gone, ...come].map(keyOf))) {
    const stayed = (groups.get(key) ?? []).filter((it) => !left.has(it));
    const group = [...stayed, ...(arrived.get(key) ?? [])].sort(byInstance);
    if (group.length > 0) after.set(key, group);
    else after.delete(key);
  }
  return after;
}

/** Views are sorted by instance, so that the next one is mostly of the same project. */
function groupByProject(
  placements: readonly Placement[],
): ReadonlyMap<string, readonly Placement[]> {
  const groups = new Map<string, Placement[]>();
  let prefix = '.';
  let group: Placement[] = [];
  for (const placement of placements) {
    if (!placement.instance.startsWith(prefix)) {
      const project = projectOfInstance(placement.instance);
      prefix = `${project}.`;
      group = groups.get(project) ?? [];
      groups.set(project, group);
    }
    group.push(placement);
  }
  return groups;
}

/** No project is called so. */
const SEVERAL = '';

function projectsByContainer(placements: readonly Placement[]): ReadonlyMap<string, string> {
  const projects = new Map<string, string>();
  for (const { instance, spec } of placements) {
    const project = projectOfInstance(instance);
    const known = projects.get(spec.containerName) ?? project;
    projects.set(spec.containerName, known === project ? project : SEVERAL);
  }
  return projects;
}

const indexes = new WeakMap<readonly Placement[], PlacementIndex>();
let latest = new PlacementIndex([]);

/**
 * The index of a list that does not change any more. A cluster is looked at again and again, and plan after plan is thought to
 * be carried out: mostly a list has a few changes since the latest one, and what is made costs as much as those.
 */
export function placementIndex(placements: readonly Placement[]): PlacementIndex {
  const known = indexes.get(placements);
  if (known !== undefined) return known;
  const index = latest.follow(placements) ?? new PlacementIndex(placements);
  indexes.set(placements, index);
  latest = index;
  return index;
}

/** What the placements on one host come to. */
export interface HostTotals extends Omit<Resources, 'units'> {
  readonly instances: number;
  /** Absent: nothing there has any. */
  readonly units?: UnitTally;
}

function totalsOf(placements: readonly Placement[]): HostTotals {
  const totals = { instances: placements.length, nanoCpus: 0, memoryBytes: 0 };
  let units: UnitTally | undefined;
  for (const { reserves } of placements) {
    if (reserves === undefined) continue;
    const { nanoCpus, memoryBytes } = resourcesOf(reserves);
    totals.nanoCpus += nanoCpus;
    totals.memoryBytes += memoryBytes;
    if (reserves.resources === undefined) continue;
    units ??= new UnitTally();
    units.add(reserves.resources, 1);
  }
  return units === undefined ? totals : { ...totals, units };
}
