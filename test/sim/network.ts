import {
  KEY_SPACE,
  MemoryEtcd,
  MemoryWatches,
  Wire,
  WiredStore,
  type ManualClock,
  type Passing,
} from '@nap/shared/testing';
import type { Machine } from './actions.js';
import type { SimProcess } from './sim-process.js';

/** The way between one machine and etcd, for all processes of the machine. */
export class NetworkLink {
  readonly machine: Machine;
  /** When it last did not pass everything, on the world's clock. */
  impairedUntilMs = 0;
  private readonly wires = new Set<Wire>();
  private there: Passing = 'pass';
  private back: Passing = 'pass';
  private readonly nowMs: () => number;

  constructor(machine: Machine, nowMs: () => number) {
    this.machine = machine;
    this.nowMs = nowMs;
  }

  get isWhole(): boolean {
    return this.there === 'pass' && this.back === 'pass';
  }

  add(wire: Wire): void {
    this.wires.add(wire);
    wire.set('there', this.there);
    wire.set('back', this.back);
  }

  /** The process at its end is gone, and what it had sent with it. */
  remove(wire: Wire): void {
    wire.reset();
    this.wires.delete(wire);
  }

  set(there: Passing, back: Passing): void {
    if (!this.isWhole) this.impairedUntilMs = this.nowMs();
    this.there = there;
    this.back = back;
    for (const wire of this.wires) {
      wire.set('there', there);
      wire.set('back', back);
    }
  }

  reset(): void {
    this.impairedUntilMs = this.nowMs();
    for (const wire of this.wires) wire.reset();
  }
}

/** etcd, and who can reach it. */
export class Network {
  readonly etcd: MemoryEtcd;
  readonly watches: MemoryWatches;
  private readonly clock: ManualClock;
  private readonly random: () => number;
  private readonly links = new Map<Machine, NetworkLink>();

  private readonly latencyMs: number;

  /** `latencyMs`: what a message takes at most, one way. */
  constructor(clock: ManualClock, random: () => number, latencyMs: number) {
    this.latencyMs = latencyMs;
    this.clock = clock;
    this.random = random;
    this.etcd = new MemoryEtcd(clock);
    this.watches = new MemoryWatches(this.etcd, KEY_SPACE);
  }

  get all(): readonly NetworkLink[] {
    return [...this.links.values()];
  }

  link(machine: Machine): NetworkLink {
    const known = this.links.get(machine);
    if (known !== undefined) return known;
    const link = new NetworkLink(machine, () => this.clock.monotonicMs());
    this.links.set(machine, link);
    return link;
  }

  /** A store for one process. */
  store(process: SimProcess, link: NetworkLink): WiredStore {
    const { etcd, watches, clock, random, latencyMs } = this;
    const wire = new Wire({
      clock,
      latencyMs: () => 1 + Math.floor(random() * latencyMs),
      receive: (callback) => {
        process.receive(callback);
      },
    });
    link.add(wire);
    process.onDeath(() => {
      link.remove(wire);
    });
    return new WiredStore({ ...{ etcd, watches, wire, random }, clock: process.clock });
  }
}
