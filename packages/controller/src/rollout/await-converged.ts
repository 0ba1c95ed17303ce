import { keys, NapError, type ProjectName } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { ClusterView } from '../plan/cluster-view.js';
import {
  isDeadlocked,
  projectProgress,
  verdict,
  type InstanceProgress,
} from '../plan/convergence.js';
import { rolledBackOf } from '../plan/plan-paced.js';
import { hasStopsLeft } from '../plan/stop-order.js';
import type { Changes } from './changes.js';
import { MirroredView } from './mirrored-view.js';
import { isRolling, isTakenOver } from './pacer.js';
import { memoryOf } from './read-view.js';
import { Settling } from './settling.js';
import { withTimeLimit, type Left } from './time-limit.js';
import { withMirrors } from './with-mirrors.js';

export interface AwaitOptions {
  readonly store: Store;
  readonly project: ProjectName;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called whenever anything changed; for progress. */
  readonly onProgress: (progress: readonly InstanceProgress[]) => void;
  /** Does what is due of a rollout; resolves with the time in ms until something is due again, undefined: when something changes. */
  readonly advance: (isDaemonActive: boolean) => Promise<number | undefined>;
  /** Asked after each `advance`: nobody needs to wait here any more. Absent: until all is as wanted. */
  readonly isEnough?: (view: ClusterView) => boolean;
  /** A rollout that stands still keeps nothing from being reached. */
  readonly isPastRollouts?: boolean;
  /** The revision that is waited for; what has been brought back in its place by now is not what was asked for. Absent: the one that is found. */
  readonly revision?: number | undefined;
}

/**
 * How long a standstill with failures may last before waiting is given up, in ms: long enough for a second try of the
 * agent, which may find the registry or the port again.
 */
const STUCK_AFTER_MS = 5_000;
/** Everything that matters wakes the waiting; this is for a write that lost its race. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until every instance of the project is as its placement wants it, and what has no healthcheck has run for a moment
 * (`SETTLE_MS`). Throws NOT_CONVERGED when the time is up, or
 * earlier when nothing moves any more and some instance failed; CONFLICT when somebody else changed the project meanwhile.
 * The agents go on whatever happens here.
 */
export async function awaitConverged(options: AwaitOptions): Promise<readonly InstanceProgress[]> {
  let latest: readonly InstanceProgress[] = [];
  const onProgress = (progress: readonly InstanceProgress[]): void => {
    latest = progress;
    options.onProgress(progress);
  };
  const onPassed = (cause?: unknown): NapError => timeoutError(options, latest, cause);
  const { timeoutMs, signal: parent, clock } = options;
  return withTimeLimit({ timeoutMs, parent, clock, onPassed }, (signal, left) =>
    watch({ ...options, onProgress, signal, left }),
  );
}

/** With what is left of its time. */
interface WatchOptions extends AwaitOptions {
  readonly left: Left;
}

async function watch(options: WatchOptions): Promise<readonly InstanceProgress[]> {
  const { store, project } = options;
  const prefixes = [
    ...[keys.projectReports(project), keys.projectNames(project)],
    ...[keys.placements(), keys.hosts(), keys.project(project), keys.daemon()],
  ];
  const { documents, before } = memoryOf(store);
  // Other projects' placements change nothing here, and are most of what there is.
  const isWanted = (key: string): boolean =>
    !key.startsWith(keys.placements()) || key.includes(`/${project}.`);
  return withMirrors(store, prefixes, { ...options, before }, ({ mirrors, changes }) => {
    const mirrored = new MirroredView(mirrors, { documents, isWanted });
    const view = (): ClusterView => mirrored.view;
    const isDaemonActive = (): boolean => mirrors.some(({ entries }) => entries.has(keys.daemon()));
    return untilConverged({ changes, view, isDaemonActive }, options);
  });
}

function timeoutError(
  { timeoutMs, project }: AwaitOptions,
  latest: readonly InstanceProgress[],
  cause: unknown,
): NapError {
  const lacking = latest.filter(({ phase }) => phase !== 'done');
  return new NapError(
    'NOT_CONVERGED',
    `${project} did not converge within ${Math.round(timeoutMs / 1000)} s`,
    {
      cause,
      details: { failed: lacking.map(toFailed) },
      hint: `the agents go on; see nap-controller ps -p ${project}, or wait longer with --timeout`,
    },
  );
}

interface Watched {
  readonly changes: Changes;
  readonly view: () => ClusterView;
  readonly isDaemonActive: () => boolean;
}

async function untilConverged(
  watched: Watched,
  options: WatchOptions,
): Promise<readonly InstanceProgress[]> {
  const { project, clock, left } = options;
  const aim = new Aim(project, options.revision ?? watched.view().projects.get(project)?.revision);
  const settling = new Settling();
  const patience = new Patience(project, clock);
  for (;;) {
    const now = watched.view();
    aim.check(now);
    const progress = projectProgress(now, project);
    options.onProgress(progress);
    if (isRolling(now, project) && !isPastRollout(now, options)) {
      const dueInMs = await options.advance(watched.isDaemonActive());
      if (options.isEnough?.(now) === true) return aim.reached(progress);
      patience.check(isDeadlocked(progress) ? 'stuck' : 'working', progress);
      await watched.changes.next(left(dueInMs ?? LOOK_AGAIN_MS), options.signal);
      continue;
    }
    if (options.isEnough !== undefined) return aim.reached(progress);
    const state = verdict(progress);
    const settlesInMs = settling.remainingMs(progress, clock.nowMs(), clock.monotonicMs());
    if (state === 'converged' && settlesInMs === 0) return aim.reached(progress);
    patience.check(state, progress);
    const atMostMs = state === 'converged' ? settlesInMs : STUCK_AFTER_MS;
    await watched.changes.next(left(atMostMs), options.signal);
  }
}

/** Throws NOT_CONVERGED where a rollout that stands still keeps it from going on; true: there is one, and it need not. */
function isPastRollout(view: ClusterView, { project, isPastRollouts }: AwaitOptions): boolean {
  const { paused } = view.rollouts.get(project) ?? {};
  if (paused === undefined || isTakenOver(view, project) || hasStopsLeft(view, project)) {
    return false;
  }
  if (isPastRollouts === true) return true;
  throw pausedError(project, paused, projectProgress(view, project));
}

/** The revision that is waited for, or what has been brought back in its place. */
class Aim {
  readonly #project: ProjectName;
  #revision: number | undefined;
  #rolledBack: string | undefined;

  constructor(project: ProjectName, revision: number | undefined) {
    this.#project = project;
    this.#revision = revision;
  }

  /** Throws CONFLICT when somebody else has changed the project. */
  check(view: ClusterView): void {
    const stored = view.projects.get(this.#project);
    if (stored?.revision === this.#revision) return;
    const { rollback, message, revision, appliedBy } = stored ?? {};
    const failed = rolledBackOf(stored);
    if (failed === undefined || failed !== this.#revision)
      throw overtaken(this.#project, appliedBy);
    this.#revision = revision;
    this.#rolledBack = `revision ${failed} of ${this.#project} was ${message}; revision ${rollback?.to} is back`;
  }

  /** Throws NOT_CONVERGED when what is reached is what was there before. */
  reached(progress: readonly InstanceProgress[]): readonly InstanceProgress[] {
    if (this.#rolledBack === undefined) return progress;
    throw new NapError('NOT_CONVERGED', this.#rolledBack, {
      hint: 'mend the cause and apply again; --no-rollback leaves the new version as it is, to be looked at',
    });
  }
}

/** Gives up when nothing moves any more and something has failed, but not at once. */
class Patience {
  readonly #project: ProjectName;
  readonly #clock: Clock;
  #stuckSinceMs: number | undefined;

  constructor(project: ProjectName, clock: Clock) {
    this.#project = project;
    this.#clock = clock;
  }

  check(state: ReturnType<typeof verdict>, progress: readonly InstanceProgress[]): void {
    const nowMs = this.#clock.monotonicMs();
    this.#stuckSinceMs = state === 'stuck' ? (this.#stuckSinceMs ?? nowMs) : undefined;
    const isOver = this.#stuckSinceMs !== undefined && nowMs - this.#stuckSinceMs >= STUCK_AFTER_MS;
    if (isOver) throw stuckError(this.#project, progress);
  }
}

/** The reason is one sentence: what the programs wrote stands with the instances. */
function pausedError(
  project: ProjectName,
  paused: string,
  progress: readonly InstanceProgress[],
): NapError {
  return new NapError('NOT_CONVERGED', `the rollout of ${project} stands still: ${paused}`, {
    details: { failed: progress.filter(({ phase }) => phase === 'stuck').map(toFailed) },
    hint: `the instances that were not replaced yet run on as before; mend the cause and apply again, or nap-controller rollback -p ${project}`,
  });
}

function overtaken(project: ProjectName, by: string | undefined): NapError {
  return new NapError(
    'CONFLICT',
    by === undefined
      ? `${project} was taken down while this command waited for it`
      : `${by} changed ${project} while this command waited for it`,
    { hint: `what this command wrote was replaced; see nap-controller ps -p ${project}` },
  );
}

/** As errors list them; what has no sentence has its state. */
const toFailed = ({ instance, host, state, message }: InstanceProgress) => ({
  ...{ instance, host },
  message: message === '' ? state : message,
});

function stuckError(project: ProjectName, progress: readonly InstanceProgress[]): NapError {
  const failed = progress.filter(({ phase }) => phase === 'stuck');
  return new NapError(
    'NOT_CONVERGED',
    `${project} does not converge: ${failed.length} of ${progress.length} instances failed`,
    {
      hint: `the agents try again where that can help; mend the cause, or change the file and apply it again; what has ended, and no policy restarts, is started by nap-controller restart ${project}/SERVICE`,
      details: {
        failed: failed.map(toFailed),
      },
    },
  );
}
