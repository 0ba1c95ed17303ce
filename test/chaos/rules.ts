import { parseInstanceId } from '@nap/shared';
import type { Impairments } from './impairments.js';
import { placementId, type PlacementsLog } from './placements-log.js';
import type { SeenContainer, SeenHost } from './seen.js';

/** What the rules have to know of what is applied. */
export interface RulesOf {
  /** Instances with `stop_after`. */
  readonly once: ReadonlySet<string>;
  /** Services of which two containers may run side by side on a host, `project.service`. */
  readonly startFirst: ReadonlySet<string>;
}

/** An agent that has just started, or whose host has, needs so long to see that etcd is away, and to stop what must not run twice. */
const STOPS_WITHIN_MS = 20_000;
/** What was cut off gives way to its replacement within so long. */
const RETURNS_WITHIN_MS = 60_000;
/** For how long two of an instance may be there where nothing is broken: a move, or a grace. */
const OVERLAP_MS = 30_000;
/** How old what an agent acts upon may be: see the simulator's rules. */
const KNOWLEDGE_MS = 60_000;

interface Sighting {
  readonly host: string;
  readonly container: SeenContainer;
}

interface Gone extends Sighting {
  readonly seenMs: number;
  readonly goneMs: number;
  readonly how: 'removed' | 'stopped';
}

/**
 * What must hold at every moment, judged by what the engines show. A sample is not of one moment, so that two containers count as
 * running at once when both are in two samples one after the other.
 */
export class Rules {
  private readonly of: RulesOf;
  private readonly impairments: Impairments;
  private readonly placements: PlacementsLog;
  private last = new Map<string, { readonly atMs: number; readonly seen: SeenHost }>();
  private readonly overlapSinceMs = new Map<string, number>();
  private readonly foreign = new Map<string, string>();
  private readonly volumes = new Map<string, Set<string>>();
  private pending: Gone[] = [];

  constructor(of: RulesOf, impairments: Impairments, placements: PlacementsLog) {
    this.of = of;
    this.impairments = impairments;
    this.placements = placements;
  }

  /** What is broken, as sentences. */
  judge(nowMs: number, hosts: readonly SeenHost[]): readonly string[] {
    const found = [
      ...this.twice(nowMs, hosts),
      ...hosts.flatMap((host) => [...this.foreignTouched(host), ...this.volumesLost(host)]),
    ];
    for (const seen of hosts) {
      if (seen.engine === undefined) continue;
      this.noteGone(nowMs, seen);
      this.last.set(seen.name, { atMs: nowMs, seen });
    }
    return [...found, ...this.takenUnasked()];
  }

  private twice(nowMs: number, hosts: readonly SeenHost[]): readonly string[] {
    const found: string[] = [];
    for (const [instance, now] of byInstance(hosts)) {
      const both = now.filter((it) => this.wasRunning(it));
      const on = [...new Set(both.map(({ host }) => host))];
      if (both.length < 2) this.overlapSinceMs.delete(instance);
      else if (!this.overlapSinceMs.has(instance)) this.overlapSinceMs.set(instance, nowMs);
      if (both.length < 2) continue;
      const sentence = `${instance} runs ${both.length} times, on ${on.join(' and ')}`;
      if (on.length === 1 && !this.maySideBySide(instance, both.length)) found.push(sentence);
      if (on.length > 1 && this.isTooLong(instance, on, nowMs)) found.push(sentence);
    }
    return found;
  }

  private maySideBySide(instance: string, count: number): boolean {
    const parts = parseInstanceId(instance);
    return count === 2 && this.of.startFirst.has(`${parts?.project ?? ''}.${parts?.service ?? ''}`);
  }

  private isTooLong(instance: string, on: readonly string[], nowMs: number): boolean {
    const { impairments } = this;
    if (this.of.once.has(instance)) {
      return !impairments.since(nowMs - STOPS_WITHIN_MS, ['machine'], on);
    }
    const sinceMs = this.overlapSinceMs.get(instance) ?? nowMs;
    const isExcused = impairments.since(nowMs - RETURNS_WITHIN_MS, ['machine', 'network'], on);
    return !isExcused && nowMs - sinceMs > OVERLAP_MS;
  }

  private wasRunning({ host, container }: Sighting): boolean {
    return (this.last.get(host)?.seen.engine?.containers ?? []).some(
      ({ id, isRunning }) => id === container.id && isRunning,
    );
  }

  private foreignTouched({ name, engine }: SeenHost): readonly string[] {
    if (engine === undefined) return [];
    const there = engine.containers.find((it) => it.own === undefined);
    const known = this.foreign.get(name);
    if (known === undefined && there !== undefined) this.foreign.set(name, there.id);
    return known !== undefined && there?.id !== known
      ? [`the foreign container of ${name} is gone, or another one`]
      : [];
  }

  private volumesLost({ name, engine }: SeenHost): readonly string[] {
    if (engine === undefined) return [];
    const known = this.volumes.get(name) ?? new Set();
    this.volumes.set(name, known);
    const lost = [...known].filter((it) => !engine.volumes.includes(it));
    for (const it of engine.volumes) if (isNamed(it)) known.add(it);
    for (const it of lost) known.delete(it);
    return lost.map((it) => `the volume ${it} of ${name} is gone`);
  }

  /** Containers that ran when this host was last seen, and do not now. */
  private noteGone(nowMs: number, { name, engine }: SeenHost): void {
    const before = this.last.get(name);
    const then = before?.seen.engine?.containers ?? [];
    for (const container of then) {
      if (container.own === undefined || !container.isRunning || hasTwin(container, then)) continue;
      const now = engine?.containers.find(({ id }) => id === container.id);
      if (now?.isRunning === true) continue;
      const how = now === undefined ? 'removed' : 'stopped';
      const seenMs = before?.atMs ?? nowMs;
      this.pending.push({ host: name, container, how, seenMs, goneMs: nowMs });
    }
  }

  /** What was taken although it was placed there all the time, as far as etcd has been read since. */
  private takenUnasked(): readonly string[] {
    const judged = this.pending.filter(({ goneMs }) => this.placements.reaches(goneMs));
    this.pending = this.pending.filter((it) => !judged.includes(it));
    return judged.flatMap((gone) => (this.isUnasked(gone) ? [goneText(gone)] : []));
  }

  private isUnasked({ host, container, seenMs, goneMs, how }: Gone): boolean {
    const { instance = '', specHash = '' } = container.own ?? {};
    if (how === 'stopped' && this.of.once.has(instance)) return false;
    const fromMs = seenMs - KNOWLEDGE_MS;
    // An engine or a host that falls takes its containers with it.
    if (how === 'stopped' && this.impairments.since(fromMs, ['machine'], [host])) return false;
    const placement = this.placements.unchanged(placementId(host, instance), fromMs, goneMs);
    return placement?.wanted === 'running' && placement.specHash === specHash;
  }
}

function byInstance(hosts: readonly SeenHost[]): ReadonlyMap<string, readonly Sighting[]> {
  const found = new Map<string, Sighting[]>();
  for (const { name, engine } of hosts) {
    for (const container of engine?.containers ?? []) {
      if (container.own === undefined || !container.isRunning) continue;
      const sightings = found.get(container.own.instance) ?? [];
      sightings.push({ host: name, container });
      found.set(container.own.instance, sightings);
    }
  }
  return found;
}

/** Of two of an instance one has to go. */
const hasTwin = ({ id, own }: SeenContainer, among: readonly SeenContainer[]): boolean =>
  among.some((it) => it.own?.instance === own?.instance && it.id !== id);

/** Anonymous ones go with their containers. */
const isNamed = (volume: string): boolean => !/^[0-9a-f]{64}$/.test(volume);

const goneText = ({ host, container, how }: Gone): string =>
  `${container.name} (${container.id.slice(0, 12)}) was ${how} on ${host}, where it was placed all the time`;
