import type { ContainerSpec, Placement } from '@nap/shared';
import { dueRefresh } from './plan-refresh.js';
import type { InstanceView } from './reconcile.js';
import type { Situation } from './situation.js';
import type { StepOf } from './step.js';

/** One image of one platform, as `ReconcileInput` counts them. */
export function imageKey({ image, platform }: Pick<ContainerSpec, 'image' | 'platform'>): string {
  return platform === undefined ? image : `${image} ${platform}`;
}

/** What has to happen to the image before a container can be created: nothing, a pull, or it cannot be. */
export type ImagePlan =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pull'; readonly step: StepOf<'pull'> }
  | { readonly kind: 'missing'; readonly situation: Situation };

export function planImage(placement: Placement, view: InstanceView): ImagePlan {
  const { instance, spec } = placement;
  const isHere = view.input.images.has(imageKey(spec));
  const asked = dueRefresh(placement, view.memory);
  if (!isHere && placement.pull === 'never' && asked === undefined)
    return { kind: 'missing', situation: missing(spec) };
  if (isHere && asked === undefined && !isDue(placement, view)) return { kind: 'ready' };
  const { image, platform } = spec;
  return {
    kind: 'pull',
    step: {
      ...{ kind: 'pull', instance, image },
      ...(platform === undefined ? {} : { platform }),
      ...(asked === undefined ? {} : { refresh: { asked } }),
      reason: !isHere ? 'image-missing' : asked === undefined ? 'pull-due' : 'pull-asked',
    },
  };
}

/** Whether an image that is here is looked for at its registry nevertheless. */
function isDue({ pull, spec }: Placement, { input, memory }: InstanceView): boolean {
  if (pull === undefined || pull === 'never') return false;
  // Once for each container, however often its creation has to be tried.
  if (pull === 'always') return memory?.pulledAtMs === undefined;
  const pulledAtMs = input.pulls.get(imageKey(spec));
  if (pulledAtMs === undefined) return true;
  const ageMs = input.nowMs - pulledAtMs;
  // A clock that was set back must not keep an old image for ever.
  return ageMs >= pull.everyMs || ageMs < 0;
}

function missing({ image, platform }: ContainerSpec): Situation {
  const which = platform === undefined ? image : `${image} for ${platform}`;
  const message = `the image ${which} is not on this host, and pull_policy never forbids to look for it elsewhere; load it, or allow the pull`;
  return { kind: 'failed', trouble: { cause: 'image-not-found', message } };
}
