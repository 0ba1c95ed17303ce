import { parseInstanceId, type Placement, type Project, type ProjectName } from '@nap/shared';
import type { Change, Plan } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { isStopped } from './stopped.js';

type Stop = Extract<Change, { kind: 'update' }>;

export interface Ordered {
  readonly plan: Plan;
  /** What is stopped later, and after what. */
  readonly held: readonly { readonly instance: Placement['instance']; readonly reason: string }[];
}

const isStop = (change: Change): change is Stop =>
  change.kind === 'update' && change.program === 'stops';

const serviceOf = ({ instance }: Pick<Placement, 'instance'>): string | undefined =>
  parseInstanceId(instance)?.service;

/**
 * What is stopped goes after what depends on it: the rest of the plan, and those for which nothing is waited any more. Read
 * from placements and reports anew each time, as everything that goes on in steps.
 */
export function inStopOrder(view: ClusterView, plan: Plan, project: Project): Ordered {
  const stops = plan.changes.filter(isStop);
  if (stops.length === 0) return { plan, held: [] };
  const busy = new Set([
    ...stops
      .filter(({ placement }) => isHere(view, placement))
      .map((it) => serviceOf(it.placement)),
    ...projectPlacements(view, project.name)
      .filter((placement) => isStopping(view, placement))
      .map(serviceOf),
  ]);
  const dependents = new Map<string, string>();
  for (const { name, dependencies } of project.services) {
    if (busy.has(name)) for (const { service } of dependencies) dependents.set(service, name);
  }
  const afterWhat = ({ placement }: Stop): string | undefined =>
    dependents.get(serviceOf(placement) ?? '');
  return {
    plan: {
      ...plan,
      changes: plan.changes.filter((it) => !isStop(it) || afterWhat(it) === undefined),
    },
    held: stops.flatMap((it) => {
      const first = afterWhat(it);
      const { instance } = it.placement;
      return first === undefined ? [] : [{ instance, reason: `waits for ${first} to be stopped` }];
    }),
  };
}

/** Nobody knows when a host is back that is away. */
const isHere = (view: ClusterView, { host }: Placement): boolean =>
  view.hosts.get(host)?.isAlive === true;

/** What cannot be stopped holds nobody up for ever. */
const AT_AN_END: ReadonlySet<string> = new Set(['stopped', 'completed', 'failed', 'removed']);

function isStopping(view: ClusterView, placement: Placement): boolean {
  if (placement.wanted !== 'stopped' || !isHere(view, placement)) return false;
  const report = view.reports.get(placement.instance);
  return report?.host !== placement.host || !AT_AN_END.has(report.status.state);
}

/** Something of the project is still to be stopped: somebody has to go on with that. */
export function hasStopsLeft(view: ClusterView, name: ProjectName): boolean {
  const services = (view.projects.get(name)?.project.services ?? []).filter(
    ({ stopped }) => stopped !== undefined,
  );
  if (services.length === 0) return false;
  return projectPlacements(view, name).some(({ instance, wanted, yieldsTo }) => {
    if (wanted !== 'running' || yieldsTo !== undefined) return false;
    const parts = parseInstanceId(instance);
    const service = services.find((it) => it.name === parts?.service);
    return service !== undefined && parts !== undefined && isStopped(service, parts.index);
  });
}
