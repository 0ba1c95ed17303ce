import type { ProjectName } from '@nap/shared';
import type { Change, Plan } from './change.js';
import { localVolumes } from './ties.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';

/** Deletes the placements that asked for removal and whose agents have reported it done. */
export function planForget(view: ClusterView, project: ProjectName): Plan {
  const gone = projectPlacements(view, project)
    .filter(({ wanted }) => wanted === 'removed')
    .filter(({ instance }) => view.reports.get(instance)?.status.state === 'removed');
  const reason = 'its agent has removed it';
  const leaving = new Set(gone);
  const staying = view.placements.filter((placement) => !leaving.has(placement));
  // An agent keeps what others mount, and so it goes on binding them to that host.
  const kept = new Set(
    staying.flatMap(({ host, spec }) => localVolumes(spec).map((it) => `${host} ${it}`)),
  );
  const volumes = new Map(
    gone
      .filter(({ mode }) => mode !== 'global')
      .flatMap(({ host, spec }) => localVolumes(spec).map((volume) => [volume, host] as const))
      .filter(([volume, host]) => view.volumes.get(volume)?.host === host)
      .filter(([volume, host]) => !kept.has(`${host} ${volume}`)),
  );
  return {
    project,
    changes: [
      ...gone.map(({ instance, host }): Change => ({ kind: 'remove', instance, host, reason })),
      ...[...volumes].map(([volume, host]): Change => ({
        kind: 'forget-volume',
        volume,
        host,
        reason,
      })),
    ],
    unplaced: [],
    notes: [],
  };
}
