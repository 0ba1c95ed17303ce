import type { ProjectName } from '@nap/shared';
import type { Change, Plan } from './change.js';
import { localVolumes } from './ties.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { isGone } from './held.js';
import { isOver } from './removal.js';

const GONE = 'its agent has removed it';
const STOPPED = 'it does not run there any more for sure';

/** Deletes the placements that asked for removal and need to no more: as a rule because their agents have reported it done. */
export function planForget(view: ClusterView, project: ProjectName): Plan {
  const gone = projectPlacements(view, project)
    .filter(({ wanted }) => wanted === 'removed')
    .filter((placement) => isOver(view, placement));
  const leaving = new Set(gone);
  const staying = view.placements.filter((placement) => !leaving.has(placement));
  // An agent keeps what others mount, and so it goes on binding them to that host.
  const kept = new Set(
    staying.flatMap(({ host, spec }) => localVolumes(spec).map((it) => `${host} ${it}`)),
  );
  const volumes = new Map(
    gone
      .filter(({ mode, removeVolumes }) => mode !== 'global' && removeVolumes === true)
      .flatMap(({ host, spec }) => localVolumes(spec).map((volume) => [volume, host] as const))
      .filter(([volume, host]) => view.volumes.get(volume)?.host === host)
      .filter(([volume, host]) => !kept.has(`${host} ${volume}`)),
  );
  return {
    project,
    changes: [
      ...gone.map((it): Change => {
        const { instance, host } = it;
        return { kind: 'remove', instance, host, reason: isGone(view, it) ? GONE : STOPPED };
      }),
      ...[...volumes].map(([volume, host]): Change => ({
        kind: 'forget-volume',
        volume,
        host,
        reason: GONE,
      })),
    ],
    unplaced: [],
    notes: [],
  };
}
