import type { OutOfMemory } from './observed.js';

/**
 * Why a program is not running any more. Restart policy is about a program that ends by itself; one that was taken down
 * by the engine, the host or an operator comes back whatever its policy says.
 */
export type ExitCause =
  /** The program ended: policy decides. */
  | 'itself'
  /** `docker stop` or `docker kill`, by whomever. */
  | 'taken-down'
  /** The engine or the host went away under it. */
  | 'interrupted'
  /** It was to be stopped: it stays so until it is to run again. */
  | 'stopped';

/** One run of a container that is over. */
export interface EndedRun {
  readonly containerId: string;
  readonly startedAt: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly outOfMemory?: OutOfMemory;
}

/** What was decided about a run earlier; it is kept on disk, so that the answer never changes. */
export interface RecordedExit {
  readonly containerId: string;
  readonly startedAt: string;
  readonly cause: ExitCause;
  readonly exitCode: number;
  readonly finishedAtMs: number;
}

/** The newest events of one container, as far as this agent has seen them. */
export interface SeenDeath {
  readonly diedAtMs?: number;
  /** A signal meant to end it. */
  readonly killedAtMs?: number;
  readonly stoppedAtMs?: number;
  /** One that most programs survive, such as HUP. */
  readonly harmless?: { readonly signal: number; readonly atMs: number };
}

export interface ExitEvidence {
  readonly recorded: RecordedExit | undefined;
  readonly seen: SeenDeath | undefined;
  readonly engineStartedAtMs: number;
  /** It was over already when the agent saw for the first time that the engine had been started anew. */
  readonly isOfFormerEngine: boolean;
  readonly nowMs: number;
}

export type ExitVerdict =
  | { readonly kind: 'decided'; readonly cause: ExitCause }
  | { readonly kind: 'undecided'; readonly untilMs: number };

/** The engine may tell of a death before it tells of the signal that caused it. */
const KILL_EVENT_LATE_MS = 100;
/** An inspect can overtake the event of the same death. */
const DIE_EVENT_LATE_MS = 500;
/** A program may take this long to end after it was asked to. */
const KILL_WORKS_WITHIN_MS = 60_000;
/** Clock readings of one moment, taken at different places. */
const SAME_MOMENT_MS = 1_000;

const decided = (cause: ExitCause): ExitVerdict => ({ kind: 'decided', cause });

export function exitCause(run: EndedRun, evidence: ExitEvidence): ExitVerdict {
  const { recorded, seen, engineStartedAtMs, isOfFormerEngine, nowMs } = evidence;
  if (recorded?.containerId === run.containerId && recorded.startedAt === run.startedAt) {
    return decided(recorded.cause);
  }
  const diedAtMs = seen?.diedAtMs;
  if (diedAtMs !== undefined && isDeathOf(run, diedAtMs)) {
    if (isTakenDown(seen ?? {}, run, diedAtMs)) return decided('taken-down');
    const untilMs = diedAtMs + KILL_EVENT_LATE_MS;
    return isAhead(untilMs, nowMs, KILL_EVENT_LATE_MS) ? undecided(untilMs) : decided('itself');
  }
  // Where the clock was set back, only the first of these tells.
  if (isOfFormerEngine || run.startedAtMs < engineStartedAtMs) return decided('interrupted');
  const untilMs = run.finishedAtMs + DIE_EVENT_LATE_MS;
  return isAhead(untilMs, nowMs, DIE_EVENT_LATE_MS) ? undecided(untilMs) : decided('itself');
}

const isDeathOf = ({ startedAtMs, finishedAtMs }: EndedRun, diedAtMs: number): boolean =>
  diedAtMs >= startedAtMs - SAME_MOMENT_MS || Math.abs(diedAtMs - finishedAtMs) <= SAME_MOMENT_MS;

/** The clock was set back while it ran: when it began says nothing. */
const isSetBack = ({ startedAtMs, finishedAtMs }: EndedRun): boolean =>
  finishedAtMs < startedAtMs - SAME_MOMENT_MS;

const undecided = (untilMs: number): ExitVerdict => ({ kind: 'undecided', untilMs });

/** False also when the clock was set back: a wait never grows beyond what it was meant to be. */
const isAhead = (untilMs: number, nowMs: number, atMostMs: number): boolean =>
  nowMs < untilMs && untilMs - nowMs <= atMostMs;

/** What a shell and an init make of the end by a signal. */
const BY_SIGNAL = 128;

function isTakenDown(seen: SeenDeath, run: EndedRun, diedAtMs: number): boolean {
  const { killedAtMs, stoppedAtMs, harmless } = seen;
  const isCause = (atMs: number | undefined): boolean =>
    atMs !== undefined &&
    (atMs >= run.startedAtMs - SAME_MOMENT_MS || isSetBack(run)) &&
    atMs >= diedAtMs - KILL_WORKS_WITHIN_MS;
  const isStopped = stoppedAtMs !== undefined && stoppedAtMs >= diedAtMs - SAME_MOMENT_MS;
  const isEndedByIt = harmless?.signal === run.exitCode - BY_SIGNAL && isCause(harmless.atMs);
  return isCause(killedAtMs) || isStopped || isEndedByIt;
}
