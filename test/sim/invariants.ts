import { parseInstanceId, type InstanceId, type NameRecord, type Placement } from '@nap/shared';
import type { DockerPort, ObservedContainer } from '@nap/agent/testing';
import type { History } from './history.js';
import type { SimHost } from './sim-host.js';

/** A rule of the design does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * How old what an agent acts upon may be while it works, in ms: a mirror calls itself fresh for 5 s after its last proof,
 * and a chain of steps that was begun is carried through, each of which may wait for a slow engine.
 */
const KNOWLEDGE_MS = 60_000;
/** A lease, the staleness of a mirror, and what things take on their way. */
const RECORDS_MS = 30_000;
/** An agent that has just started takes 3 s to see that etcd is away, and then has to stop what must not run twice. */
const STOPS_WITHIN_MS = 12_000;

/** What a backup has elsewhere stops when its agent hears of that: a list, its grace and what the engine takes. */
const RESTORED_WITHIN_MS = 15_000;

type Condition = NameRecord['condition'];

/** When an instance was last known to fulfil a condition, on the world's clock. */
interface LastSeen {
  host: SimHost;
  started?: number;
  ready?: number;
  completed?: number;
}

/** What must hold at every moment, whatever happens. Judged by what the engines and etcd hold, not by what nap believes. */
export class Invariants {
  private readonly hosts: readonly SimHost[];
  private readonly history: History;
  private readonly nowMs: () => number;
  private readonly lastSeen = new Map<InstanceId, LastSeen>();
  /** When a run of a program was first seen, by container and start. */
  private readonly runsSinceMs = new Map<string, number>();
  private readonly volumeHomes = new Map<string, SimHost>();
  private restoredAtMs = -Infinity;

  constructor(hosts: readonly SimHost[], history: History, nowMs: () => number) {
    this.hosts = hosts;
    this.history = history;
    this.nowMs = nowMs;
  }

  /** A call has reached an engine, and has done nothing yet. */
  beforeCall(host: SimHost, call: keyof DockerPort, about: string): void {
    if (call === 'removeVolume') this.mayRemoveVolume(host, about);
    if (!TAKES.has(call) && call !== 'start') return;
    const found = host.engine.observed.find(({ id, name }) => id === about || name === about);
    if (found === undefined) {
      if (host.engine.names.includes(about) || host.engine.ids.includes(about)) {
        throw new Violation(`${host.name}: ${call} of ${about}, which is not nap's`);
      }
      return;
    }
    this.look();
    if (call === 'start') this.mayStart(host, found);
    else if (call !== 'rename') this.mayTake(host, found, call);
  }

  /** etcd is as it was in a backup, and does not know any more where volumes are. */
  noteRestored(): void {
    this.volumeHomes.clear();
    this.restoredAtMs = this.nowMs();
  }

  /** What runs now; to be called whenever something may have changed. */
  look(): void {
    for (const host of this.hosts) {
      for (const container of host.engine.observed) this.note(host, container);
    }
  }

  /** Never two of one instance on a host; never two at all of one that must not run twice. */
  noneTwice(): void {
    const runners = new Map<InstanceId, { host: SimHost; container: ObservedContainer }[]>();
    for (const host of this.hosts) {
      for (const container of host.engine.observed) {
        if (container.run.state !== 'running') continue;
        const list = runners.get(container.instance) ?? [];
        list.push({ host, container });
        runners.set(container.instance, list);
      }
    }
    for (const [instance, running] of runners) {
      const hosts = new Set(running.map(({ host }) => host));
      if (hosts.size < running.length) {
        throw new Violation(`${instance} runs twice on one host`);
      }
      if (running.length > 1 && this.mustNotRunTwice(instance, running)) {
        throw new Violation(
          `${instance} must not run twice, and runs on ${[...hosts].map(({ name }) => name).join(' and ')}`,
        );
      }
    }
  }

  /** Foreign containers are as they were. */
  foreignUntouched(): readonly string[] {
    return this.hosts.flatMap(({ name, engine }) =>
      engine.names.includes(`foreign-${name}`) ? [] : [`${name}: a foreign container is gone`],
    );
  }

  private note(host: SimHost, { id, instance, run }: ObservedContainer): void {
    const nowMs = this.nowMs();
    if (run.state === 'running') {
      const key = `${id} ${run.startedAt}`;
      this.runsSinceMs.set(key, this.runsSinceMs.get(key) ?? nowMs);
    }
    const seen = this.lastSeen.get(instance) ?? { host };
    if (run.state === 'running') {
      seen.host = host;
      seen.started = nowMs;
      if (run.health === 'none' || run.health === 'healthy') seen.ready = nowMs;
    }
    if (run.state === 'exited' && run.exitCode === 0) seen.completed = nowMs;
    this.lastSeen.set(instance, seen);
  }

  /** Agents that work are what the promise is about: one that is frozen or dead cannot keep it. */
  private mustNotRunTwice(
    instance: InstanceId,
    running: readonly { readonly host: SimHost }[],
  ): boolean {
    const isOnce = running.every(({ host }) =>
      this.history
        .everPlaced(host.id, instance)
        .some(({ stopAfterMs }) => stopAfterMs !== undefined),
    );
    const nowMs = this.nowMs();
    // A backup may have it on another host than it is on: see docs/faults.md.
    const isRestored = nowMs < this.restoredAtMs + RESTORED_WITHIN_MS;
    const areWell = running.every(({ host }) => nowMs > host.impairedUntilMs + STOPS_WITHIN_MS);
    return isOnce && !isRestored && areWell;
  }

  private mayTake(host: SimHost, container: ObservedContainer, call: keyof DockerPort): void {
    const { instance, specHash, id, run } = container;
    const sinceMs = this.nowMs() - KNOWLEDGE_MS;
    const placements = this.history.placementsSince(host.id, instance, sinceMs);
    const isUnwanted = placements.some(
      (it) => it === undefined || it.wanted === 'removed' || it.specHash !== specHash,
    );
    if (isUnwanted && this.history.hadHeaderSince(host.id, sinceMs)) return;
    const isLeftover = host.engine.observed.some(
      (it) => it.instance === instance && it.id !== id && it.specHash === specHash,
    );
    if (isLeftover || run.state === 'dead') return;
    const isCutOff = placements.some((it) => it?.stopAfterMs !== undefined);
    const isAtRest = placements.some((it) => it?.wanted === 'stopped');
    if (call === 'stop' && (isCutOff || isAtRest)) return;
    if (call === 'stop' && this.isRestartDue(host, container, placements)) return;
    throw new Violation(
      `${host.name}: ${call} of ${container.name} (${instance}), which was placed there all the time`,
    );
  }

  /** A restart was asked for, and this run of the program is no answer to it: it is not much younger. */
  private isRestartDue(
    host: SimHost,
    { id, instance, run }: ObservedContainer,
    placements: readonly (Placement | undefined)[],
  ): boolean {
    if (run.state !== 'running') return true;
    const sinceMs = this.runsSinceMs.get(`${id} ${run.startedAt}`) ?? 0;
    return placements.some((it) => {
      if (it?.restart === undefined) return false;
      if (!this.isInTouch(host)) return true;
      const askedMs = this.history.restartAskedMs(host.id, instance, it.restart.askedAtMs);
      return sinceMs < askedMs + KNOWLEDGE_MS;
    });
  }

  /** It has known for a while what etcd says. */
  private isInTouch(host: SimHost): boolean {
    const { isWhole, impairedUntilMs } = host.link;
    const lastMs = Math.max(impairedUntilMs, host.impairedUntilMs);
    return isWhole && this.nowMs() > lastMs + KNOWLEDGE_MS;
  }

  private mayRemoveVolume(host: SimHost, volume: string): void {
    if (/^[0-9a-f]{64}$/.test(volume)) return;
    const isWanted = this.history.askedToRemove(host.id, volume);
    if (!isWanted) throw new Violation(`${host.name}: volume ${volume} is removed unasked`);
    this.volumeHomes.delete(volume);
  }

  private mayStart(host: SimHost, container: ObservedContainer): void {
    const { instance, specHash, run } = container;
    for (const { name, isAnonymous } of container.volumes) {
      const home = this.volumeHomes.get(name) ?? host;
      if (!isAnonymous) this.volumeHomes.set(name, home);
      if (home !== host) {
        throw new Violation(`${instance} starts on ${host.name} without its data on ${home.name}`);
      }
    }
    if (run.state === 'running') return;
    const known = this.history.placementsSince(host.id, instance, this.nowMs() - KNOWLEDGE_MS);
    if (this.isInTouch(host) && known.every((it) => it?.wanted === 'stopped')) {
      throw new Violation(`${instance} starts on ${host.name} although it is stopped`);
    }
    // Decided on what was placed then; since then it may have come to depend on more.
    const recent = known.flatMap((it) => (it?.specHash === specHash ? it : []));
    const complaints = recent.map((placement) => this.missing(host, container, placement));
    const [complaint] = complaints;
    if (complaint !== undefined && complaints.every((it) => it !== undefined)) {
      throw new Violation(`${instance} starts on ${host.name} before ${complaint}`);
    }
  }

  /** What an instance depends on and does not have; undefined: nothing. */
  private missing(
    host: SimHost,
    { instance, run }: ObservedContainer,
    { dependencies }: Placement,
  ): string | undefined {
    for (const { service, condition, instances, required } of dependencies) {
      if (!required || instances === 0) continue;
      const needed = run.state === 'created' ? instances : 1;
      const satisfied = this.satisfied(host, instance, service, CONDITIONS[condition]);
      if (satisfied < needed) return `${service} is ${condition} (${satisfied} of ${needed})`;
    }
    return undefined;
  }

  /** Instances of a service that this host can know to fulfil a condition. While etcd is away the last known records serve. */
  private satisfied(
    host: SimHost,
    instance: InstanceId,
    service: string,
    conditions: readonly Condition[],
  ): number {
    const nowMs = this.nowMs();
    const isImpaired = (it: SimHost): boolean => nowMs < it.impairedUntilMs + RECORDS_MS;
    const isCutOff =
      !host.link.isWhole || nowMs < host.link.impairedUntilMs + RECORDS_MS || isImpaired(host);
    const { project } = parseInstanceId(instance) ?? {};
    return [...this.lastSeen].filter(([other, seen]) => {
      const parts = parseInstanceId(other);
      if (parts?.project !== project || parts?.service !== service) return false;
      // An agent whose engine does not answer leaves its records: with live-restore all may run on.
      const fromMs = isCutOff || isImpaired(seen.host) ? 0 : nowMs - RECORDS_MS;
      return conditions.some((condition) => {
        const atMs = seen[condition];
        return atMs !== undefined && (condition === 'completed' || atMs >= fromMs);
      });
    }).length;
  }
}

const CONDITIONS: Readonly<Record<'started' | 'healthy' | 'completed', readonly Condition[]>> = {
  started: ['started', 'ready', 'completed'],
  healthy: ['ready'],
  completed: ['completed'],
};

/** Calls that take something away, or change what it is. */
const TAKES: ReadonlySet<keyof DockerPort> = new Set(['stop', 'remove', 'rename']);
