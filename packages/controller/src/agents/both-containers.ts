import type { ClusterView } from '../plan/cluster-view.js';
import { olderSpec } from '../plan/older-container.js';
import { placedAt } from '../plan/placement-index.js';
import type { Target } from './targets.js';

type View = Pick<ClusterView, 'placements' | 'names'>;

/** Both containers of each instance whose older one still answers while its replacement starts, or fails; the others as they are. */
export function bothContainers(view: View, targets: readonly Target[]): readonly Target[] {
  return targets.flatMap((target) => {
    const placement = placedAt(view.placements, target.instance, target.host);
    const older = placement === undefined ? undefined : olderSpec(view, placement);
    if (placement === undefined || older === undefined) return [target];
    const { containerName } = target;
    return [
      { ...target, spec: older },
      { ...target, spec: placement.specHash, containerName: `${containerName} (new)` },
    ];
  });
}

/**
 * Where to read on what was read of `before`, once it has come to an end; undefined: nothing more comes of it. `now` is the
 * instance as it is now. One of two goes on as itself, and the newer one as the instance when it is the only one.
 */
export function successorOf(view: View, before: Target, now: Target): Target | undefined {
  if (before.spec === undefined) return now;
  const itself = bothContainers(view, [now]).find(({ spec }) => spec === before.spec);
  if (itself !== undefined) return itself;
  const placement = placedAt(view.placements, now.instance, now.host);
  return placement?.specHash === before.spec ? now : undefined;
}
