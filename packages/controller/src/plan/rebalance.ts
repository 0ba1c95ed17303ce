import {
  parseInstanceId,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Change, Plan } from './change.js';
import { fill, isFuller } from './choice.js';
import type { ClusterView } from './cluster-view.js';
import { whyNot } from './filters.js';
import type { HostLoad } from './host-load.js';
import { placementIndex, projectOfInstance } from './placement-index.js';
import {
  byFirstDifference,
  ProjectGroups,
  takesPart,
  type MovableGroup,
  type Target,
} from './rebalance-groups.js';
import { packedServices } from './rebalance-scales.js';
import { mayAnswer, moveOf, takingOver } from './takeover.js';

export interface RebalanceOptions {
  readonly nowMs: number;
  /** Instances that may be moved, of all projects together. */
  readonly maxMoves: number;
  /** Absent: all. */
  readonly projects?: ReadonlySet<ProjectName>;
}

/**
 * What must move so that the hosts are as even as the strategies want them, in a cluster that runs what is stored in it. It
 * moves nothing else, nothing that is bound to its host or its data, and nothing to a host that takes nothing new. A second
 * one right after has nothing to move, unless `maxMoves` has stopped the first. Pure and deterministic.
 */
export function planRebalance(view: ClusterView, options: RebalanceOptions): readonly Plan[] {
  // More hosts are away than can have died: they will be back, with all that they ran.
  if (view.brake !== undefined) return [];
  const rebalance = new Rebalance(view, options);
  for (let isOn = true; isOn;) {
    const hasSpread = rebalance.evenOut();
    isOn = rebalance.emptyOneHost() || hasSpread;
  }
  return rebalance.plans();
}

interface Move extends Target {
  readonly from: Placement;
}

class Rebalance {
  readonly #view: ClusterView;
  readonly #options: RebalanceOptions;
  readonly #moves = new Map<InstanceId, Move>();
  readonly #isPacked: (instance: string) => boolean;
  readonly #placed: ReadonlyMap<InstanceId, Placement>;
  /** As they are after the moves so far; kept until another project's instances move. */
  readonly #groups = new Map<ProjectName, ProjectGroups>();

  constructor(view: ClusterView, options: RebalanceOptions) {
    this.#view = view;
    this.#options = options;
    this.#isPacked = packedServices(view);
    this.#placed = new Map(view.placements.map((it) => [it.instance, it]));
  }

  /** Every service as its strategy and preferences want it; returns whether anything has moved. */
  evenOut(): boolean {
    let hasMoved = false;
    for (const name of this.#view.projects.keys()) {
      if (!this.#isChosen(name)) continue;
      const all = this.#groupsOf(name);
      if (all === undefined) continue;
      for (const groups of byKind(all.groups)) {
        while (this.#moveOne(all, groups)) hasMoved = true;
      }
    }
    return hasMoved;
  }

  /** Packs what one host runs onto others that run something; returns whether it could. */
  emptyOneHost(): boolean {
    const after = this.#viewAfter();
    const there = placementIndex(after.placements.filter(({ mode }) => mode !== 'global')).byHost;
    const inUse = new Set(there.keys());
    const candidates = [...after.hosts.values()]
      .filter(takesPart)
      .map(({ id }) => ({ id, instances: there.get(id) ?? [] }))
      .filter(({ instances }) => instances.length > 0 && instances.every(this.#mayBePacked))
      .sort((a, b) => a.instances.length - b.instances.length);
    return candidates.some(({ id, instances }) => this.#tryToEmpty(id, instances, inUse));
  }

  plans(): readonly Plan[] {
    const { nowMs } = this.#options;
    const changes = new Map<string, Change[]>();
    for (const [instance, { from, to, why }] of [...this.#moves].sort(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      const reason = `moved from ${from.host}; rebalance: ${why}`;
      const moved = { ...from, host: to.id, reason, decidedAtMs: nowMs };
      const project = projectOfInstance(instance);
      const own = changes.get(project) ?? [];
      changes.set(project, [...own, this.#moveOf(moved, from)]);
    }
    return [...this.#view.projects.keys()].flatMap((project) => {
      const own = changes.get(project);
      return own === undefined ? [] : [{ project, changes: own, unplaced: [], notes: [] }];
    });
  }

  #moveOf(moved: Placement, from: Placement): Change {
    const parts = parseInstanceId(moved.instance);
    const stored = parts === undefined ? undefined : this.#view.projects.get(parts.project);
    const service = stored?.project.services.find(({ name }) => name === parts?.service);
    if (stored === undefined || service === undefined) return moveOf(moved, from, undefined);
    const { project, revision } = stored;
    const mayAnswerOn = mayAnswer(this.#view, { project, service, old: from });
    return moveOf(mayAnswerOn ? takingOver(moved, from, service) : moved, from, revision);
  }

  readonly #mayBePacked = ({ instance }: Placement): boolean => this.#isPacked(instance);

  #isChosen(project: ProjectName): boolean {
    return this.#options.projects?.has(project) ?? true;
  }

  /** From the host that has most to the one where it evens out most. */
  #moveOne(all: ProjectGroups, groups: readonly MovableGroup[]): boolean {
    // Those of one kind on one host are alike: the last one is asked for all.
    const oneEach = new Map(groups.map((it) => [it.at, it]));
    const isHopeless = all.hopeless(groups);
    const heaviest = [...oneEach.values()]
      .filter((it) => !isHopeless(it.at))
      .map((it) => ({ it, counts: countsAt(it) }))
      .sort((a, b) => byFirstDifference(b.counts, a.counts));
    for (const { it } of heaviest) {
      const better = this.#affords(it) ? all.betterPlace(it) : undefined;
      if (better === undefined) continue;
      this.#move(all, it, better);
      return true;
    }
    return false;
  }

  #tryToEmpty(host: HostId, instances: readonly Placement[], inUse: ReadonlySet<HostId>): boolean {
    const before = new Map(this.#moves);
    const count = instances.length === 1 ? '1 instance' : `${instances.length} instances`;
    const purpose = `${host} is emptied, its ${count} fit on hosts that are in use`;
    const projects = new Set(instances.map(({ instance }) => projectOfInstance(instance)));
    const left = [...projects].reduce(
      (sum, project) => sum - this.#packFrom(host, project, inUse, purpose),
      instances.length,
    );
    if (left === 0) return true;
    this.#moves.clear();
    for (const [instance, move] of before) this.#moves.set(instance, move);
    this.#groups.clear();
    return false;
  }

  /** Returns how many instances of a project have found another place, up to the first that has not. */
  #packFrom(host: HostId, project: string, inUse: ReadonlySet<HostId>, purpose: string): number {
    const name = [...this.#view.projects.keys()].find((it) => it === project);
    const all = name === undefined || !this.#isChosen(name) ? undefined : this.#groupsOf(name);
    if (all === undefined) return 0;
    let moved = 0;
    for (const it of all.groups) {
      if (it.at.id !== host || it.kind.strategy !== 'binpack') continue;
      const to = this.#affords(it) ? fullest(all, it, inUse) : undefined;
      if (to === undefined) break;
      this.#move(all, it, { to, why: `${purpose}; ${to.id} was the fullest (${fill(to)})` });
      moved += it.group.members.length;
    }
    return moved;
  }

  #affords({ group }: MovableGroup): boolean {
    const more = group.members.filter(({ instance }) => !this.#moves.has(instance));
    return this.#moves.size + more.length <= this.#options.maxMoves;
  }

  #move(all: ProjectGroups, it: MovableGroup, target: Target): void {
    const names = it.group.members.map(({ instance }) => instance);
    for (const instance of names) {
      const from = this.#placed.get(instance);
      if (from === undefined) continue;
      const others = names.filter((other) => other !== instance);
      const why =
        others.length > 0 ? `${target.why}; together with ${others.join(', ')}` : target.why;
      if (from.host === target.to.id) this.#moves.delete(instance);
      else this.#moves.set(instance, { from, to: target.to, why });
    }
    all.move(it, target.to);
    it.at = target.to;
    for (const other of this.#groups.keys()) {
      if (other !== all.project.name) this.#groups.delete(other);
    }
  }

  #groupsOf(name: ProjectName): ProjectGroups | undefined {
    const known = this.#groups.get(name);
    const stored = this.#view.projects.get(name);
    if (known !== undefined || stored === undefined) return known;
    const made = new ProjectGroups(this.#viewAfter(), stored.project);
    this.#groups.set(name, made);
    return made;
  }

  #viewAfter(): ClusterView {
    if (this.#moves.size === 0) return this.#view;
    const placements = this.#view.placements.map((placement) => {
      const move = this.#moves.get(placement.instance);
      return move === undefined ? placement : { ...placement, host: move.to.id };
    });
    return { ...this.#view, placements };
  }
}

function byKind(groups: readonly MovableGroup[]): readonly (readonly MovableGroup[])[] {
  const kinds = new Map<MovableGroup['kind'], MovableGroup[]>();
  for (const it of groups) {
    const alike = kinds.get(it.kind);
    if (alike === undefined) kinds.set(it.kind, [it]);
    else alike.push(it);
  }
  return [...kinds.values()];
}

function countsAt({ kind, at }: MovableGroup): readonly number[] {
  return kind.scales.map(({ count }) => count(at));
}

/** The fullest of the hosts in use that can take the group without spreading its services worse. */
function fullest(
  all: ProjectGroups,
  { group, kind, at }: MovableGroup,
  inUse: ReadonlySet<HostId>,
): HostLoad | undefined {
  return all.loads
    .filter((to) => to !== at && inUse.has(to.id) && !all.isWorse(kind, at, to))
    .filter((to) => whyNot(to, group.members, 'come') === undefined)
    .sort((a, b) => (isFuller(a, b) ? -1 : 1))[0];
}
