import type { HostId, ProjectName, ProjectRevision, ServiceSpec } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress, verdict } from '../plan/convergence.js';
import { factLines, indented, timeText } from './facts.js';
import { instancesText, listedInstances, type ListedInstance } from './inspect-instances.js';
import { replicasText } from './inspect-service.js';
import { renderTable, type Table } from './table.js';

/** Everything that is known of one project. */
export interface InspectedProject {
  readonly kind: 'project';
  readonly project: ProjectName;
  /** As `ls` has it. */
  readonly state: string;
  /** Absent: it is being taken down. */
  readonly stored: ProjectRevision | undefined;
  /** Numbers of the kept revisions, the oldest first. */
  readonly revisions: readonly number[];
  /** Its named volumes, and which host holds their data. */
  readonly volumes: readonly { readonly volume: string; readonly host: HostId }[];
  readonly instances: readonly ListedInstance[];
}

export function inspectProject(view: ClusterView, project: ProjectName): InspectedProject {
  const progress = projectProgress(view, project);
  const stored = view.projects.get(project);
  return {
    kind: 'project',
    project,
    state: stored === undefined ? 'leaving' : verdict(progress),
    stored,
    revisions: view.history.get(project) ?? [],
    volumes: [...view.volumes].flatMap(([volume, home]) =>
      home.project === project ? [{ volume, host: home.host }] : [],
    ),
    instances: listedInstances(view, progress),
  };
}

const services: Table<ServiceSpec> = {
  columns: {
    SERVICE: ({ name }) => name,
    IMAGE: ({ container }) => container.image,
    INSTANCES: replicasText,
    'DEPENDS ON': ({ dependencies }) =>
      dependencies.map(({ service }) => service).join(', ') || '-',
  },
};

export function projectText(found: InspectedProject): string {
  const { project, state, stored, revisions, volumes, instances } = found;
  const by = stored && `${stored.appliedBy} at ${timeText(stored.appliedAtMs)}`;
  const back = stored?.rollback && `, what revision ${stored.rollback.to} was`;
  const lines = [
    ...factLines([
      ['state', state],
      ['revision', stored && `${stored.revision} of ${revisions.join(', ')}${back ?? ''}`],
      ['applied by', by],
      ['why', stored?.message],
      ['files', stored?.files.join(', ')],
      ['volumes', volumes.map(({ volume, host }) => `${volume} on ${host}`).join(', ')],
    ]),
    ...(stored === undefined ? [] : [renderTable(services, stored.project.services)]),
    ...instancesText(instances),
  ];
  return `${project}\n${indented(lines.join('\n'))}`;
}
