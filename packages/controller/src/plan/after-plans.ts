import { parseInstanceId, type Placement } from '@nap/shared';
import type { Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { localVolumes } from './ties.js';

/** All placements as they will be once the plans are carried out. */
export function placementsAfter(plans: readonly Plan[], view: ClusterView): readonly Placement[] {
  const after = new Map(view.placements.map((it) => [`${it.host} ${it.instance}`, it]));
  for (const change of plans.flatMap(({ changes }) => changes)) {
    if (change.kind === 'remove') after.delete(`${change.host} ${change.instance}`);
    if (change.kind === 'move') {
      const key = `${change.from} ${change.placement.instance}`;
      if (change.yielding === undefined) after.delete(key);
      else after.set(key, change.yielding);
    }
    if ('placement' in change) {
      after.set(`${change.placement.host} ${change.placement.instance}`, change.placement);
    }
  }
  return [...after.values()];
}

/** The view with a plan carried out, for the plan of the next project: it must not count on what this one takes. */
export function afterPlan(view: ClusterView, plan: Plan): ClusterView {
  if (plan.changes.length === 0) return view;
  const volumes = new Map(view.volumes);
  for (const change of plan.changes) {
    if (!('placement' in change) || change.placement.mode === 'global') continue;
    const { host, instance, spec } = change.placement;
    const project = parseInstanceId(instance)?.project;
    if (project === undefined) continue;
    for (const volume of localVolumes(spec)) volumes.set(volume, { host, project });
  }
  return { ...view, placements: placementsAfter([plan], view), volumes };
}
