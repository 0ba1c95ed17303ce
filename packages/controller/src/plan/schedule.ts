import {
  parseInstanceId,
  type ContainerSpec,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Unplaced } from './change.js';
import type { ClusterView, HostView } from './cluster-view.js';
import { explainUnplaced, whyNot, whyNotStay, type HostLoad, type Occupant } from './filters.js';
import { localVolumes, tie, type TiedGroup } from './ties.js';
import type { WantedInstance } from './wanted.js';

export interface Assignment {
  readonly host: HostId;
  /** Why this host, for people; kept with the placement. */
  readonly reason: string;
}

export interface Schedule {
  readonly assignments: ReadonlyMap<InstanceId, Assignment>;
  readonly unplaced: readonly Unplaced[];
  readonly notes: readonly string[];
}

type Group = TiedGroup<WantedInstance>;

/** Mutable while a schedule is made; one per call, never shared. */
class Board {
  readonly assignments = new Map<InstanceId, Assignment>();
  readonly unplaced: Unplaced[] = [];
  readonly notes: string[] = [];
  readonly #occupants = new Map<HostId, Occupant[]>();
  readonly #view: ClusterView;

  constructor(view: ClusterView, project: ProjectName) {
    this.#view = view;
    for (const placement of view.placements) {
      if (parseInstanceId(placement.instance)?.project !== project) {
        this.#occupy(placement.host, placement);
      }
    }
  }

  get loads(): readonly HostLoad[] {
    return [...this.#view.hosts.values()].map((host) => ({
      host,
      occupants: this.#occupants.get(host.id) ?? [],
    }));
  }

  load(host: HostId): HostLoad | undefined {
    return this.loads.find((load) => load.host.id === host);
  }

  assign(group: Group, host: HostId, reasonOf: (member: WantedInstance) => string): void {
    for (const member of group.members) {
      this.assignments.set(member.instance, { host, reason: reasonOf(member) });
      this.#occupy(host, member);
    }
  }

  reject(group: Group, reason: string): void {
    for (const { instance } of group.members) this.unplaced.push({ instance, reason });
  }

  #occupy(host: HostId, { instance, spec }: Occupant): void {
    const occupants = this.#occupants.get(host) ?? [];
    occupants.push({ instance, spec });
    this.#occupants.set(host, occupants);
  }
}

/** The first reason why the whole group does not fit, counting its own members against each other. */
function whyGroupNot(
  load: HostLoad,
  group: Group,
  check: (load: HostLoad, spec: ContainerSpec) => string | undefined,
): string | undefined {
  const occupants = [...load.occupants];
  for (const { instance, spec } of group.members) {
    const reason = check({ ...load, occupants }, spec);
    if (reason !== undefined) return reason;
    occupants.push({ instance, spec });
  }
  return undefined;
}

/** The hosts that hold data of the group's volumes, with those volumes. */
function volumeHomes(view: ClusterView, group: Group): ReadonlyMap<HostId, readonly string[]> {
  const homes = new Map<HostId, string[]>();
  for (const volume of group.volumes) {
    const host = view.volumes.get(volume)?.host;
    if (host !== undefined) homes.set(host, [...(homes.get(host) ?? []), volume]);
  }
  return homes;
}

/** Returns true when decided. Data does not move: a group with volumes stays with them even while their host is away. */
function placeAtHome(board: Board, view: ClusterView, group: Group): boolean {
  const homes = volumeHomes(view, group);
  const [home, ...others] = homes;
  if (home === undefined) return false;
  if (others.length > 0) {
    const where = [...homes].map(([host, volumes]) => `${volumes.join(', ')} is on ${host}`);
    board.reject(group, `it needs its volumes on one host, but ${where.join(' and ')}`);
    return true;
  }
  const [host, volumes] = home;
  assignAtHome(board, group, host, volumes.join(', '));
  return true;
}

function assignAtHome(board: Board, group: Group, host: HostId, volumes: string): void {
  const load = board.load(host);
  // Being away or drained does not free an instance from its data; a port that is taken is another matter.
  const blocked =
    load === undefined
      ? 'is not registered'
      : whyGroupNot(load, group, (at, spec) => whyNotStay(asUsable(at), spec));
  if (blocked !== undefined) {
    board.reject(group, `${host} holds volume ${volumes} and ${blocked}`);
    return;
  }
  board.assign(group, host, () => `volume ${volumes} is on ${host}`);
  const state = load === undefined ? undefined : whyNotUsable(load.host);
  if (state === undefined) return;
  const instances = group.members.map((member) => member.instance).join(', ');
  board.notes.push(
    `${instances} stays on ${host}, which ${state}: volume ${volumes} is there, and elsewhere it would be empty`,
  );
}

function asUsable(load: HostLoad): HostLoad {
  const policy = { ...load.host.policy, availability: 'active' as const };
  return { ...load, host: { ...load.host, isAlive: true, isLost: false, policy } };
}

function whyNotUsable(host: HostView): string | undefined {
  if (!host.isAlive) return 'is away';
  return host.policy.availability === 'draining' ? 'is draining' : undefined;
}

/** Returns true when decided: an instance of a global service is for its host, also while that is away. */
function placeAtPin(
  board: Board,
  current: ReadonlyMap<InstanceId, Placement>,
  group: Group,
): boolean {
  const host = group.members.find(({ pin }) => pin !== undefined)?.pin;
  if (host === undefined) return false;
  const load = board.load(host);
  const blocked =
    load === undefined
      ? 'is not registered'
      : whyGroupNot(load, group, (at, spec) => whyNotStay(asUsable(at), spec));
  if (blocked === undefined) {
    board.assign(
      group,
      host,
      (member) => keptReason(current, member, host) ?? `global: one on every host`,
    );
  } else {
    board.reject(group, `it is for ${host}, which ${blocked}`);
  }
  return true;
}

/** Why it is where it is, as long as it stays there. */
function keptReason(
  current: ReadonlyMap<InstanceId, Placement>,
  { instance }: WantedInstance,
  host: HostId,
): string | undefined {
  const before = current.get(instance);
  return before?.host === host ? before.reason : undefined;
}

/** Returns true when decided: what runs well is not moved, and what joins it comes to it. */
function keepWhereItRuns(
  board: Board,
  current: ReadonlyMap<InstanceId, Placement>,
  group: Group,
): boolean {
  const hosts = new Set(group.members.flatMap((it) => current.get(it.instance)?.host ?? []));
  for (const host of hosts) {
    const load = board.load(host);
    if (load === undefined || whyGroupNot(load, group, whyNotStay) !== undefined) continue;
    const there = group.members.filter((it) => current.get(it.instance)?.host === host);
    const names = there.map(({ instance }) => instance).join(', ');
    board.assign(
      group,
      host,
      (member) => keptReason(current, member, host) ?? `runs together with ${names}`,
    );
    return true;
  }
  return false;
}

function count(load: HostLoad, matches: (occupant: Occupant) => boolean): number {
  return load.occupants.filter(matches).length;
}

/** Fewest of the same service, then of the same project, then of all; ties by host id, so equal input gives equal plans. */
function spreadScore(
  load: HostLoad,
  { service }: WantedInstance,
  project: ProjectName,
): readonly number[] {
  const parts = (occupant: Occupant): ReturnType<typeof parseInstanceId> =>
    parseInstanceId(occupant.instance);
  return [
    count(load, (occupant) => {
      const found = parts(occupant);
      return found?.project === project && found.service === service.name;
    }),
    count(load, (occupant) => parts(occupant)?.project === project),
    load.occupants.length,
  ];
}

function compareScores(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What keeps a group together, as seen by one of its members. */
function tiedReason({ members, volumes }: Group, member: WantedInstance): string {
  if (members.length === 1) return '';
  const shared = localVolumes(member.spec).filter((volume) => volumes.includes(volume));
  if (shared.length > 0) return `; shares volume ${shared.join(', ')}`;
  const others = members.filter((other) => other !== member).map(({ instance }) => instance);
  return `; together with ${others.join(', ')}`;
}

function spread(
  board: Board,
  current: ReadonlyMap<InstanceId, Placement>,
  group: Group,
  project: ProjectName,
): void {
  const [first] = group.members;
  if (first === undefined) return;
  const reasons = new Map<HostId, string>();
  const candidates = board.loads.filter((load) => {
    const reason = whyGroupNot(load, group, whyNot);
    if (reason !== undefined) reasons.set(load.host.id, reason);
    return reason === undefined;
  });
  const [best] = candidates
    .map((load) => ({ load, score: spreadScore(load, first, project) }))
    .sort((a, b) => compareScores(a.score, b.score));
  if (best === undefined) {
    board.reject(group, explainUnplaced(reasons));
    return;
  }
  const { host } = best.load;
  const [ofService = 0, ofProject = 0] = best.score;
  board.assign(group, host.id, (member) => {
    const before = current.get(member.instance)?.host;
    const moved = before === undefined || before === host.id ? '' : `moved from ${before}; `;
    const tied = tiedReason(group, member);
    return `${moved}spread: ${candidates.length} of ${board.loads.length} hosts fit, ${host.id} had the fewest (${ofService} of ${member.service.name}, ${ofProject} of ${project})${tied}`;
  });
}

/**
 * Chooses a host for every wanted instance of one project. Sticky: what runs well stays, and a new host never causes a
 * move. Deterministic in its input.
 */
export function schedule(
  view: ClusterView,
  project: ProjectName,
  wanted: readonly WantedInstance[],
): Schedule {
  const board = new Board(view, project);
  const current = new Map(view.placements.map((placement) => [placement.instance, placement]));
  // What is bound to a place takes it before anything new is spread, or a newcomer could take its port.
  const undecided = tie(wanted)
    .filter((group) => !placeAtPin(board, current, group))
    .filter((group) => !placeAtHome(board, view, group))
    .filter((group) => !keepWhereItRuns(board, current, group));
  for (const group of undecided) spread(board, current, group, project);
  return { assignments: board.assignments, unplaced: board.unplaced, notes: board.notes };
}
