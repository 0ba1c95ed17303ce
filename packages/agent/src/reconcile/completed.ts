import type { NameRecord, Placement } from '@nap/shared';
import { parseInstanceId } from '@nap/shared';
import { hasRun } from './observed.js';
import type { InstancePlan, InstanceView } from './reconcile.js';

/** When it has ended and need not run again; undefined: it has not. */
export function completedAt(placement: Placement, view: InstanceView): number | undefined {
  if (view.memory?.completedAtMs !== undefined) return view.memory.completedAtMs;
  const record = recordOf(placement, view);
  return record?.condition === 'completed' && record.specHash === placement.specHash
    ? placement.decidedAtMs
    : undefined;
}

function recordOf(placement: Placement, view: InstanceView): NameRecord | undefined {
  const project = parseInstanceId(placement.instance)?.project;
  if (project === undefined) return undefined;
  return view.input.names.get(project)?.find((it) => it.instance === placement.instance);
}

/**
 * What never ran here may have completed on another host, and only the names of its project tell. Where this host had nothing
 * of the project before, they come a moment after the placement. While etcd is away what is known has to do.
 */
export function awaitingNames(placement: Placement, view: InstanceView): InstancePlan | undefined {
  const { desired, freshNames } = view.input;
  if (!desired.isFresh || !canComplete(placement)) return undefined;
  if (view.memory?.exit !== undefined || view.containers.some(hasRun)) return undefined;
  const project = parseInstanceId(placement.instance)?.project;
  if (project === undefined || freshNames.has(project)) return undefined;
  const reason = 'waits for etcd to tell whether it has completed on another host';
  return { steps: [], situation: { kind: 'waits', reason } };
}

const canComplete = ({ spec: { restart } }: Placement): boolean =>
  restart.condition === 'no' || restart.condition === 'on-failure';
