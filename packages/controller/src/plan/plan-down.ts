import { droppedVolumes, type HostId, type Placement, type ProjectName } from '@nap/shared';
import type { Change, Plan } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { dropLeft, leftVolumes, unknownVolumes } from './left-volumes.js';
import { removalOf } from './removal.js';

export interface DownOptions {
  readonly removeVolumes: boolean;
  readonly nowMs: number;
}

const REASON = 'the project is taken down';

/**
 * Removes a project. With `removeVolumes` the agents drop its named volumes, also those that nothing mounts any more; without,
 * no data is touched.
 */
export function planDown(view: ClusterView, project: ProjectName, options: DownOptions): Plan {
  const current = projectPlacements(view, project);
  const removals = current.flatMap((placement) => removal(view, placement, options));
  const forget: Change[] = view.projects.has(project)
    ? [{ kind: 'forget-project', project, reason: REASON }]
    : [];
  const left = options.removeVolumes ? planLeft(view, project, options) : NOTHING_LEFT;
  return {
    project,
    changes: [...forget, ...removals, ...left.changes],
    unplaced: [],
    notes: [...view.unreadable, ...awayNotes(view, current, left.changes), ...left.notes],
  };
}

const NOTHING_LEFT = { changes: [], notes: [] };

/** What makes way for its successor on another host has no data of its own, and only one of the two can report. */
const hasData = ({ yieldsTo }: Placement): boolean => yieldsTo === undefined;

function removal(
  view: ClusterView,
  placement: Placement,
  { removeVolumes, nowMs }: DownOptions,
): readonly Change[] {
  if (!removeVolumes || !hasData(placement)) {
    return removalOf(view, placement, { reason: REASON, nowMs });
  }
  const asked = { wanted: 'removed', removeVolumes: true } as const;
  return [
    {
      kind: 'remove-with-volumes',
      placement: { ...placement, ...asked, reason: REASON, decidedAtMs: nowMs },
      volumes: droppedVolumes(placement.spec),
      reason: REASON,
    },
  ];
}

function planLeft(
  view: ClusterView,
  project: ProjectName,
  { nowMs }: DownOptions,
): Pick<Plan, 'changes' | 'notes'> {
  const left = leftVolumes(view, project, projectPlacements(view, project).filter(hasData));
  return {
    changes: dropLeft(view, project, left, nowMs),
    notes: [...left.kept, ...unknownVolumes(view, project)],
  };
}

function awayNotes(
  view: ClusterView,
  current: readonly Placement[],
  left: readonly Change[],
): readonly string[] {
  const isAway = (host: HostId): boolean => view.hosts.get(host)?.isAlive !== true;
  const away = new Set(current.map(({ host }) => host).filter(isAway));
  const dropping = left.flatMap((it) =>
    it.kind === 'remove-volumes' && isAway(it.placement.host) ? [it] : [],
  );
  return [
    ...[...away].map((it) => `${it} is away: its containers are removed when its agent is back`),
    ...dropping.map(({ placement, volumes }) => {
      const names = volumes.join(', ');
      return `${placement.host} is away: it drops ${names} when its agent is back`;
    }),
  ];
}
