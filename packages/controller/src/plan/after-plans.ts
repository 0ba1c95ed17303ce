import { parseInstanceId, type HostId, type InstanceId, type Placement } from '@nap/shared';
import type { Change, Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { byInstance } from './placement-changes.js';
import { localVolumes } from './ties.js';

/** Its placement only asks the agent to remove it, and is deleted then. */
const isRemoval = ({ kind }: Change): boolean =>
  kind === 'remove-with-volumes' || kind === 'remove-volumes';

const placeOf = (host: HostId, instance: InstanceId): string => `${host} ${instance}`;

/** All placements as they will be once the plans are carried out, in the order of views. */
export function placementsAfter(plans: readonly Plan[], view: ClusterView): readonly Placement[] {
  const instances = new Set<InstanceId>();
  const places = new Map<string, Placement | undefined>();
  const set = (host: HostId, instance: InstanceId, placement: Placement | undefined): void => {
    instances.add(instance);
    places.set(placeOf(host, instance), placement);
  };
  for (const change of plans.flatMap(({ changes }) => changes)) {
    if (change.kind === 'remove') set(change.host, change.instance, change.leaving);
    if (change.kind === 'move') set(change.from, change.placement.instance, change.yielding);
    if ('placement' in change) {
      const { host, instance } = change.placement;
      set(host, instance, isRemoval(change) ? undefined : change.placement);
    }
  }
  if (instances.size === 0) return view.placements;
  const others = view.placements.filter(
    ({ instance, host }) => !instances.has(instance) || !places.has(placeOf(host, instance)),
  );
  const changed = [...places.values()].filter((it) => it !== undefined);
  return [...others, ...changed].sort(byInstance);
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
    const isRemoved = isRemoval(change);
    for (const volume of localVolumes(spec)) {
      if (!isRemoved) volumes.set(volume, { host, project });
      else if (volumes.get(volume)?.host === host) volumes.delete(volume);
    }
  }
  return { ...view, placements: placementsAfter([plan], view), volumes };
}
