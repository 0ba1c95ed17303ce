import {
  invariant,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Unplaced } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { whyNot, type Reason } from './filters.js';
import { HostLoad } from './host-load.js';
import { placementIndex, projectOfInstance, type PlacementIndex } from './placement-index.js';
import type { SettledHosts } from './settled-hosts.js';
import type { TiedGroup } from './ties.js';
import type { WantedInstance } from './wanted.js';

export interface ChosenHost {
  readonly host: HostId;
  /** Why this host, for people; kept with the placement. */
  readonly reason: string;
}

export type Group = TiedGroup<WantedInstance>;

const NONE: readonly Placement[] = [];

function othersOf(project: ProjectName, there: readonly Placement[]): () => readonly Placement[] {
  return () => there.filter(({ instance }) => projectOfInstance(instance) !== project);
}

interface Memory {
  readonly settled: SettledHosts;
  /** Hosts of which it must not be used. */
  readonly except: ReadonlySet<HostId>;
}

/** All hosts and what is decided so far. Mutable while a schedule is made; one per call, never shared. */
export class Board {
  /** Of all that is on no settled host. */
  readonly chosenHosts = new Map<InstanceId, ChosenHost>();
  readonly unplaced: Unplaced[] = [];
  readonly notes: string[] = [];
  readonly loads: readonly HostLoad[];
  readonly #byId: ReadonlyMap<HostId, HostLoad>;
  readonly #index: PlacementIndex;
  readonly #memory: Memory | undefined;
  /** On these is nothing to decide. */
  readonly #settled = new Set<HostId>();

  constructor({ hosts, placements }: ClusterView, project: ProjectName, memory?: Memory) {
    this.#index = placementIndex(placements);
    this.#memory = memory;
    this.loads = [...hosts.values()].map((host, position) => {
      const there = this.#there(host.id);
      const settled = memory?.except.has(host.id) ? undefined : memory?.settled.find(host, there);
      if (settled === undefined) {
        const totals = this.#index.totals.get(host.id);
        return new HostLoad(host, position, totals, othersOf(project, there));
      }
      this.#settled.add(host.id);
      return settled.fork(host, position);
    });
    this.#byId = new Map(this.loads.map((load) => [load.id, load]));
    for (const placement of this.#index.byProject.get(project) ?? []) {
      if (!this.#settled.has(placement.host)) this.#byId.get(placement.host)?.release(placement);
    }
  }

  load(host: HostId): HostLoad | undefined {
    return this.#byId.get(host);
  }

  choose(group: Group, host: HostId, reasonOf: (member: WantedInstance) => string): void {
    const load = this.#byId.get(host);
    invariant(load !== undefined, `a group is to run on ${host}, which is not registered`);
    for (const member of group.members) {
      const { current } = member;
      const reason = reasonOf(member);
      // A placement says both already.
      const isKept = current?.host === host && current.reason === reason;
      this.chosenHosts.set(member.instance, isKept ? current : { host, reason });
      load.occupy(member);
    }
  }

  /** What is on the host stays there, without a look at each. */
  isSettled(host: HostId): boolean {
    return this.#settled.has(host);
  }

  /** Undefined: it is placed nowhere. */
  chosenFor({ instance, current }: WantedInstance): ChosenHost | undefined {
    const isSettled = current !== undefined && this.#settled.has(current.host);
    return isSettled ? current : this.chosenHosts.get(instance);
  }

  /** Where all stays, the next plan need not look. To be called before anything new is placed. */
  noteSettled(): void {
    if (this.#memory === undefined) return;
    const { settled, except } = this.#memory;
    for (const load of this.loads) {
      const { host, id, isSettled } = load;
      if (!isSettled || host.isLost || except.has(id) || this.#settled.has(id)) continue;
      settled.note(host, this.#there(id), load.fork(host, load.position));
    }
  }

  /** `staysOn`: where it is, and was chosen to stay. */
  reject(group: Group, reason: string, staysOn?: HostId): void {
    const stays = staysOn === undefined ? {} : { staysOn };
    for (const { instance } of group.members) this.unplaced.push({ instance, reason, ...stays });
  }

  whyNotOn(host: HostId, wanted: WantedInstance): Reason | undefined {
    const load = this.load(host);
    return load === undefined ? undefined : whyNot(load, [wanted], 'come');
  }

  #there(host: HostId): readonly Placement[] {
    return this.#index.byHost.get(host) ?? NONE;
  }
}

/** Why it is where it is, as long as it stays there. */
export function keptReason({ current }: WantedInstance, host: HostId): string | undefined {
  return current?.host === host ? current.reason : undefined;
}
