import type { ProjectName } from '@nap/shared';
import type { Change, Plan } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';

/** Removes a project. With `removeVolumes` the agents drop its named volumes; without, no data is touched. */
export function planDown(
  view: ClusterView,
  project: ProjectName,
  options: { readonly removeVolumes: boolean },
): Plan {
  const current = projectPlacements(view, project);
  const removals = current.map((placement): Change => {
    const reason = 'the project is taken down';
    // What makes way for its successor on another host has no data of its own, and only one of the two can report.
    return options.removeVolumes && placement.yieldsTo === undefined
      ? {
          kind: 'remove-with-volumes',
          placement: { ...placement, wanted: 'removed', removeVolumes: true, reason },
          reason,
        }
      : { kind: 'remove', instance: placement.instance, host: placement.host, reason };
  });
  const forget: Change[] = view.projects.has(project)
    ? [{ kind: 'forget-project', project, reason: 'the project is taken down' }]
    : [];
  const away = new Set(
    current.map(({ host }) => host).filter((host) => view.hosts.get(host)?.isAlive !== true),
  );
  const notes = [...away].map(
    (host) => `${host} is away: its containers are removed when its agent is back`,
  );
  return {
    project,
    changes: [...forget, ...removals],
    unplaced: [],
    notes: [...view.unreadable, ...notes],
  };
}
