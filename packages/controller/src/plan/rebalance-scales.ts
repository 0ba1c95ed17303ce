import type { HostId, Project, ServiceName, ServiceSpec, Strategy } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { hostValue } from './constraints.js';
import type { HostLoad } from './host-load.js';

/**
 * What `rebalance` counts. Every move that it makes lowers the sum of the squares of some count and of none that counts more,
 * so it comes to an end, and a second one right after finds nothing left to do.
 */

/** Something that is counted, place by place, and should come out even. */
export interface Scale {
  /** How many of the group count. */
  readonly weight: number;
  /** What has one count together: a host, or all hosts with one value of a label. */
  readonly place: (load: HostLoad) => string;
  readonly count: (load: HostLoad) => number;
  /** Reads on after a number: `of web`. */
  readonly what: string;
}

/** Below zero: a move evens the scale out; zero: it makes no difference; above: it tips it. */
export function tilt(scale: Scale, from: HostLoad, to: HostLoad): number {
  if (scale.place(from) === scale.place(to)) return 0;
  return scale.count(to) - scale.count(from) + scale.weight;
}

/** The first scale that a move tips, either way: those before it count more than those after. */
export function firstTilted(
  scales: readonly Scale[],
  from: HostLoad,
  to: HostLoad,
): Scale | undefined {
  return scales.find((scale) => tilt(scale, from, to) !== 0);
}

/** `host-a has 9 of web, host-c has 1` */
export function scaleText({ place, count, what }: Scale, from: HostLoad, to: HostLoad): string {
  return `${place(from)} has ${count(from)} ${what}, ${place(to)} has ${count(to)}`;
}

export function strategyOf(service: ServiceSpec, project: Project): Strategy {
  return service.scheduling?.strategy ?? project.scheduling?.strategy ?? 'spread';
}

/** Instances by the value of a label of their host, and by those of the labels that count more. */
export class LabelCount {
  readonly label: string;
  readonly #paths: ReadonlyMap<HostLoad, string>;
  readonly #counts = new Map<string, number>();

  /** `labels`: the last one is counted, within equal values of those before it. */
  constructor(loads: readonly HostLoad[], service: ServiceName, labels: readonly string[]) {
    this.label = labels.join(' and ').replaceAll(/(node|engine)\.labels\./g, '');
    this.#paths = new Map(
      loads.map((load) => [
        load,
        labels.map((label) => hostValue(load.host, label) ?? '').join('/'),
      ]),
    );
    for (const load of loads) this.add(load, load.ofService(service));
  }

  path(load: HostLoad): string {
    return this.#paths.get(load) ?? '';
  }

  count(load: HostLoad): number {
    return this.#counts.get(this.path(load)) ?? 0;
  }

  add(load: HostLoad, by: number): void {
    this.#counts.set(this.path(load), this.count(load) + by);
  }
}

/** Instances of services that are not packed: what is, fills hosts on purpose, and counts for no spread. */
export class Unpacked {
  readonly #all = new Map<HostId, number>();
  readonly #own = new Map<HostId, number>();

  constructor(view: ClusterView, project: Project) {
    const isPacked = packedServices(view);
    for (const { instance, host } of view.placements) {
      if (isPacked(instance)) continue;
      this.#all.set(host, this.all(host) + 1);
      if (instance.startsWith(`${project.name}.`)) this.#own.set(host, this.own(host) + 1);
    }
  }

  /** Of all projects. */
  all(host: HostId): number {
    return this.#all.get(host) ?? 0;
  }

  own(host: HostId): number {
    return this.#own.get(host) ?? 0;
  }

  add(host: HostId, by: number): void {
    this.#all.set(host, this.all(host) + by);
    this.#own.set(host, this.own(host) + by);
  }
}

/** Whether an instance is of a service with the strategy binpack. */
export function packedServices({ projects }: ClusterView): (instance: string) => boolean {
  const packed = new Set<string>();
  for (const { project } of projects.values()) {
    for (const service of project.services) {
      if (service.mode === 'global' || strategyOf(service, project) !== 'binpack') continue;
      packed.add(`${project.name}.${service.name}`);
    }
  }
  return (instance) => packed.has(instance.slice(0, instance.lastIndexOf('.')));
}
