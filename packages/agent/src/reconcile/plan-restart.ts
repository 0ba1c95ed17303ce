import type { Placement } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { stopOnly } from './plan-removal.js';
import type { InstancePlan, InstanceView } from './reconcile.js';

/** The request to restart that is still to be served; undefined: none. Any start serves it. */
export function dueRestart(
  { restart }: Pick<Placement, 'restart'>,
  memory: InstanceMemory | undefined,
): number | undefined {
  return restart?.askedAtMs === memory?.restartedFor ? undefined : restart?.askedAtMs;
}

/** What a start step says of the request that it serves. */
export function servedBy({ restart }: Placement): { readonly restart?: number } {
  return restart === undefined ? {} : { restart: restart.askedAtMs };
}

/**
 * Stops a running container and starts it again, once for each request; undefined: none is due. What keeps it from starting
 * afterwards keeps it from being stopped: `wait`.
 */
export function planRestart(
  placement: Placement,
  current: ObservedContainer,
  view: InstanceView,
  wait: () => InstancePlan | undefined,
): InstancePlan | undefined {
  // Losing etcd never stops a container.
  if (dueRestart(placement, view.memory) === undefined || !view.input.desired.isFresh) {
    return undefined;
  }
  const waiting = wait();
  if (waiting !== undefined) return runningOn(waiting);
  const reason = 'restart-asked';
  const { instance, restart } = placement;
  return {
    steps: [
      ...stopOnly(current, reason, restart?.graceMs),
      { kind: 'start', instance, container: current.id, reason, ...servedBy(placement) },
    ],
    situation: { kind: 'works' },
  };
}

function runningOn(waiting: InstancePlan): InstancePlan {
  if (waiting.situation?.kind !== 'waits') return waiting;
  const reason = `runs on; its restart ${waiting.situation.reason}`;
  return { ...waiting, situation: { kind: 'waits', reason } };
}
