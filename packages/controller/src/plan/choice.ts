import { fnv1a, memoryText, type ServiceName, type Strategy } from '@nap/shared';
import { hostValue } from './constraints.js';
import { Heap } from './heap.js';
import type { HostLoad } from './host-load.js';
import { cpusText } from './resources.js';

/** Hosts that fit the instances of one service, best first, while they are filled one instance at a time. */
export interface Choice {
  /** Hosts that fit. */
  readonly size: number;
  /** The best for the next instance; `instance` makes a random choice repeatable. */
  best(instance: string): HostLoad | undefined;
  /** What the best has got changed its rank; it is dropped when it fits no more. */
  settle(stillFits: boolean): void;
  /** Why the best was chosen, as it was before it got the instance. */
  reason(best: HostLoad): string;
}

export interface ChoiceRequest {
  readonly service: ServiceName;
  readonly strategy: Strategy;
  readonly project: string;
  readonly seed: string;
  /** Labels over whose values to spread before the strategy counts. */
  readonly spreadOver: readonly string[];
}

/** Strictly before: never both ways, ties by position. */
type IsBefore = (a: HostLoad, b: HostLoad) => boolean;

/** Fewest of the same service, then of the same project, then of all. */
const isEmptier =
  (service: ServiceName): IsBefore =>
  (a, b) => {
    const difference =
      a.ofService(service) - b.ofService(service) ||
      a.ofProject - b.ofProject ||
      a.instances - b.instances ||
      a.position - b.position;
    return difference < 0;
  };

/** Most of CPUs and memory reserved, then most instances. */
export const isFuller: IsBefore = (a, b) => {
  const difference =
    b.fullness - a.fullness || b.instances - a.instances || a.position - b.position;
  return difference < 0;
};

class Ranked implements Choice {
  readonly #heap: Heap<HostLoad>;
  readonly reason: (best: HostLoad) => string;

  constructor(fitting: HostLoad[], isBefore: IsBefore, reason: (best: HostLoad) => string) {
    this.#heap = new Heap(fitting, isBefore);
    this.reason = reason;
  }

  get size(): number {
    return this.#heap.size;
  }

  best(): HostLoad | undefined {
    return this.#heap.first;
  }

  settle(stillFits: boolean): void {
    if (stillFits) this.#heap.sinkFirst();
    else this.#heap.removeFirst();
  }
}

/** A small, well spread number from a text. */
function hash32(text: string): number {
  const spread = fnv1a(text);
  // The low bits alone decide a remainder: let the high ones count too.
  const hash = Math.imul(spread ^ (spread >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}

class Random implements Choice {
  readonly #fitting: HostLoad[];
  readonly #seed: string;
  #at = 0;

  constructor(fitting: HostLoad[], seed: string) {
    this.#fitting = fitting;
    this.#seed = seed;
  }

  get size(): number {
    return this.#fitting.length;
  }

  best(instance: string): HostLoad | undefined {
    this.#at = hash32(`${this.#seed} ${instance}`) % Math.max(1, this.size);
    return this.#fitting[this.#at];
  }

  settle(stillFits: boolean): void {
    if (stillFits) return;
    const last = this.#fitting.pop();
    if (last !== undefined && this.#at < this.size) this.#fitting[this.#at] = last;
  }

  reason(): string {
    return `random with seed ${this.#seed}`;
  }
}

interface Branch {
  readonly value: string;
  /** Instances of the service on hosts with this value, those included that do not fit. */
  count: number;
  readonly choice: Choice;
}

/** Takes turns over the values of a label. */
class SpreadOver implements Choice {
  readonly #label: string;
  readonly #service: ServiceName;
  readonly #branches: Heap<Branch>;
  #size: number;

  constructor(label: string, service: ServiceName, branches: Branch[]) {
    this.#label = label;
    this.#service = service;
    this.#branches = new Heap(branches, (a, b) =>
      a.count === b.count ? a.value < b.value : a.count < b.count,
    );
    this.#size = branches.reduce((sum, { choice }) => sum + choice.size, 0);
  }

  get size(): number {
    return this.#size;
  }

  best(instance: string): HostLoad | undefined {
    return this.#branches.first?.choice.best(instance);
  }

  settle(stillFits: boolean): void {
    const { first } = this.#branches;
    if (first === undefined) return;
    first.count += 1;
    first.choice.settle(stillFits);
    if (!stillFits) this.#size -= 1;
    if (first.choice.size === 0) this.#branches.removeFirst();
    else this.#branches.sinkFirst();
  }

  reason(best: HostLoad): string {
    const { first } = this.#branches;
    if (first === undefined) return '';
    const { value, count, choice } = first;
    const where = value === '' ? `no ${this.#label}` : `${this.#label}=${value}`;
    return `hosts with ${where} had the fewest (${count} of ${this.#service}); ${choice.reason(best)}`;
  }
}

/** `fits` is asked once for each host. */
export function chooseAmong(
  loads: readonly HostLoad[],
  fits: ReadonlySet<HostLoad>,
  request: ChoiceRequest,
): Choice {
  const [label, ...labels] = request.spreadOver;
  if (label === undefined)
    return byStrategy(
      [...loads].filter((it) => fits.has(it)),
      request,
    );
  const byValue = new Map<string, HostLoad[]>();
  for (const load of loads) {
    const value = hostValue(load.host, label) ?? '';
    const group = byValue.get(value);
    if (group === undefined) byValue.set(value, [load]);
    else group.push(load);
  }
  const branches = [...byValue].map(([value, group]): Branch => ({
    value,
    count: group.reduce((sum, load) => sum + load.ofService(request.service), 0),
    choice: chooseAmong(group, fits, { ...request, spreadOver: labels }),
  }));
  return new SpreadOver(
    label.replace(/^(node|engine)\.labels\./, ''),
    request.service,
    branches.filter(({ choice }) => choice.size > 0),
  );
}

function byStrategy(fitting: HostLoad[], request: ChoiceRequest): Choice {
  const { service, strategy, seed, project } = request;
  switch (strategy) {
    case 'spread':
      return new Ranked(
        fitting,
        isEmptier(service),
        (best) =>
          `${best.id} had the fewest (${best.ofService(service)} of ${service}, ${best.ofProject} of ${project})`,
      );
    case 'binpack':
      return new Ranked(fitting, isFuller, (best) => `${best.id} was the fullest (${fill(best)})`);
    case 'random':
      return new Random(fitting, seed);
  }
}

export function fill({ capacity, reserved, instances }: HostLoad): string {
  const count = instances === 1 ? '1 instance' : `${instances} instances`;
  if (capacity === undefined) return count;
  const memory = `${memoryText(reserved.memoryBytes)} of ${memoryText(capacity.memoryBytes)}`;
  return `${cpusText(reserved.nanoCpus)} and ${memory} reserved, ${count}`;
}
