import type { Placement } from '@nap/shared';
import { completedAt } from './completed.js';
import { hasRun, isRunning } from './observed.js';
import { heldBack, planCutOff, stopOnly } from './plan-removal.js';
import type { InstancePlan, InstanceView } from './reconcile.js';
import type { Situation } from './situation.js';

/**
 * The operator wants it stopped: its name goes, then its program; the container with all that is in it stays. Whatever starts
 * it by hand meanwhile is drift. Without a container there is nothing to do, and none is made.
 */
export function planStopped(placement: Placement, view: InstanceView): InstancePlan {
  const { containers, input } = view;
  const running = containers.filter(isRunning);
  if (running.length === 0) return { steps: [], situation: atRest(placement, view) };
  const { stopAfterMs = Infinity, stopGraceMs } = placement;
  const leftMs = stopAfterMs - (input.unreachedMs ?? 0);
  if (leftMs <= 0) return planCutOff(placement, view);
  if (!input.desired.isFresh) {
    const situation: Situation = { kind: 'waits', reason: 'waits for etcd, to be stopped' };
    return {
      steps: [],
      situation,
      ...(leftMs === Infinity ? {} : { wakeAtMs: input.nowMs + leftMs }),
    };
  }
  const held = heldBack(view, 'stopped');
  if (held !== undefined) return held;
  const steps = running.flatMap((it) => stopOnly(it, 'wanted-stopped', stopGraceMs));
  return { steps, situation: { kind: 'works' } };
}

/** What has ended by itself with exit code 0 has no program to stop, and others may go on counting on that. */
function atRest(placement: Placement, view: InstanceView): Situation {
  const finishedAtMs = completedAt(placement, view);
  if (finishedAtMs !== undefined) return { kind: 'completed', finishedAtMs };
  return { kind: 'stopped', hasContainer: view.containers.some(hasRun) };
}
