import {
  sentenceOf,
  withoutOlder,
  type InstanceId,
  type Placement,
  type Report,
  type SpecHash,
} from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import type { RolloutRules } from './rollout-rules.js';

/** The moment of a look: wall time, and a clock that never jumps. */
export interface Moment {
  readonly nowMs: number;
  readonly monotonicMs: number;
}

interface Seen {
  readonly specHash: SpecHash;
  readonly restartMs: number | undefined;
  readonly sinceMs: number;
}

/** How a new container is, as its report says it. */
export interface Condition {
  /** well: for as long as its service's rules ask. failed: its last try, its health check, or its program has ended. */
  readonly kind: 'coming' | 'well' | 'failed' | 'away';
  /** It counts among those that are replaced at a time, until the delay after it is over. */
  readonly isSlotTaken: boolean;
  /** For people, after the name of the instance. */
  readonly text: string;
}

/** What has run for so long is well again, as agents see it too. */
const STEADY_AFTER_MS = 60_000;

/** Since when instances have been seen well with a spec, on the monotonic clock of whoever looks. */
export class WellSince {
  readonly #seen: ReadonlyMap<InstanceId, Seen>;

  constructor(seen: ReadonlyMap<InstanceId, Seen> = new Map()) {
    this.#seen = seen;
  }

  /** A look at one moment. */
  at(moment: Moment): Look {
    return new Look(this.#seen, moment);
  }
}

/** What one look sees, to be remembered for the next. */
class Look {
  readonly #before: ReadonlyMap<InstanceId, Seen>;
  readonly #after = new Map<InstanceId, Seen>();
  readonly #moment: Moment;
  #wakeInMs = Infinity;

  constructor(before: ReadonlyMap<InstanceId, Seen>, moment: Moment) {
    this.#before = before;
    this.#moment = moment;
  }

  get next(): WellSince {
    return new WellSince(this.#after);
  }

  /** Until the first of those that have been well for less than was asked for has been; undefined: there is none. */
  get wakeInMs(): number | undefined {
    return this.#wakeInMs === Infinity ? undefined : this.#wakeInMs;
  }

  /** It runs for so long that it does not matter any more that it was started again; by the clock of its host alone. */
  isSteady({ status }: Report, { monitorMs }: RolloutRules): boolean {
    if (status.state !== 'running') return false;
    return this.#moment.nowMs - status.startedAtMs >= Math.max(STEADY_AFTER_MS, monitorMs);
  }

  /**
   * For how long an instance has been well, in ms. It counts from when its host says that it was started, or from when it
   * was first seen here: whichever is longer ago, so that a host whose clock is ahead holds nobody up.
   */
  lastedMs({ instance, specHash, restart }: Placement, startedAtMs: number): number {
    const { nowMs, monotonicMs } = this.#moment;
    const before = this.#before.get(instance);
    const restartMs = restart?.askedAtMs;
    const isSame = before?.specHash === specHash && before.restartMs === restartMs;
    const seen = isSame ? before : { specHash, restartMs, sinceMs: monotonicMs };
    this.#after.set(instance, seen);
    return Math.max(nowMs - startedAtMs, monotonicMs - seen.sinceMs);
  }

  /** Something is to be looked at again when so much more time has passed. */
  waitFor(ms: number): void {
    if (ms > 0) this.#wakeInMs = Math.min(this.#wakeInMs, ms);
  }
}

const COMING: Condition = { kind: 'coming', isSlotTaken: true, text: 'is on its way' };

export function conditionOf(
  view: ClusterView,
  placement: Placement,
  rules: RolloutRules,
  {
    look,
    isRefresh,
  }: {
    readonly look: ReturnType<WellSince['at']>;
    /** It was to look for a newer image, and to replace its container only where there is one. */
    readonly isRefresh: boolean;
  },
): Condition {
  const { instance, host, specHash } = placement;
  if (view.hosts.get(host)?.isAlive !== true) {
    return { kind: 'away', isSlotTaken: false, text: `is on ${host}, which is away` };
  }
  const report = view.reports.get(instance);
  if (report?.host !== host || report.specHash !== specHash) return COMING;
  if (isOfBefore(placement, report)) return COMING;
  const looked = isRefresh ? refreshCondition(placement, report) : undefined;
  if (looked !== undefined) return looked;
  const failure = failureOf(report, look.isSteady(report, rules));
  if (failure !== undefined) return { kind: 'failed', isSlotTaken: true, text: failure };
  const { status } = report;
  if (status.state === 'completed') return { kind: 'well', isSlotTaken: false, text: 'is done' };
  if (status.state !== 'running' || status.health === 'starting') return COMING;
  return lasting(look.lastedMs(placement, status.startedAtMs), rules, look);
}

/** How a look for a newer image stands; undefined: there was one, and it counts how the container made of it is. */
function refreshCondition({ refresh = 0 }: Placement, report: Report): Condition | undefined {
  if (report.status.state === 'completed') return undefined;
  const { asked = 0, state, isNewer } = report.refresh ?? {};
  if (asked < refresh || state === 'replacing') return COMING;
  if (isNewer === true) return undefined;
  // Where none could be had what was there runs on: a registry that is away is no reason to go back to an older version.
  if (state === 'failed') return { kind: 'well', isSlotTaken: false, text: 'found no newer image' };
  return { kind: 'well', isSlotTaken: false, text: 'is of the newest image' };
}

/** It tells of the program as it was before the restart that its placement asks for. */
function isOfBefore({ restart }: Placement, { restartedFor, status }: Report): boolean {
  if (restart === undefined || restartedFor === restart.askedAtMs) return false;
  // The restart itself may fail: where the engine refuses it, or cannot find what it needs.
  const isOfProgram = status.state === 'failed' && PROGRAMS.has(status.cause);
  return status.state !== 'failed' || isOfProgram;
}

const PROGRAMS: ReadonlySet<string> = new Set(['exited', 'hook-failed']);

/** What a rollout counts as a failure of a new container. That of a dependency is the dependency's own. */
function failureOf({ status, restarts, message }: Report, isSteady: boolean): string | undefined {
  if (status.state === 'failed' && status.cause !== 'dependency') {
    return `failed: ${sentenceOf(withoutOlder(message))}`;
  }
  if (status.state === 'completed') return undefined;
  if (restarts > 0 && !isSteady)
    return `was started again ${restarts === 1 ? 'once' : `${restarts} times`}`;
  return status.state === 'running' && status.health === 'unhealthy' ? 'is unhealthy' : undefined;
}

function lasting(
  lastedMs: number,
  { monitorMs, delayMs }: RolloutRules,
  look: ReturnType<WellSince['at']>,
): Condition {
  look.waitFor(monitorMs - lastedMs);
  look.waitFor(monitorMs + delayMs - lastedMs);
  if (lastedMs < monitorMs) return COMING;
  return { kind: 'well', isSlotTaken: lastedMs < monitorMs + delayMs, text: 'is well' };
}
