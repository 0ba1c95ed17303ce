import type { ErrorCode, NapError } from '@nap/shared';
import type { FailureCause, Trouble } from '../reconcile/memory.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { Step } from '../reconcile/step.js';

/**
 * What a failed step means for its instance; undefined: the engine or etcd is away, which is nobody's fault. `containers`:
 * those that are there, for their names. Most steps know theirs by its id, which says nothing to anybody.
 */
export function troubleOf(
  err: NapError,
  step: Step,
  containers: readonly Pick<ObservedContainer, 'id' | 'name'>[],
): Trouble | undefined {
  if (isOutage(err)) return undefined;
  const hint = err.hint === undefined ? '' : ` (${err.hint})`;
  return {
    cause: causeOf(err, step),
    message: withNames(`${err.message}${hint}`, step, containers),
  };
}

/** It is the same sentence at each try, then, and is said once. */
function withNames(
  text: string,
  step: Step,
  containers: readonly Pick<ObservedContainer, 'id' | 'name'>[],
): string {
  const own = 'container' in step ? containers.find(({ id }) => id === step.container) : undefined;
  return own === undefined ? text : text.replaceAll(own.id, own.name);
}

export function isOutage(err: NapError): boolean {
  return err.code === 'DOCKER_UNAVAILABLE' || err.code.startsWith('ETCD_');
}

const CAUSES: Partial<Record<ErrorCode, FailureCause>> = {
  IMAGE_NOT_FOUND: 'image-not-found',
  IMAGE_DENIED: 'image-denied',
  REGISTRY_UNREACHABLE: 'registry-unreachable',
};

function causeOf(err: NapError, step: Step): FailureCause {
  if (step.kind === 'write-files') return 'file-missing';
  if (step.kind === 'post-start') return 'hook-failed';
  const isOfSpec = step.kind === 'create' || step.kind === 'start' || step.kind === 'rename';
  // The engine refuses what the spec asks for, or fails at taking something away.
  const fallback = isOfSpec ? 'refused' : 'engine';
  if ('port' in err.details) return 'port-taken';
  // A start conflicts with the state of something else, such as a partner that has just ended.
  const isNaming = step.kind === 'create' || step.kind === 'rename';
  if (err.code === 'DOCKER_CONFLICT' && isNaming) return 'name-taken';
  return CAUSES[err.code] ?? fallback;
}
