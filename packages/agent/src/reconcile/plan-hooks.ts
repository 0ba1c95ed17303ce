import { PAUSED_BY_HAND, type Placement } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { InstancePlan, InstanceView } from './reconcile.js';
import type { Step } from './step.js';

/**
 * Post-start hooks belong to one run of a program. What came of them is remembered once they are over, so an agent that
 * dies in between runs them once more: better twice than never.
 */
export interface HooksOutcome {
  readonly containerId: string;
  readonly startedAt: string;
  readonly outcome: 'done' | 'failed';
}

/** What came of the hooks of the run that a container is in; undefined: nothing yet. */
export function hooksOutcome(
  { id, run }: ObservedContainer,
  memory: InstanceMemory | undefined,
): HooksOutcome['outcome'] | undefined {
  const { hooks } = memory ?? {};
  const isThisRun =
    run.state === 'running' && hooks?.containerId === id && hooks.startedAt === run.startedAt;
  return isThisRun ? hooks.outcome : undefined;
}

/** True while a program runs whose start is not over yet. */
export function isStarting(
  placement: Placement,
  container: ObservedContainer,
  memory: InstanceMemory | undefined,
): boolean {
  const hasHooks = (placement.spec.postStart ?? []).length > 0;
  // Of a container with another spec nobody knows what its hooks were.
  const isCurrent = container.specHash === placement.specHash;
  return hasHooks && isCurrent && hooksOutcome(container, memory) !== 'done';
}

/** What the hooks of a running container still need; undefined when they are done, or there are none. */
export function planHooks(
  placement: Placement,
  current: ObservedContainer,
  view: InstanceView,
): InstancePlan | undefined {
  const { memory } = view;
  const { run } = current;
  if (run.state !== 'running' || !isStarting(placement, current, memory)) return undefined;
  if (hooksOutcome(current, memory) === 'failed') return planStop(current, view);
  const retryAtMs = memory?.retryAtMs ?? 0;
  if (retryAtMs > view.input.nowMs) {
    const reason = 'waits for the engine, to run its post-start hooks';
    return { steps: [], situation: { kind: 'waits', reason }, wakeAtMs: retryAtMs };
  }
  if (run.isPaused) {
    const reason = `${PAUSED_BY_HAND}: its post-start hooks wait`;
    return { steps: [], situation: { kind: 'waits', reason } };
  }
  const step: Step = {
    ...{ kind: 'post-start', instance: placement.instance, reason: 'just-started' },
    ...{ container: current.id, startedAt: run.startedAt, hooks: placement.spec.postStart ?? [] },
  };
  return { steps: [step], situation: { kind: 'works' } };
}

/** A start whose hooks failed has failed: its program ends, and is started again after a while. */
function planStop(current: ObservedContainer, { memory, input }: InstanceView): InstancePlan {
  const { instance, id, stopGraceMs } = current;
  const { trouble, retryAtMs = 0 } = memory ?? {};
  // Its own backoff is about the next start; that of a stop that failed is about this one.
  if (trouble?.cause !== 'hook-failed' && retryAtMs > input.nowMs) {
    return { steps: [], wakeAtMs: retryAtMs };
  }
  const stop = { kind: 'stop', instance, container: id, graceMs: stopGraceMs } as const;
  return {
    // Nobody was told of it yet.
    steps: [{ ...stop, reason: 'hook-failed' }],
    situation: trouble === undefined ? { kind: 'works' } : { kind: 'failed', trouble, retryAtMs },
  };
}
