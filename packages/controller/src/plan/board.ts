import {
  invariant,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Unplaced } from './change.js';
import type { ClusterView } from './cluster-view.js';
import type { Applicant } from './filters.js';
import { HostLoad } from './host-load.js';
import { needsOf, type Needs } from './needs.js';
import { placementIndex, placementsOfOthers } from './placement-index.js';
import type { TiedGroup } from './ties.js';
import type { WantedInstance } from './wanted.js';

export interface Assignment {
  readonly host: HostId;
  /** Why this host, for people; kept with the placement. */
  readonly reason: string;
}

export type Group = TiedGroup<Applicant>;

/** All hosts and what is decided so far. Mutable while a schedule is made; one per call, never shared. */
export class Board {
  readonly assignments = new Map<InstanceId, Assignment>();
  readonly unplaced: Unplaced[] = [];
  readonly notes: string[] = [];
  readonly loads: readonly HostLoad[];
  /** Where the instances of the project are now. */
  readonly current: ReadonlyMap<InstanceId, Placement>;
  readonly #byId: ReadonlyMap<HostId, HostLoad>;

  constructor({ hosts, placements }: ClusterView, project: ProjectName) {
    this.loads = [...hosts.values()].map(
      (host, position) =>
        new HostLoad(host, position, placementsOfOthers(placements, host.id, project)),
    );
    this.#byId = new Map(this.loads.map((load) => [load.id, load]));
    const own = placementIndex(placements).byProject.get(project) ?? [];
    this.current = new Map(own.map((placement) => [placement.instance, placement]));
  }

  load(host: HostId): HostLoad | undefined {
    return this.#byId.get(host);
  }

  assign(group: Group, host: HostId, reasonOf: (member: Applicant) => string): void {
    const load = this.#byId.get(host);
    invariant(load !== undefined, `a group is assigned to ${host}, which is not registered`);
    for (const member of group.members) {
      this.assignments.set(member.instance, { host, reason: reasonOf(member) });
      load.occupy(member);
    }
  }

  reject(group: Group, reason: string): void {
    for (const { instance } of group.members) this.unplaced.push({ instance, reason });
  }

  /** Why it is where it is, as long as it stays there. */
  keptReason({ instance }: Applicant, host: HostId): string | undefined {
    const before = this.current.get(instance);
    return before?.host === host ? before.reason : undefined;
  }
}

/**
 * The wanted instances with what they need. Two containers can only be of one name where an explicit name of this project is
 * in play, or where another project has that name.
 */
export function applicantsOf(
  { placements }: ClusterView,
  project: ProjectName,
  wanted: readonly WantedInstance[],
): readonly Applicant[] {
  const services = [...new Set(wanted.map(({ service }) => service))];
  const needs = needsOf(services);
  const explicit = new Set(services.map(({ containerName }) => containerName));
  const { projectOfContainer } = placementIndex(placements);
  return wanted.flatMap((instance) => {
    const own = needs.get(instance.service.name);
    if (own === undefined) return [];
    const { containerName } = instance.spec;
    const isNameContested =
      explicit.has(containerName) || (projectOfContainer.get(containerName) ?? project) !== project;
    return [applicant(instance, own, isNameContested)];
  });
}

/** Field by field: a spread of as many objects as there are instances takes longer than placing them. */
function applicant(
  { instance, service, index, spec, pin }: WantedInstance,
  needs: Needs,
  isNameContested: boolean,
): Applicant {
  return { instance, service, index, spec, pin, needs, isNameContested };
}
