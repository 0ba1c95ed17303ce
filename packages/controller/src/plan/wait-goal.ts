import {
  nameTable,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type Placement,
  type ProjectName,
  type Report,
} from '@nap/shared';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import type { Chosen } from './chosen.js';

/** What `wait` waits for, besides that all is as wanted. */
export type WaitGoal =
  | { readonly kind: 'healthy' | 'running' | 'exited' }
  /** That a name stands in the hosts files. */
  | { readonly kind: 'name'; readonly name: string };

/** Whose instances it is about. */
export interface WaitScope {
  readonly project: ProjectName;
  /** Absent: all services. */
  readonly chosen?: Chosen;
}

/** An instance that is not there yet, and why. */
export interface Lacking {
  readonly instance: InstanceId;
  readonly host: HostId;
  readonly message: string;
  /** It never will be, unless somebody changes something. */
  readonly isFinal: boolean;
}

export interface Ended {
  readonly instance: InstanceId;
  readonly exitCode: number;
}

export interface GoalState {
  readonly isReached: boolean;
  /** One sentence; what is lacking beside the instances. */
  readonly why: string;
  readonly lacking: readonly Lacking[];
  /** Instances that have ended for good, with the exit code of their program. */
  readonly ended: readonly Ended[];
}

type Stand = 'reached' | 'waiting' | 'final';

/** A failure is final where the agent says of no further try. */
const isFinalFailure = (status: Report['status']): boolean =>
  status.state === 'failed' && status.retryAtMs === undefined;

/** Without a healthcheck what runs is well; a job that has done its work is well too. */
function healthy(status: Report['status']): Stand {
  if (status.state === 'completed') return 'reached';
  if (status.state !== 'running') return isFinalFailure(status) ? 'final' : 'waiting';
  return status.health === 'none' || status.health === 'healthy' ? 'reached' : 'waiting';
}

function running(status: Report['status']): Stand {
  if (status.state === 'running') return 'reached';
  return status.state === 'completed' || isFinalFailure(status) ? 'final' : 'waiting';
}

/** Ended for good: what is started again later has not. */
function exited(status: Report['status']): Stand {
  if (exitCodeOf(status) !== undefined) return 'reached';
  return isFinalFailure(status) ? 'final' : 'waiting';
}

function exitCodeOf(status: Report['status']): number | undefined {
  if (status.state === 'completed') return 0;
  return status.state === 'failed' && status.retryAtMs === undefined ? status.exitCode : undefined;
}

const STANDS: Readonly<
  Record<'healthy' | 'running' | 'exited', (status: Report['status']) => Stand>
> = { healthy, running, exited };

/** The report about this very placement, not about the one before it. */
function currentReport(
  view: ClusterView,
  { instance, host, specHash }: Placement,
): Report | undefined {
  const report = view.reports.get(instance);
  return report?.host === host && report.specHash === specHash ? report : undefined;
}

const runningText = (health: string): string => (health === 'none' ? 'runs' : `runs, ${health}`);

/** Completed says nothing of itself; the rest carries a sentence or is its own word. */
function sentence({ status, message }: Report): string {
  if (status.state === 'completed') return 'has ended with exit code 0, and is not started again';
  const word = status.state === 'running' ? runningText(status.health) : status.state;
  return message === '' ? word : message;
}

function lackingOf(
  view: ClusterView,
  placement: Placement,
  stand: (status: Report['status']) => Stand,
): Lacking | undefined {
  const { instance, host } = placement;
  if (view.hosts.get(host)?.isAlive !== true) {
    return { instance, host, message: `${host} is away`, isFinal: false };
  }
  const report = currentReport(view, placement);
  if (report === undefined) {
    return { instance, host, message: `${host} has not reported yet`, isFinal: false };
  }
  const found = stand(report.status);
  if (found === 'reached') return undefined;
  return { instance, host, message: sentence(report), isFinal: found === 'final' };
}

function scoped(view: ClusterView, { project, chosen }: WaitScope): readonly Placement[] {
  return projectPlacements(view, project).filter(
    ({ instance, wanted }) =>
      wanted === 'running' && (chosen === undefined || isChosen(chosen, instance)),
  );
}

function isChosen(chosen: Chosen, instance: InstanceId): boolean {
  const parts = parseInstanceId(instance);
  const which = parts === undefined ? undefined : chosen.get(parts.service);
  return which === 'all' || (parts !== undefined && which?.has(parts.index) === true);
}

function nameState(view: ClusterView, scope: WaitScope, name: string): GoalState {
  const records = [...view.names.values()].filter(({ project }) => project === scope.project);
  const table = nameTable(scope.project, records);
  const isReached = table.entries.some((entry) => entry.name === name);
  // Those whose name it will be say best why it is not there; an alias is of all of them.
  const all = scoped(view, scope);
  const owners = all.filter(({ instance, spec, aliases }) => {
    const { service = '', index } = parseInstanceId(instance) ?? {};
    return [service, `${service}-${index ?? 0}`, spec.containerName, ...aliases].includes(name);
  });
  const lacking = isReached ? [] : owners.flatMap((it) => lackingOf(view, it, running) ?? []);
  const why =
    owners.length === 0
      ? `no instance of ${scope.project} is called ${name}`
      : `${name} is not published yet`;
  return { isReached, why: isReached ? '' : why, lacking, ended: [] };
}

/** How far the goal is from being reached, as the cluster is now. */
export function goalState(view: ClusterView, scope: WaitScope, goal: WaitGoal): GoalState {
  if (goal.kind === 'name') return nameState(view, scope, goal.name);
  const placements = scoped(view, scope);
  const lacking = placements.flatMap((it) => lackingOf(view, it, STANDS[goal.kind]) ?? []);
  const ended = placements.flatMap((placement): Ended[] => {
    const report = currentReport(view, placement);
    const exitCode = report === undefined ? undefined : exitCodeOf(report.status);
    return exitCode === undefined ? [] : [{ instance: placement.instance, exitCode }];
  });
  const isReached = placements.length > 0 && lacking.length === 0;
  const why =
    placements.length === 0
      ? 'no instance of it is placed, or all are stopped'
      : `${lacking.length} of ${placements.length} instances`;
  return { isReached, why: isReached ? '' : why, lacking, ended };
}
