import {
  invariant,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Unplaced } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { HostLoad } from './host-load.js';
import { placementIndex, projectOfInstance } from './placement-index.js';
import type { TiedGroup } from './ties.js';
import type { WantedInstance } from './wanted.js';

export interface Assignment {
  readonly host: HostId;
  /** Why this host, for people; kept with the placement. */
  readonly reason: string;
}

const isOf = (project: ProjectName, instance: InstanceId): boolean =>
  projectOfInstance(instance) === project;

export type Group = TiedGroup<WantedInstance>;

/** All hosts and what is decided so far. Mutable while a schedule is made; one per call, never shared. */
export class Board {
  readonly assignments = new Map<InstanceId, Assignment>();
  readonly unplaced: Unplaced[] = [];
  readonly notes: string[] = [];
  readonly loads: readonly HostLoad[];
  readonly #byId: ReadonlyMap<HostId, HostLoad>;

  constructor({ hosts, placements }: ClusterView, project: ProjectName) {
    const index = placementIndex(placements);
    const own = index.byProject.get(project) ?? [];
    const others = (host: HostId): readonly Placement[] =>
      (index.byHost.get(host) ?? []).filter(({ instance }) => !isOf(project, instance));
    this.loads = [...hosts.values()].map(
      (host, position) =>
        new HostLoad(host, position, index.totals.get(host.id), () => others(host.id)),
    );
    this.#byId = new Map(this.loads.map((load) => [load.id, load]));
    for (const placement of own) this.#byId.get(placement.host)?.release(placement);
  }

  load(host: HostId): HostLoad | undefined {
    return this.#byId.get(host);
  }

  assign(group: Group, host: HostId, reasonOf: (member: WantedInstance) => string): void {
    const load = this.#byId.get(host);
    invariant(load !== undefined, `a group is assigned to ${host}, which is not registered`);
    for (const member of group.members) {
      const { current } = member;
      const reason = reasonOf(member);
      // A placement says both already.
      const isKept = current?.host === host && current.reason === reason;
      this.assignments.set(member.instance, isKept ? current : { host, reason });
      load.occupy(member);
    }
  }

  reject(group: Group, reason: string): void {
    for (const { instance } of group.members) this.unplaced.push({ instance, reason });
  }
}

/** Why it is where it is, as long as it stays there. */
export function keptReason({ current }: WantedInstance, host: HostId): string | undefined {
  return current?.host === host ? current.reason : undefined;
}
