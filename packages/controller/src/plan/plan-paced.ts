import type { ProjectRevision } from '@nap/shared';
import type { Change, Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { keptRevisions } from './kept-revisions.js';
import { pace, type Paced, type PaceOptions } from './pace.js';
import { planProject } from './plan-project.js';

/** How the message of a revision begins that a rollout has brought back by itself. */
const ROLLED_BACK = 'rolled back: ';

/** Which revision is wanted by who has made this plan; where the plan brings back another in its place, that which failed. */
export function askedRevision(view: ClusterView, { project, changes }: Plan): number | undefined {
  const stored = changes.find((change) => change.kind === 'store-project')?.revision;
  if (stored === undefined) return view.projects.get(project)?.revision;
  return rolledBackOf(stored) ?? stored.revision;
}

/** The revision that a rollout, not a person, has replaced by this one. */
export function rolledBackOf(
  stored: Pick<ProjectRevision, 'rollback' | 'message'> | undefined,
): number | undefined {
  return stored?.message?.startsWith(ROLLED_BACK) === true ? stored.rollback?.of : undefined;
}

export interface PacedOptions extends PaceOptions {
  /** Who brings back the last good revision when a rollout fails, for history. */
  readonly by: string;
}

/** What of a plan may be done now; where too many have failed, and the file says so, the plan that brings the last good revision back. */
export function planPaced(view: ClusterView, plan: Plan, options: PacedOptions): Paced {
  if (!isLeftOver(view, plan, options)) return planRollout(view, plan, options);
  const rollouts = new Map([...view.rollouts].filter(([project]) => project !== plan.project));
  const paced = planRollout({ ...view, rollouts }, plan, options);
  // The record of the next one takes the place of it.
  if (paced.plan.changes.some(({ kind }) => kind === 'rollout')) return paced;
  const over: Change = { kind: 'rollout', project: plan.project, reason: 'is over' };
  return { ...paced, plan: { ...paced.plan, changes: [over, ...paced.plan.changes] } };
}

/**
 * A new revision is wanted, and the rollout of the one before has reached its end, though nobody was there to see it: then
 * that one is what the new one goes back to when it fails.
 */
function isLeftOver(view: ClusterView, { project, changes }: Plan, options: PacedOptions): boolean {
  const stored = view.projects.get(project);
  const isNew = changes.some(({ kind }) => kind === 'store-project');
  if (!isNew || stored === undefined || !view.rollouts.has(project)) return false;
  const { nowMs } = options;
  const rest = planProject(view, stored.project, { ...stored, nowMs });
  const { plan } = pace(view, rest, { ...options, resumes: false, noRollback: false });
  return plan.changes.some((it) => it.kind === 'rollout' && it.rollout === undefined);
}

function planRollout(view: ClusterView, plan: Plan, options: PacedOptions): Paced {
  const paced = pace(view, plan, options);
  const { rollback } = paced;
  if (rollback === undefined) return paced;
  const { revisions } = keptRevisions(view, plan.project);
  const target = revisions.find(({ revision }) => revision === rollback.to);
  if (target === undefined) return paced;
  const back = planProject(view, target.project, {
    ...{ appliedBy: options.by, files: target.files, nowMs: options.nowMs },
    ...{ message: `${ROLLED_BACK}${rollback.reason}`, rollbackTo: rollback.to },
  });
  return { ...pace(view, back, options), rollback };
}

/**
 * Of a plan what carries on what has been begun: the replacing of containers, and the end of what has been taken over by
 * another host or has made way for it, or has been taken away. Nothing else is placed or moved by it.
 */
export function onlyRollout(view: ClusterView, plan: Plan): Plan {
  const yielding = new Set(
    view.placements
      .filter(({ yieldsTo, wanted }) => yieldsTo !== undefined || wanted === 'removed')
      .map(({ host, instance }) => `${host} ${instance}`),
  );
  const changes = plan.changes.filter(
    (change) =>
      change.kind === 'update' ||
      (change.kind === 'move' && yielding.has(`${change.from} ${change.placement.instance}`)) ||
      (change.kind === 'remove' && yielding.has(`${change.host} ${change.instance}`)),
  );
  return { ...plan, changes, unplaced: [] };
}
