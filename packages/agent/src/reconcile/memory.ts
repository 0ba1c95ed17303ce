import {
  withLastLines,
  type Placement,
  type ReportStatus,
  type RestartSpec,
  type SpecHash,
} from '@nap/shared';
import type { Joined } from './partners.js';
import type { HooksOutcome } from './plan-hooks.js';
import type { RefreshMemory } from './plan-refresh.js';
import type { EndedRun, ExitCause, RecordedExit } from './exit-cause.js';
import { exitTrouble } from './exit-trouble.js';
import type { StepKind } from './step.js';

export type FailureCause = Extract<ReportStatus, { state: 'failed' }>['cause'];

/** What went wrong last, for the report. */
export interface Trouble {
  readonly cause: FailureCause;
  /** A sentence for people. */
  readonly message: string;
  readonly exitCode?: number;
  readonly outOfMemory?: true;
}

/**
 * What the agent remembers of an instance between passes and, on disk, between its own lives: everything about the past
 * that neither etcd nor the engine can tell. It is about one spec; with another spec hash it begins anew.
 */
export interface InstanceMemory {
  readonly specHash: SpecHash;
  /** How often its program was started again. */
  readonly restarts: number;
  /** Ends with an exit code other than 0, for `on-failure` with a maximum. */
  readonly failedExits: number;
  /** Troubles in a row without a minute of running in between: the exponent of the backoff. */
  readonly troubles: number;
  /** No try before this moment. */
  readonly retryAtMs?: number;
  /** What failed last was taking something away: only then does `retryAtMs` hold up taking away. */
  readonly isTakingAway?: boolean;
  readonly trouble?: Trouble;
  readonly exit?: RecordedExit;
  /** It ended by itself with code 0 and need not run again. */
  readonly completedAtMs?: number;
  /** A container of a former cluster that was found with the right spec and kept. */
  readonly adopted?: { readonly containerId: string; readonly cluster: string };
  /** A container that the engine refuses its address: it makes way for one with another address. */
  readonly misaddressed?: string;
  /** Of the newest run whose post-start hooks are over. */
  readonly hooks?: HooksOutcome;
  /** Of the newest run that was seen, where it shares namespaces. */
  readonly joined?: Joined;
  /** When the image was pulled for the container that is to be created next. */
  readonly pulledAtMs?: number;
  /** The newest request to restart it that its container has served, or never had to. */
  readonly restartedFor?: number;
  /** It was well once since it came here beside the one that it takes over from. */
  readonly hasTakenOver?: boolean;
  /** Of the newest request for a newer image: it outlives the spec, or each new one would be a request of its own. */
  readonly refresh?: RefreshMemory;
  /** A wanted removal is finished, volumes and all. */
  readonly isRemoved?: boolean;
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;
/** An instance that ran this long is well again. */
export const STEADY_AFTER_MS = 60_000;
/** `docker restart` is a stop and a start: its own start goes first. */
const TAKEN_DOWN_DELAY_MS = 1_000;

export function newMemory(specHash: SpecHash): InstanceMemory {
  return { specHash, restarts: 0, failedExits: 0, troubles: 0 };
}

/** The memory that belongs to this placement: the old one, or an empty one when the spec or the wish has changed. */
export function memoryFor(
  placement: Placement,
  memory: InstanceMemory | undefined,
): InstanceMemory {
  if (memory === undefined) return newcomer(placement);
  if (memory.specHash !== placement.specHash) {
    const { refresh, restartedFor } = memory;
    return {
      ...newMemory(placement.specHash),
      ...(refresh === undefined ? {} : { refresh }),
      ...(restartedFor === undefined ? {} : { restartedFor }),
    };
  }
  if (memory.isRemoved === true && placement.wanted !== 'removed') return newcomer(placement);
  return memory;
}

/** What was asked for before it came here has been served by that, or by whoever forgot it: nothing is restarted for it. */
function newcomer({ specHash, restart }: Placement): InstanceMemory {
  const restartedFor = restart?.askedAtMs;
  return { ...newMemory(specHash), ...(restartedFor === undefined ? {} : { restartedFor }) };
}

function backoffMs(troubles: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(troubles - 1, 20));
}

/** The longest wait before a next try. */
const longestWaitMs = (restart: RestartSpec | undefined): number =>
  Math.max(BACKOFF_MAX_MS, restart?.delayMs ?? 0);

/** A wait never grows beyond what it was meant to be, although the clock was set back after it began. */
export function withinReach(
  memory: InstanceMemory,
  restart: RestartSpec | undefined,
  nowMs: number,
): InstanceMemory {
  const latestMs = nowMs + longestWaitMs(restart);
  const near = (memory.retryAtMs ?? 0) > latestMs ? { ...memory, retryAtMs: latestMs } : memory;
  const { refresh } = near;
  if (refresh?.failed === undefined || refresh.failed.retryAtMs <= nowMs + BACKOFF_MAX_MS)
    return near;
  const failed = { ...refresh.failed, retryAtMs: nowMs + BACKOFF_MAX_MS };
  return { ...near, refresh: { ...refresh, failed } };
}

/** Whether policy lets a program run again that ended by itself. */
export type PolicyVerdict = 'completed' | 'restart' | 'failed';

export function policyVerdict(
  restart: RestartSpec,
  exitCode: number,
  failedExits: number,
): PolicyVerdict {
  switch (restart.condition) {
    case 'always':
    case 'unless-stopped':
      return 'restart';
    case 'no':
      return exitCode === 0 ? 'completed' : 'failed';
    case 'on-failure': {
      if (exitCode === 0) return 'completed';
      const { maxAttempts } = restart;
      // As for the engine, a maximum of 0 is none.
      const isOver = maxAttempts !== undefined && maxAttempts > 0 && failedExits > maxAttempts;
      return isOver ? 'failed' : 'restart';
    }
  }
}

/** A run is over and its cause is decided. */
export function afterExit(
  memory: InstanceMemory,
  run: EndedRun,
  cause: ExitCause,
  restart: RestartSpec,
): InstanceMemory {
  const { containerId, startedAt, exitCode, finishedAtMs } = run;
  const exit: RecordedExit = { containerId, startedAt, cause, exitCode, finishedAtMs };
  const { hooks } = memory;
  if (
    hooks?.outcome === 'failed' &&
    hooks.containerId === containerId &&
    hooks.startedAt === startedAt
  ) {
    // Its start had failed before, and that counts, with its trouble and its backoff.
    return { ...memory, exit: { ...exit, cause: 'taken-down' } };
  }
  const { completedAtMs: _completed, ...remembered } = memory;
  const rest = forgiven(remembered);
  if (cause === 'interrupted') return { ...rest, exit };
  if (cause === 'taken-down') {
    return { ...rest, exit, retryAtMs: finishedAtMs + TAKEN_DOWN_DELAY_MS };
  }
  const failedExits = memory.failedExits + (exitCode === 0 ? 0 : 1);
  if (policyVerdict(restart, exitCode, failedExits) === 'completed') {
    return { ...rest, failedExits, exit, completedAtMs: finishedAtMs };
  }
  const ranMs = finishedAtMs - run.startedAtMs;
  const troubles = ranMs >= STEADY_AFTER_MS ? 1 : memory.troubles + 1;
  const delayMs = Math.max(restart.delayMs ?? 0, backoffMs(troubles));
  return {
    ...rest,
    failedExits,
    troubles,
    exit,
    retryAtMs: finishedAtMs + delayMs,
    trouble: exitTrouble(run),
  };
}

const TAKES_AWAY: ReadonlySet<StepKind> = new Set([
  'withdraw-name',
  'drain',
  'pre-stop',
  'stop',
  'remove',
  'remove-volume',
  'forget',
]);

export interface FailedStep {
  readonly step: StepKind;
  readonly nowMs: number;
}

/** A step failed because of the instance: image, port, name, option. */
export function afterTrouble(
  memory: InstanceMemory,
  trouble: Trouble,
  { step, nowMs }: FailedStep,
): InstanceMemory {
  const troubles = memory.troubles + 1;
  const retryAtMs = nowMs + backoffMs(troubles);
  return { ...memory, troubles, trouble, retryAtMs, isTakingAway: TAKES_AWAY.has(step) };
}

export type HookedRun = Pick<HooksOutcome, 'containerId' | 'startedAt'>;

/** The start is over, hooks and all. */
export function afterHooks(memory: InstanceMemory, run: HookedRun): InstanceMemory {
  const { trouble, ...rest } = memory;
  return {
    ...rest,
    hooks: { ...run, outcome: 'done' },
    ...(trouble === undefined || trouble.cause === 'hook-failed' ? {} : { trouble }),
  };
}

/** The start has failed although the program runs: it is to be stopped. To be called with what `afterTrouble` yields. */
export function afterFailedHook(memory: InstanceMemory, run: HookedRun): InstanceMemory {
  return { ...memory, hooks: { ...run, outcome: 'failed' } };
}

/** The image is as new as it is to be for the next container. */
export function afterPull(memory: InstanceMemory, nowMs: number): InstanceMemory {
  return { ...memory, pulledAtMs: nowMs };
}

/** A request for a newer image is served: `outdated` is the container that was made of another one. */
export function afterRefresh(
  memory: InstanceMemory,
  asked: number,
  outdated: string | undefined,
): InstanceMemory {
  if (outdated === undefined) return { ...memory, refresh: { asked } };
  // What the old container has gone through says nothing about the new one.
  return { ...atRest(memory), refresh: { asked, outdated } };
}

/** The instance has a container: that goes on as it is, and the registry is asked again a few times. */
export function afterRefreshFailed(
  memory: InstanceMemory,
  asked: number,
  { message, nowMs }: { readonly message: string; readonly nowMs: number },
): InstanceMemory {
  // Another request begins anew.
  const before = memory.refresh?.asked === asked ? memory.refresh.failed : undefined;
  const tries = (before?.tries ?? 0) + 1;
  return {
    ...memory,
    refresh: { asked, failed: { tries, message, retryAtMs: nowMs + backoffMs(tries) } },
  };
}

/** A container was made: the next one may want a newer image. */
export function afterCreation({ pulledAtMs: _pulled, ...rest }: InstanceMemory): InstanceMemory {
  return rest;
}

/** The engine refuses the address that this container was created with, at every start anew. */
export function afterAddressRefused(memory: InstanceMemory, containerId: string): InstanceMemory {
  return { ...memory, misaddressed: containerId };
}

/** The engine itself cannot be reached: not the instance's fault, and soon over. */
export function afterEngineOutage(
  memory: InstanceMemory,
  { step, nowMs }: FailedStep,
): InstanceMemory {
  const retryAtMs = nowMs + BACKOFF_FIRST_MS;
  return { ...memory, retryAtMs, isTakingAway: TAKES_AWAY.has(step) };
}

export function afterSteady(memory: InstanceMemory): InstanceMemory {
  return { ...forgiven(memory), troubles: 0 };
}

/** Without what went wrong last, and with no wait because of it. */
function forgiven(memory: InstanceMemory): InstanceMemory {
  const { retryAtMs: _retry, isTakingAway: _is, trouble: _trouble, ...rest } = memory;
  return rest;
}

/** It was started, and did not stay: neither the engine nor the registry has a part in it. */
export const isOfProgram = ({ cause }: Trouble): boolean =>
  cause === 'exited' || cause === 'hook-failed';

/**
 * Its program was started: for the first time, or again. What kept it from starting is over. `restart`: the request that this
 * serves; when it is a new one the past is over too.
 */
export function afterStart(
  memory: InstanceMemory,
  isRestart: boolean,
  restart?: number,
): InstanceMemory {
  if (restart !== undefined && restart !== memory.restartedFor) {
    const { completedAtMs: _completed, ...rest } = atRest(memory);
    return { ...rest, restartedFor: restart };
  }
  const { trouble, misaddressed: _misaddressed, ...rest } = memory;
  return {
    ...rest,
    restarts: memory.restarts + (isRestart ? 1 : 0),
    // What went wrong after a start may do so again: that stays worth telling until it has run for a while.
    ...(trouble !== undefined && isOfProgram(trouble) ? { trouble } : {}),
  };
}

/** A container of its former spec was started while it got another one, which begins anew: only the request is served. */
export const afterStartOfFormer = (memory: InstanceMemory, restart?: number): InstanceMemory =>
  restart === undefined ? memory : { ...memory, restartedFor: restart };

/** It is stopped, and nothing of it runs: what went wrong before does not count when it is started. */
export function atRest(memory: InstanceMemory): InstanceMemory {
  const { misaddressed: _misaddressed, ...rest } = forgiven(memory);
  const { retryAtMs, trouble, restarts, failedExits, troubles } = memory;
  const isClean = retryAtMs === undefined && trouble === undefined && troubles === 0;
  if (isClean && restarts === 0 && failedExits === 0) return memory;
  return { ...rest, restarts: 0, failedExits: 0, troubles: 0 };
}

/** It has ended while it was to be stopped, however: its policy has no say in that. What had completed has. */
export function afterStopped(memory: InstanceMemory, run: EndedRun): InstanceMemory {
  const { containerId, startedAt, exitCode, finishedAtMs } = run;
  if (memory.completedAtMs !== undefined) return memory;
  const { exit } = memory;
  const isNoted = exit?.containerId === containerId && exit.startedAt === startedAt;
  if (isNoted && exit.cause === 'stopped') return memory;
  return {
    ...memory,
    exit: { containerId, startedAt, cause: 'stopped', exitCode, finishedAtMs },
  };
}

/** What the program wrote last belongs to the sentence about its end. */
export function afterLastLines(memory: InstanceMemory, lines: string): InstanceMemory {
  const { trouble } = memory;
  if (trouble === undefined || lines === '') return memory;
  return { ...memory, trouble: { ...trouble, message: withLastLines(trouble.message, lines) } };
}
