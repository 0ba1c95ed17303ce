import type { HostId, Placement, ProjectName } from '@nap/shared';

/** The placements of a view by what planners ask for: made once for each view, whoever asks. */
export interface PlacementIndex {
  readonly byProject: ReadonlyMap<string, readonly Placement[]>;
  readonly byHost: ReadonlyMap<HostId, readonly Placement[]>;
  /** The project that has a container of that name; `SEVERAL` where more than one has. */
  readonly projectOfContainer: ReadonlyMap<string, string>;
}

/** A project's name holds no dot, so it ends at the first one. */
export function projectOfInstance(instance: string): string {
  return instance.slice(0, instance.indexOf('.'));
}

/** Keeps the order within each group. */
export function groupBy<K>(
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

/** The index of a list that does not change any more. */
export function placementIndex(placements: readonly Placement[]): PlacementIndex {
  const known = indexes.get(placements);
  if (known !== undefined) return known;
  const index = {
    byProject: groupBy(placements, ({ instance }) => projectOfInstance(instance)),
    byHost: groupBy(placements, ({ host }) => host),
    projectOfContainer: projectsByContainer(placements),
  };
  indexes.set(placements, index);
  return index;
}

const NONE: readonly Placement[] = [];

/** What stands on a host that belongs to other projects. */
export function placementsOfOthers(
  placements: readonly Placement[],
  host: HostId,
  project: ProjectName,
): readonly Placement[] {
  const there = placementIndex(placements).byHost.get(host) ?? NONE;
  const isOther = ({ instance }: Placement): boolean => projectOfInstance(instance) !== project;
  return there.some((placement) => !isOther(placement)) ? there.filter(isOther) : there;
}
