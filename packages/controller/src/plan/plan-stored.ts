import type { Plan } from './change.js';
import { afterPlan } from './after-plans.js';
import type { ClusterView } from './cluster-view.js';
import { planProject } from './plan-project.js';

/**
 * What must change so that the cluster runs what is stored in it: instances of lost and draining hosts go elsewhere, global
 * services come to new hosts, whatever an interrupted apply has left undone is done. One plan a project, each made as if
 * those before it were carried out. What can be placed nowhere stays as it is, and is named in the plan.
 */
export function planStored(view: ClusterView, nowMs: number): readonly Plan[] {
  const plans: Plan[] = [];
  let after = view;
  for (const { project, appliedBy, files } of view.projects.values()) {
    const plan = planProject(after, project, { appliedBy, files, nowMs });
    plans.push(plan);
    after = afterPlan(after, plan);
  }
  return plans;
}
