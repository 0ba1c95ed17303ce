import type { HostId, Project, ServiceName } from '@nap/shared';
import { Board, type Group } from './board.js';
import type { ClusterView, HostView } from './cluster-view.js';
import { whyNot } from './filters.js';
import type { HostLoad } from './host-load.js';
import {
  firstTilted,
  LabelCount,
  scaleText,
  strategyOf,
  tilt,
  Unpacked,
  type Scale,
} from './rebalance-scales.js';
import { tie } from './ties.js';
import { wantedInstances, type WantedInstance } from './wanted.js';

/** Instances that may go elsewhere, together, without anybody losing more than a restart. */
export interface MovableGroup {
  readonly group: Group;
  readonly kind: Kind;
  at: HostLoad;
}

export interface Target {
  readonly to: HostLoad;
  readonly why: string;
}

/** What groups of the same services have in common. */
interface Kind {
  readonly strategy: 'spread' | 'binpack' | 'random';
  readonly weights: ReadonlyMap<ServiceName, number>;
  /** How many are of services that are not packed. */
  readonly unpacked: number;
  /** One list for each service: no move may tip any of them the wrong way. */
  readonly ofServices: readonly (readonly Scale[])[];
  /** What counts when the services do not mind. */
  readonly ofAll: readonly Scale[];
  /** All of these, what counts more first. */
  readonly scales: readonly Scale[];
}

export const takesPart = ({ isAlive, policy }: HostView): boolean =>
  isAlive && policy.availability === 'active';

/** The instances of one project on all hosts, while they are moved about. */
export class ProjectGroups {
  readonly project: Project;
  readonly loads: readonly HostLoad[];
  readonly #takers: readonly HostLoad[];
  readonly groups: readonly MovableGroup[];
  readonly #unpacked: Unpacked;
  readonly #labels = new Map<ServiceName, readonly LabelCount[]>();
  readonly #kinds = new Map<string, Kind>();

  constructor(view: ClusterView, project: Project) {
    this.project = project;
    const board = new Board(view, project.name);
    this.loads = board.loads;
    this.#takers = board.loads.filter(({ host }) => takesPart(host));
    this.#unpacked = new Unpacked(view, project);
    const wanted = wantedInstances(view, project);
    for (const member of wanted) {
      for (const { host } of member.places) board.load(host)?.occupy(member);
    }
    this.groups = tie(wanted).flatMap((group) => {
      const host = placeOf(view, group);
      const at = host === undefined ? undefined : board.load(host);
      if (at === undefined || !takesPart(at.host)) return [];
      return [{ group, at, kind: this.#kindOf(group) }];
    });
  }

  move({ group: { members }, kind, at }: MovableGroup, to: HostLoad): void {
    for (const member of members) {
      at.vacate(member);
      to.occupy(member);
    }
    for (const [service, weight] of kind.weights) {
      for (const label of this.#labels.get(service) ?? []) {
        label.add(at, -weight);
        label.add(to, weight);
      }
    }
    this.#unpacked.add(at.id, -kind.unpacked);
    this.#unpacked.add(to.id, kind.unpacked);
  }

  /** The host to which a group goes to even out what its strategy counts; undefined: it is well where it is. */
  betterPlace({ group, kind, at }: MovableGroup): Target | undefined {
    const tiltsTo = (to: HostLoad): number[] => kind.scales.map((scale) => tilt(scale, at, to));
    const best = this.#takers
      .filter((to) => to !== at)
      .flatMap((to) => {
        const scale = this.#improved(kind, at, to);
        return scale === undefined ? [] : [{ to, scale, tilts: tiltsTo(to) }];
      })
      .sort((a, b) => byFirstDifference(a.tilts, b.tilts) || a.to.position - b.to.position)
      .find(({ to }) => whyNot(to, group.members, 'come') === undefined);
    if (best === undefined) return undefined;
    return { to: best.to, why: scaleText(best.scale, at, best.to) };
  }

  /** Hosts that have too little, by every scale of such groups, for any other host to be better: they need no look at each. */
  hopeless([first]: readonly MovableGroup[]): (from: HostLoad) => boolean {
    const scales = first?.kind.scales ?? [];
    const enough = scales.map(({ count, weight }) => {
      const least = this.#takers.reduce((min, to) => Math.min(min, count(to)), Infinity);
      return least + weight;
    });
    return (from) => scales.every(({ count }, at) => count(from) <= (enough[at] ?? 0));
  }

  /** Whether a service would be spread worse than it is. */
  isWorse({ ofServices }: Kind, from: HostLoad, to: HostLoad): boolean {
    return ofServices.some((scales) => {
      const scale = firstTilted(scales, from, to);
      return scale !== undefined && tilt(scale, from, to) > 0;
    });
  }

  #improved(kind: Kind, from: HostLoad, to: HostLoad): Scale | undefined {
    if (this.isWorse(kind, from, to)) return undefined;
    for (const scales of kind.ofServices) {
      const scale = firstTilted(scales, from, to);
      if (scale !== undefined) return scale;
    }
    const scale = firstTilted(kind.ofAll, from, to);
    return scale !== undefined && tilt(scale, from, to) < 0 ? scale : undefined;
  }

  #kindOf({ members }: Group): Kind {
    const key = members.map(({ service }) => service.name).join(' ');
    const known = this.#kinds.get(key) ?? this.#makeKind(members);
    this.#kinds.set(key, known);
    return known;
  }

  #makeKind(members: readonly WantedInstance[]): Kind {
    const weights = new Map<ServiceName, number>();
    for (const { service } of members) {
      weights.set(service.name, (weights.get(service.name) ?? 0) + 1);
    }
    const strategies = members.map(({ service }) => strategyOf(service, this.project));
    const unpacked = strategies.filter((it) => it !== 'binpack').length;
    const strategy = strategies.includes('spread')
      ? 'spread'
      : unpacked === 0
        ? 'binpack'
        : 'random';
    const services = new Map(members.map(({ service }) => [service.name, service]));
    const ofServices = [...services.values()].map((it) =>
      this.#serviceScales(it, weights.get(it.name) ?? 0),
    );
    const ofAll = strategy === 'spread' ? this.#commonScales(unpacked) : [];
    const scales = [...ofServices.flat(), ...ofAll];
    return { strategy, weights, unpacked, ofServices, ofAll, scales };
  }

  #serviceScales(service: WantedInstance['service'], weight: number): readonly Scale[] {
    const { name, scheduling } = service;
    const what = `of ${name}`;
    const labels = this.#labelsOf(name, scheduling?.spreadOver ?? []);
    const ofLabels = labels.map((label): Scale => ({
      ...{ weight, what },
      place: (load) => `${label.label}=${label.path(load)}`,
      count: (load) => label.count(load),
    }));
    if (strategyOf(service, this.project) !== 'spread') return ofLabels;
    return [...ofLabels, { weight, what, place: hostOf, count: (load) => load.ofService(name) }];
  }

  #labelsOf(service: ServiceName, spreadOver: readonly string[]): readonly LabelCount[] {
    const known = this.#labels.get(service);
    if (known !== undefined) return known;
    const labels = spreadOver.map(
      (_, at) => new LabelCount(this.loads, service, spreadOver.slice(0, at + 1)),
    );
    this.#labels.set(service, labels);
    return labels;
  }

  #commonScales(weight: number): readonly Scale[] {
    const unpacked = this.#unpacked;
    return [
      {
        ...{ weight, what: `of ${this.project.name}`, place: hostOf },
        count: (load) => unpacked.own(load.id),
      },
      { weight, what: 'instances', place: hostOf, count: (load) => unpacked.all(load.id) },
    ];
  }
}

const hostOf = (load: HostLoad): string => load.id;

/** Of lists of equal length. */
export function byFirstDifference(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The one host that a whole group is on; undefined where it is not to be moved for balance alone. */
function placeOf(view: ClusterView, { members, volumes }: Group): HostId | undefined {
  const hosts = new Set(members.map((member) => member.current?.host));
  const [host, ...others] = hosts;
  if (host === undefined || others.length > 0 || volumes.length > 0) return undefined;
  return members.every((member) => isFree(view, member)) ? host : undefined;
}

/**
 * What is bound to data or to its host stays; so does what must never run twice, and what has ended: elsewhere it would run
 * once more.
 */
function isFree(
  { reports }: ClusterView,
  { instance, places, pin, needs }: WantedInstance,
): boolean {
  const [place, ...others] = places;
  if (place === undefined || others.length > 0 || pin !== undefined) return false;
  if (place.wanted !== 'running' || needs.stopAfterMs !== undefined) return false;
  if (place.spec.mounts.some((mount) => mount.type === 'volume' && mount.name === undefined)) {
    return false;
  }
  return reports.get(instance)?.status.state !== 'completed';
}
