import { keys, NapError, type ProjectName } from '@nap/shared';
import { withDeadline, type Clock } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { toClusterView, type ClusterView } from '../plan/cluster-view.js';
import { projectProgress, verdict, type InstanceProgress } from '../plan/convergence.js';
import { Changes } from './changes.js';
import { Settling } from './settling.js';

export interface AwaitOptions {
  readonly store: Store;
  readonly project: ProjectName;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called whenever anything changed; for progress. */
  readonly onProgress: (progress: readonly InstanceProgress[]) => void;
}

/**
 * How long a standstill with failures may last before waiting is given up, in ms: long enough for a second try of the
 * agent, which may find the registry or the port again.
 */
const STUCK_AFTER_MS = 5_000;

/**
 * Waits until every instance of the project is as its placement wants it, and what has no healthcheck has run for a moment
 * (`SETTLE_MS`). Throws NOT_CONVERGED when the time is up, or
 * earlier when nothing moves any more and some instance failed; CONFLICT when somebody else changed the project meanwhile.
 * The agents go on whatever happens here.
 */
export async function awaitConverged(options: AwaitOptions): Promise<readonly InstanceProgress[]> {
  const onPassed = (cause: unknown): NapError => timeoutError(options, cause);
  const { timeoutMs: ms, signal: parent, clock } = options;
  return withDeadline({ ms, parent, clock, onPassed }, (signal) => watch({ ...options, signal }));
}

async function watch(options: AwaitOptions): Promise<readonly InstanceProgress[]> {
  const { store, project, signal } = options;
  const placements = await store.snapshot([keys.placements()], signal);
  const mirrors = [keys.projectReports(project), keys.hosts(), keys.projects()].map((prefix) =>
    store.mirror(prefix),
  );
  const changes = new Changes(mirrors, options.clock);
  try {
    await Promise.all(mirrors.map((mirror) => mirror.whenFresh(signal)));
    const view = (): ClusterView =>
      toClusterView([
        ...placements.entries.values(),
        ...mirrors.flatMap((mirror) => [...mirror.entries.values()]),
      ]);
    return await untilConverged(changes, view, options);
  } finally {
    changes.close();
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  }
}

function timeoutError({ timeoutMs, project }: AwaitOptions, cause: unknown): NapError {
  return new NapError(
    'NOT_CONVERGED',
    `${project} did not converge within ${Math.round(timeoutMs / 1000)} s`,
    {
      cause,
      hint: `the agents go on; see nap-controller ps -p ${project}, or wait longer with --timeout`,
    },
  );
}

async function untilConverged(
  changes: Changes,
  view: () => ClusterView,
  options: AwaitOptions,
): Promise<readonly InstanceProgress[]> {
  const { project, clock } = options;
  const revision = view().projects.get(project)?.revision;
  const settling = new Settling();
  let stuckSinceMs: number | undefined;
  for (;;) {
    const now = view();
    const stored = now.projects.get(project);
    if (stored?.revision !== revision) throw overtaken(project, stored?.appliedBy);
    const progress = projectProgress(now, project);
    options.onProgress(progress);
    const state = verdict(progress);
    const settlesInMs = settling.remainingMs(progress, clock.nowMs(), clock.monotonicMs());
    if (state === 'converged' && settlesInMs === 0) return progress;
    stuckSinceMs = state === 'stuck' ? (stuckSinceMs ?? clock.monotonicMs()) : undefined;
    if (stuckSinceMs !== undefined && clock.monotonicMs() - stuckSinceMs >= STUCK_AFTER_MS) {
      throw stuckError(project, progress);
    }
    const atMostMs = state === 'converged' ? settlesInMs : STUCK_AFTER_MS;
    await changes.next(atMostMs, options.signal);
  }
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

function stuckError(project: ProjectName, progress: readonly InstanceProgress[]): NapError {
  const failed = progress.filter(({ phase }) => phase === 'stuck');
  return new NapError(
    'NOT_CONVERGED',
    `${project} does not converge: ${failed.length} of ${progress.length} instances failed`,
    {
      hint: 'the agents try again where that can help; mend the cause, or change the file and apply it again',
      details: {
        failed: failed.map(({ instance, host, message }) => ({ instance, host, message })),
      },
    },
  );
}
