import type { HostId, InstanceId, Project, Strategy } from '@nap/shared';
import { Board, keptReason, type ChosenHost, type Group } from './board.js';
import type { Unplaced } from './change.js';
import { chooseAmong, type Choice } from './choice.js';
import type { ClusterView, HostView } from './cluster-view.js';
import { explainUnplaced } from './explain-unplaced.js';
import { whyNot, type Reason } from './filters.js';
import { isHeld, mayStillRun } from './held.js';
import { surelyStoppedAfterMs } from './host-loss.js';
import type { HostLoad } from './host-load.js';
import { needsText, NOTHING, type Resources } from './resources.js';
import { onlyMember, settledHosts, unsettledHosts } from './settled-hosts.js';
import { localVolumes, tie } from './ties.js';
import { addUnits } from './units.js';
import type { WantedInstance } from './wanted.js';

export interface Schedule {
  /** Undefined: it is placed nowhere. */
  chosenFor(wanted: WantedInstance): ChosenHost | undefined;
  /** Why the host does not take it as well, with all that is chosen so far; undefined: it would, or there is no such host. */
  whyNotOn(host: HostId, wanted: WantedInstance): Reason | undefined;
  /** What the project has on the host stays where it is. */
  isSettled(host: HostId): boolean;
  /** Of all that is on no settled host. */
  readonly chosenHosts: ReadonlyMap<InstanceId, ChosenHost>;
  readonly unplaced: readonly Unplaced[];
  readonly notes: readonly string[];
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
  if (group.volumes.length === 0) return false;
  const homes = volumeHomes(view, group);
  const [home, ...others] = homes;
  if (home === undefined) return false;
  if (others.length > 0) {
    const where = [...homes].map(([host, volumes]) => `${volumes.join(', ')} is on ${host}`);
    board.reject(group, `it needs its volumes on one host, but ${where.join(' and ')}`);
    return true;
  }
  const [host, volumes] = home;
  if (mayLeave(board.load(host), group) && heldHosts(view, group).size === 0) {
    const names = group.members.map(({ instance }) => instance).join(', ');
    board.notes.push(
      `${names} leaves ${host}, which is away, and begins with empty volumes (on_host_loss: move): the data of ${volumes.join(', ')} stays behind`,
    );
    return false;
  }
  chooseHome(board, group, host, volumes.join(', '));
  return true;
}

/** The file says that its data may be left behind; one member is enough to keep the group. */
function mayLeave(load: HostLoad | undefined, { members }: Group): boolean {
  if (load?.host.isLost !== true || whyNot(load, members, 'stay') === undefined) return false;
  return members.every(({ needs, spec }) => {
    const isMoving = needs.onHostLoss === 'move';
    return isMoving || localVolumes(spec).length === 0;
  });
}

/** Being away or drained does not free an instance from its place; a port that is taken there is another matter. */
function whyNotBound(load: HostLoad | undefined, { members }: Group): string | undefined {
  if (load === undefined) return 'is not registered';
  return whyNot(load, members, 'bound')?.text;
}

function chooseHome(board: Board, group: Group, host: HostId, volumes: string): void {
  const load = board.load(host);
  const blocked = whyNotBound(load, group);
  if (blocked !== undefined) {
    const needs = needsText(resourcesOfGroup(group));
    const wanted = needs === '' ? '' : `needs ${needs}: `;
    board.reject(group, `${wanted}${host} holds volume ${volumes} and ${blocked}`);
    return;
  }
  board.choose(group, host, () => `volume ${volumes} is on ${host}`);
  const state = load === undefined ? undefined : whyNotUsable(load.host);
  if (state === undefined) return;
  const instances = group.members.map((member) => member.instance).join(', ');
  board.notes.push(
    `${instances} stays on ${host}, which ${state}: volume ${volumes} is there, and elsewhere it would be empty`,
  );
}

function whyNotUsable(host: HostView): string | undefined {
  if (!host.isAlive) return 'is away';
  return host.policy.availability === 'draining' ? 'is draining' : undefined;
}

/** Returns true when decided: an instance of a global service is for its host, also while that is away. */
function placeAtPin(board: Board, group: Group): boolean {
  const host = group.members.find(({ pin }) => pin !== undefined)?.pin;
  if (host === undefined) return false;
  const blocked = whyNotBound(board.load(host), group);
  if (blocked === undefined) {
    board.choose(group, host, (member) => keptReason(member, host) ?? `global: one on every host`);
  } else {
    board.reject(group, `it is for ${host}, which ${blocked}`);
  }
  return true;
}

/** Returns true when decided: what runs well is not moved, and what joins it comes to it. */
function keepWhereItRuns(board: Board, group: Group): boolean {
  for (const host of hostsNow(group)) {
    const load = board.load(host);
    if (load === undefined || whyNot(load, group.members, 'stay') !== undefined) continue;
    keepOn(board, group, load);
    if (load.host.isLost) board.notes.push(keptOnLost(group, load.host));
    if (onlyMember(group) !== undefined) load.settle();
    return true;
  }
  return false;
}

function keepOn(board: Board, group: Group, { id }: HostLoad): void {
  board.choose(
    group,
    id,
    (member) => keptReason(member, id) ?? `runs together with ${namesOn(group, id)}`,
  );
}

/** Hosts that are away, and keep what they have of the group whatever is asked of them. */
function heldHosts(view: ClusterView, { members }: Group): ReadonlySet<HostId> {
  const hosts = members.flatMap(({ current }) =>
    current !== undefined && isHeld(view, current) ? [current.host] : [],
  );
  return new Set(hosts);
}

/** Returns true when decided: see held.ts. What is bound to that host anyway is decided by that. */
function keepWhereItIsHeld(board: Board, view: ClusterView, group: Group): boolean {
  const [host] = heldHosts(view, group);
  const load = host === undefined ? undefined : board.load(host);
  if (host === undefined || load === undefined) return false;
  const isPinned = group.members.some(({ pin }) => pin === host);
  if (isPinned || volumeHomes(view, group).has(host)) return false;
  const others = [...hostsNow(group)].filter((it) => it !== host);
  if (others.length > 0) {
    board.reject(
      group,
      `${namesOn(group, host)} may still run on ${host}, which is away, and what belongs with it is on ${others.join(', ')}`,
    );
    return true;
  }
  const freed = whyNot(load, group.members, 'stay');
  if (freed === undefined) return keepWhereItRuns(board, group);
  keepOn(board, group, load);
  const mustWait = group.members.some(({ current }) => current && mayStillRun(view, current));
  board.notes.push(
    mustWait ? keptOnLost(group, load.host) : keptUndecided(group, load.host, freed),
  );
  return true;
}

/** Why a group is not placed elsewhere although its host is lost. */
function keptOnLost({ members }: Group, { id, awayMs = 0 }: HostView): string {
  const names = members.map(({ instance }) => instance).join(', ');
  const isWaiting = members.some(({ needs }) => needs.onHostLoss === 'wait');
  if (isWaiting) return `${names} waits for ${id}, which is away: on_host_loss is wait`;
  const waits = members.flatMap(({ needs, current }) => [
    needs.replaceAfterMs,
    ...(current?.stopAfterMs === undefined
      ? []
      : [surelyStoppedAfterMs(current.stopAfterMs, current.spec)]),
  ]);
  const afterMs = Math.max(...waits);
  return `${names} may still run on ${id}, which has been away for ${Math.round(awayMs / 1000)} s: it is placed elsewhere after ${Math.round(afterMs / 1000)} s (on_partition: stop_after), by nap-controller serve`;
}

/** Why a group is not placed elsewhere although its host does not fit it any more. */
function keptUndecided({ members }: Group, { id }: HostView, freed: Reason): string {
  const names = members.map(({ instance }) => instance).join(', ');
  return `${names} stays on ${id}, which ${freed.text}: it is away, and what it has moves when it is back or counts as lost`;
}

/**
 * The host on which all of the group is already: that it is away, or drained, is no reason to hold up all else of the project,
 * when nothing can be done about it.
 */
function whereItStays(board: Board, group: Group): HostLoad | undefined {
  const [host, ...others] = hostsNow(group);
  const load = host === undefined || others.length > 0 ? undefined : board.load(host);
  const isThere = group.members.every(({ current }) => current?.host === host);
  if (load === undefined || !isThere || whyNotUsable(load.host) === undefined) return undefined;
  return whyNot(load, group.members, 'bound') === undefined ? load : undefined;
}

/** Each host that runs one of the group, once. */
function hostsNow({ members }: Group): Iterable<HostId> {
  const [first] = members;
  if (first !== undefined && members.length === 1) {
    const host = first.current?.host;
    return host === undefined ? [] : [host];
  }
  return new Set(members.flatMap(({ current }) => current?.host ?? []));
}

function namesOn(group: Group, host: HostId): string {
  return group.members
    .filter(({ current }) => current?.host === host)
    .map(({ instance }) => instance)
    .join(', ');
}

/** What keeps a group together, as seen by one of its members. */
function tiedReason({ members, volumes }: Group, member: WantedInstance): string {
  if (members.length === 1) return '';
  const shared = localVolumes(member.spec).filter((volume) => volumes.includes(volume));
  if (shared.length > 0) return `; shares volume ${shared.join(', ')}`;
  const others = members.filter((other) => other !== member).map(({ instance }) => instance);
  return `; together with ${others.join(', ')}`;
}

function resourcesOfGroup({ members }: Group): Resources {
  return members
    .map(({ needs }) => needs.resources)
    .reduce((a, b) => {
      const units = addUnits(a.units, b.units);
      return {
        nanoCpus: a.nanoCpus + b.nanoCpus,
        memoryBytes: a.memoryBytes + b.memoryBytes,
        ...(units === undefined ? {} : { units }),
      };
    }, NOTHING);
}

/** Groups that need the same of a host, so that what fits one of them fits the next as long as there is room. */
function kindOf({ members }: Group): string {
  const [only] = members;
  if (only !== undefined && members.length === 1) return only.service.name;
  return members.map(({ service }) => service.name).join(' ');
}

/** Finds hosts for what is bound to none, kind by kind. */
class Chooser {
  readonly #board: Board;
  readonly #project: Project;
  readonly #strategy: Strategy | undefined;
  #kind = '';
  #choice: Choice | undefined;
  #unplaced: string | undefined;

  constructor(board: Board, project: Project, strategy: Strategy | undefined) {
    this.#board = board;
    this.#project = project;
    this.#strategy = strategy;
  }

  place(group: Group): void {
    const [first] = group.members;
    if (first === undefined) return;
    const choice = this.#choiceFor(group, first);
    const best = choice.best(first.instance);
    if (best === undefined) {
      this.#unplaced ??= this.#explain(group);
      const stays = whereItStays(this.#board, group);
      if (stays !== undefined) keepOn(this.#board, group, stays);
      this.#board.reject(group, this.#unplaced, stays?.id);
      return;
    }
    const how = this.#howText(choice, best, first);
    this.#board.choose(group, best.id, (member) => {
      const before = member.current?.host;
      const moved = before === undefined || before === best.id ? '' : this.#leaves(before, group);
      return `${moved}${how}${tiedReason(group, member)}`;
    });
    choice.settle(whyNot(best, group.members, 'come') === undefined);
  }

  /** That it leaves a host, and why, as long as that still holds with all that was placed meanwhile. */
  #leaves(host: HostId, { members }: Group): string {
    const load = this.#board.load(host);
    const why = load === undefined ? undefined : whyNot(load, members, 'stay');
    return why === undefined ? `moved from ${host}; ` : `moved from ${host}, which ${why.text}; `;
  }

  /** The choice of the last group, while the groups are of one kind: nothing else has filled the hosts in between. */
  #choiceFor(group: Group, first: WantedInstance): Choice {
    // Of a name that others may have only this group's own hosts are known.
    const isOwn = group.members.some(({ isNameContested }) => isNameContested);
    const kind = isOwn ? '' : kindOf(group);
    if (this.#choice !== undefined && kind !== '' && kind === this.#kind) return this.#choice;
    const { loads } = this.#board;
    const { scheduling } = first.service;
    const { name, scheduling: policy } = this.#project;
    const fits = new Set(loads.filter((load) => whyNot(load, group.members, 'come') === undefined));
    this.#kind = kind;
    this.#unplaced = undefined;
    this.#choice = chooseAmong(loads, fits, {
      service: first.service.name,
      strategy: this.#strategyOf(first),
      project: name,
      seed: scheduling?.seed ?? policy?.seed ?? name,
      spreadOver: scheduling?.spreadOver ?? [],
    });
    return this.#choice;
  }

  #strategyOf({ service }: WantedInstance): Strategy {
    const { strategy: ofProject = 'spread' } = this.#project.scheduling ?? {};
    return this.#strategy ?? service.scheduling?.strategy ?? ofProject;
  }

  #howText(choice: Choice, best: HostLoad, first: WantedInstance): string {
    const among = `${choice.size} of ${this.#board.loads.length} hosts fit`;
    return `${this.#strategyOf(first)}: ${among}, ${choice.reason(best)}`;
  }

  #explain(group: Group): string {
    const reasons = new Map<HostId, Reason>();
    for (const load of this.#board.loads) {
      const reason = whyNot(load, group.members, 'come');
      if (reason !== undefined) reasons.set(load.id, reason);
    }
    return explainUnplaced(reasons, needsText(resourcesOfGroup(group)));
  }
}

/**
 * Chooses a host for every wanted instance of one project. Sticky: what runs well stays, and a new host never causes a
 * move. Deterministic in its input. `strategy`: instead of what project and services say, for what is placed now.
 */
export function schedule(
  view: ClusterView,
  project: Project,
  wanted: readonly WantedInstance[],
  strategy?: Strategy,
): Schedule {
  const groups = tie(wanted);
  const board = new Board(view, project.name, {
    settled: settledHosts(project),
    except: unsettledHosts(view, groups),
  });
  // What is bound to a place takes it before anything new is spread, or a newcomer could take its port.
  const undecided = groups
    .filter((group) => !isSettled(board, group))
    .filter((group) => !keepWhereItIsHeld(board, view, group))
    .filter((group) => !placeAtPin(board, group))
    .filter((group) => !placeAtHome(board, view, group))
    .filter((group) => !keepWhereItRuns(board, group));
  board.noteSettled();
  const chooser = new Chooser(board, project, strategy);
  for (const group of undecided) chooser.place(group);
  return board;
}

function isSettled(board: Board, group: Group): boolean {
  const current = onlyMember(group)?.current;
  return current !== undefined && board.isSettled(current.host);
}
