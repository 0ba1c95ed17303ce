import type { Placement, ProjectName } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { Plan } from '../plan/change.js';
import { projectPlacements, type ClusterView } from '../plan/cluster-view.js';
import { isGone } from '../plan/held.js';
import type { Held, PaceOptions } from '../plan/pace.js';
import { planPaced } from '../plan/plan-paced.js';
import { hasStopsLeft } from '../plan/stop-order.js';
import { WellSince } from '../plan/well-since.js';

export interface PacerParts {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** Who rolls back when a rollout fails, for history. */
  readonly by: string;
}

type Asked = Pick<PaceOptions, 'resumes' | 'noRollback'>;

/** How often to look whether another host has taken over, where nothing else says so, in ms. */
const TAKEOVER_POLL_MS = 500;

/** Paces the plans of a controller, and remembers between them since when instances have been well. */
export class Pacer {
  readonly #parts: PacerParts;
  readonly #wellSince = new Map<ProjectName, WellSince>();
  readonly #wakes = new Map<ProjectName, number>();
  readonly #held = new Map<ProjectName, readonly Held[]>();

  constructor(parts: PacerParts) {
    this.#parts = parts;
  }

  /** What of a plan may be done now. */
  pace(view: ClusterView, plan: Plan, asked: Asked = {}): Plan {
    const { clock, by } = this.#parts;
    const { project } = plan;
    const paced = planPaced(view, plan, {
      ...asked,
      by,
      nowMs: clock.nowMs(),
      monotonicMs: clock.monotonicMs(),
      wellSince: this.#wellSince.get(project) ?? new WellSince(),
    });
    this.#wellSince.set(project, paced.wellSince);
    this.#held.set(project, paced.held);
    const wakes = [paced.wakeInMs, isTakenOver(view, project) ? TAKEOVER_POLL_MS : undefined];
    const soonest = Math.min(...wakes.filter((ms) => ms !== undefined));
    if (soonest === Infinity) this.#wakes.delete(project);
    else this.#wakes.set(project, soonest);
    return paced.plan;
  }

  /** Until something that waits for time only is to be looked at again, as of the last plans; undefined: nothing is. */
  get wakeInMs(): number | undefined {
    return this.#wakes.size === 0 ? undefined : Math.min(...this.#wakes.values());
  }

  /** What waits for others of its project. */
  heldOf(project: ProjectName): readonly Held[] {
    return this.#held.get(project) ?? [];
  }
}

/** More is to be done of it than to look how the last ones are. `held`: what a pacer lets wait. */
export function hasWork(view: ClusterView, project: ProjectName, held: readonly Held[]): boolean {
  const isPaused = view.rollouts.get(project)?.paused !== undefined;
  return held.length > 0 || isPaused || isTakenOver(view, project) || hasStopsLeft(view, project);
}

/** Some of its instances run on two hosts, until the new one is well. */
export function isTakenOver(view: ClusterView, project: ProjectName): boolean {
  return projectPlacements(view, project).some(({ yieldsTo }) => yieldsTo !== undefined);
}

/**
 * Its containers are being replaced, or moved one beside the other, or stopped in order, or taken away: somebody has to go
 * on with it.
 */
export function isRolling(view: ClusterView, project: ProjectName): boolean {
  if (view.rollouts.has(project) || isTakenOver(view, project)) return true;
  if (hasStopsLeft(view, project)) return true;
  return projectPlacements(view, project).some((it) => isToBeForgotten(view, it));
}

/** Its agent has removed it, as it was asked to. Who drops volumes forgets them all at once. */
const isToBeForgotten = (view: ClusterView, placement: Placement): boolean =>
  placement.removeVolumes !== true && isGone(view, placement);
