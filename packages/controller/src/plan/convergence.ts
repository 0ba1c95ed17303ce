import type { HostId, InstanceId, Placement, Report } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { projectPlacements } from './cluster-view.js';
import type { ProjectName } from '@nap/shared';

/** How far one instance is on its way to what its placement wants. */
export interface InstanceProgress {
  readonly instance: InstanceId;
  readonly host: HostId;
  /** done: as wanted. working: on its way. stuck: its last try failed. away: its host's agent holds no lease, and it was there before. */
  readonly phase: 'done' | 'working' | 'stuck' | 'away';
  /** One word of the report, such as `running`, or `waiting`. */
  readonly state: string;
  readonly message: string;
  /** Of a program that runs and has no healthcheck: nothing else says that it is well. */
  readonly startedAtMs?: number;
}

function isDone(report: Report): boolean {
  const { status } = report;
  if (status.state === 'completed') return true;
  return status.state === 'running' && (status.health === 'none' || status.health === 'healthy');
}

/** A request for a newer image is served; what need not run again needs none, and what found none runs on as it is. */
function hasLooked({ refresh }: Placement, report: Report): boolean {
  if (refresh === undefined || report.status.state === 'completed') return true;
  const { asked = 0, state } = report.refresh ?? {};
  return asked >= refresh && state !== 'replacing';
}

/** Instances that were to look for a newer image and could not: they run on with the one that they have. */
export function foundNoImage(view: ClusterView, project: ProjectName): readonly Report[] {
  return projectPlacements(view, project).flatMap(({ instance, refresh, wanted }) => {
    const report = view.reports.get(instance);
    if (wanted !== 'running' || refresh === undefined || report === undefined) return [];
    const { asked, state } = report.refresh ?? {};
    return asked === refresh && state === 'failed' ? [report] : [];
  });
}

/** Its program still runs as it did before a restart was asked for. */
function isUnserved({ restart }: Placement, { restartedFor, status }: Report): boolean {
  return restart !== undefined && restartedFor !== restart.askedAtMs && status.state !== 'failed';
}

/** What tells how far instances are. */
type ProgressView = Pick<ClusterView, 'hosts' | 'placements' | 'reports'>;

function placementProgress(view: ProgressView, placement: Placement): InstanceProgress {
  const { instance, host, wanted, yieldsTo } = placement;
  const report = view.reports.get(instance);
  if (view.hosts.get(host)?.isAlive !== true) {
    // What ran there may well run on; what nobody has ever heard of does not run anywhere.
    const phase = wanted === 'running' && report === undefined ? 'working' : 'away';
    return { instance, host, phase, state: 'away', message: `${host} is away` };
  }
  if (yieldsTo !== undefined) {
    const message =
      wanted === 'removed'
        ? `is stopped, and then started on ${yieldsTo}`
        : `runs on until it is well on ${yieldsTo}`;
    return { instance, host, phase: 'working', state: 'yielding', message };
  }
  if (report?.host !== host || report.specHash !== placement.specHash) {
    return {
      instance,
      host,
      phase: 'working',
      state: 'waiting',
      message: `${host} has not reported yet`,
    };
  }
  return { instance, host, ...reportedProgress(placement, report) };
}

function reportedProgress(
  placement: Placement,
  report: Report,
): Omit<InstanceProgress, 'instance' | 'host'> {
  const { wanted } = placement;
  const { message, status } = report;
  if (wanted === 'running' && isUnserved(placement, report)) {
    // What waits is not on its way: it may wait for what has failed.
    const state = report.status.state === 'pending' ? 'pending' : 'restarting';
    return { phase: 'working', state, message };
  }
  const { state } = status;
  const isLooking = isDone(report) && !hasLooked(placement, report);
  if (wanted === 'running' && isLooking && message === '') {
    const isReplaced = report.refresh?.state === 'replacing';
    const told = isReplaced ? 'makes way for a newer image' : 'looks for a newer image';
    return { phase: 'working', ...wordFor(status), message: told };
  }
  const done = {
    running: isDone(report) && !isLooking,
    stopped: state === 'stopped' || state === 'completed',
    removed: state === 'removed',
  }[wanted];
  const phase = done ? 'done' : state === 'failed' ? 'stuck' : 'working';
  return { phase, message, ...wordFor(status) };
}

function wordFor(status: Report['status']): Pick<InstanceProgress, 'state' | 'startedAtMs'> {
  if (status.state !== 'running') return { state: status.state };
  return status.health === 'none'
    ? { state: 'running', startedAtMs: status.startedAtMs }
    : { state: status.health };
}

/** Instances that have a report but no placement: on their way out. */
function leaving(
  view: ProgressView,
  project: ProjectName,
  placed: ReadonlySet<string>,
): InstanceProgress[] {
  return [...view.reports.values()]
    .filter((report) => report.instance.startsWith(`${project}.`) && !placed.has(report.instance))
    .map(({ instance, host, message }) => {
      const isAlive = view.hosts.get(host)?.isAlive === true;
      return {
        instance,
        host,
        phase: isAlive ? 'working' : 'away',
        state: isAlive ? 'removing' : 'away',
        message,
      };
    });
}

/** Every instance of the project, placed or leaving. */
export function projectProgress(
  view: ProgressView,
  project: ProjectName,
): readonly InstanceProgress[] {
  const placements = projectPlacements(view, project);
  const placed = new Set<string>(placements.map(({ instance }) => instance));
  return [
    ...placements.map((placement) => placementProgress(view, placement)),
    ...leaving(view, project, placed),
  ];
}

/** Nothing moves, and some wait for those that have failed: no rollout gets past that. */
export function isDeadlocked(progress: readonly InstanceProgress[]): boolean {
  return verdict(progress) === 'stuck' && progress.some(({ state }) => state === 'pending');
}

/** In one word how a project or a service is: `stopped` where all of it is as wanted, and that is to be stopped. */
export function stateOf(progress: readonly InstanceProgress[]): string {
  const isAtRest = progress.some(({ state }) => state === 'stopped');
  const isAll = progress.every(({ state }) => state === 'stopped' || state === 'completed');
  return isAtRest && isAll ? 'stopped' : verdict(progress);
}

/**
 * Whether waiting on makes sense. converged: all is as wanted (what was on a host before that is away now is left out). stuck: nothing
 * moves any more without help: some instance failed, and all others are done or wait for those that failed.
 */
export function verdict(progress: readonly InstanceProgress[]): 'converged' | 'stuck' | 'working' {
  const here = progress.filter(({ phase }) => phase !== 'away');
  if (here.every(({ phase }) => phase === 'done')) return 'converged';
  const isMoving = here.some(({ phase, state }) => phase === 'working' && state !== 'pending');
  const hasFailed = here.some(({ phase }) => phase === 'stuck');
  return hasFailed && !isMoving ? 'stuck' : 'working';
}
