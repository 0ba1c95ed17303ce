import { LIMITS, type Placement } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { InstanceView } from './reconcile.js';
import type { StepOf } from './step.js';

/** How far a request to look for a newer image has got; it is looked for once for each number. */
export interface RefreshMemory {
  /** The newest request that was tried. */
  readonly asked: number;
  /** Absent: the image is here, as new as the registry had it. */
  readonly failed?: {
    readonly tries: number;
    readonly retryAtMs: number;
    readonly message: string;
  };
  /** A container of an image that is no longer the newest: it makes way. */
  readonly outdated?: string;
}

/** The request that is still to be served; undefined: none. */
export function dueRefresh(
  { refresh }: Pick<Placement, 'refresh'>,
  memory: InstanceMemory | undefined,
): number | undefined {
  if (refresh === undefined) return undefined;
  const { asked = 0, failed } = memory?.refresh ?? {};
  const isOver = failed === undefined || isGivenUp(failed);
  return asked >= refresh && isOver ? undefined : refresh;
}

/** The registry had its chances. A controller that replaces a few at a time goes on with the next ones: this must not begin again by itself. */
export const isGivenUp = ({ tries }: NonNullable<RefreshMemory['failed']>): boolean =>
  tries >= LIMITS.newerImageTries;

/** What is due of a request, and when: the step, or the moment at which to try it again. */
export interface RefreshPlan {
  readonly step?: StepOf<'pull'>;
  readonly wakeAtMs?: number;
}

/** Of an instance that has its container: it runs on meanwhile, and is replaced only by one of another image. */
export function planRefresh(
  placement: Placement,
  current: ObservedContainer,
  { input, memory }: InstanceView,
): RefreshPlan {
  const asked = dueRefresh(placement, memory);
  if (asked === undefined) return {};
  const { failed, asked: tried = 0 } = memory?.refresh ?? {};
  // Another request does not wait for the next try of the one before.
  if (failed !== undefined && tried >= asked && failed.retryAtMs > input.nowMs) {
    return { wakeAtMs: failed.retryAtMs };
  }
  const { image, platform } = placement.spec;
  return {
    step: {
      ...{ kind: 'pull', instance: placement.instance, image, reason: 'pull-asked' },
      ...(platform === undefined ? {} : { platform }),
      refresh: { asked, container: { id: current.id, imageId: current.imageId } },
    },
  };
}
