import type { Placement } from '@nap/shared';
import { exitTrouble } from './exit-trouble.js';
import { policyVerdict } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { InstanceView } from './reconcile.js';
import type { Situation } from './situation.js';
import type { StepReason } from './step.js';

export interface End {
  readonly reason: StepReason;
  /** Set when it is not to be started again. */
  readonly situation?: Situation;
  /** Set when the cause of its end is not clear yet. */
  readonly wakeAtMs?: number;
}

/** Why a container that does not run is to be started, or is not. */
export function endOf(placement: Placement, current: ObservedContainer, view: InstanceView): End {
  const { run } = current;
  if (run.state !== 'exited') return { reason: 'not-started' };
  const exit = view.memory?.exit;
  if (exit?.containerId !== current.id || exit.startedAt !== run.startedAt) {
    return { reason: 'program-ended', wakeAtMs: view.input.nowMs + UNDECIDED_MS };
  }
  if (exit.cause !== 'itself') return { reason: exit.cause };
  const failedExits = view.memory?.failedExits ?? 0;
  const verdict = policyVerdict(placement.spec.restart, run.exitCode, failedExits);
  const trouble = view.memory?.trouble ?? exitTrouble(run);
  return verdict === 'failed'
    ? { reason: 'program-ended', situation: { kind: 'failed', trouble } }
    : { reason: 'program-ended' };
}

/** The event that explains an end is on its way. */
const UNDECIDED_MS = 50;
