import { parseInstanceId, type ProjectName } from '@nap/shared';
import { afterPlan } from './after-plans.js';
import type { Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { placementIndex } from './placement-index.js';
import { planForget } from './plan-forget.js';
import { planProject } from './plan-project.js';

/**
 * What must change so that the cluster runs what is stored in it: instances of lost and draining hosts go elsewhere, global
 * services come to new hosts, whatever an interrupted apply has left undone is done. One plan a project, each made as if
 * those before it were carried out; of those that were taken down what is left to be forgotten. What can be placed nowhere
 * stays as it is, and is named in the plan.
 */
export function planStored(view: ClusterView, nowMs: number): readonly Plan[] {
  const plans: Plan[] = [];
  let after = view;
  for (const { project, appliedBy, files } of view.projects.values()) {
    const plan = planProject(after, project, { appliedBy, files, nowMs });
    plans.push(plan);
    after = afterPlan(after, plan);
  }
  const forgotten = takenDown(view).map((project) => planForget(after, project));
  return [...plans, ...forgotten.filter(({ changes }) => changes.length > 0)];
}

const takenDown = ({ projects, placements }: ClusterView): readonly ProjectName[] =>
  [...placementIndex(placements).byProject.values()]
    .flatMap(([any]) => (any && parseInstanceId(any.instance)?.project) ?? [])
    .filter((project) => !projects.has(project));
