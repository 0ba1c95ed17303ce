import { parseInstanceId, type ProjectName } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress, stateOf, type InstanceProgress } from '../plan/convergence.js';
import { renderList, type Format, type Table } from './table.js';

interface ServiceRow {
  readonly project: string;
  readonly service: string;
  /** `leaving`: the project does not say it any more. */
  readonly mode: 'replicated' | 'global' | 'leaving';
  readonly image: string;
  readonly done: number;
  readonly instances: number;
  readonly state: string;
}

const table: Table<ServiceRow> = {
  columns: {
    SERVICE: ({ service }) => service,
    PROJECT: ({ project }) => project,
    MODE: ({ mode }) => mode,
    INSTANCES: ({ done, instances }) => `${done}/${instances}`,
    STATE: ({ state }) => state,
    IMAGE: ({ image }) => image || '-',
  },
};

function rowsOf(view: ClusterView, project: ProjectName): readonly ServiceRow[] {
  const services = view.projects.get(project)?.project.services ?? [];
  const byService = new Map<string, InstanceProgress[]>(services.map(({ name }) => [name, []]));
  for (const progress of projectProgress(view, project)) {
    const { service = '' } = parseInstanceId(progress.instance) ?? {};
    byService.set(service, [...(byService.get(service) ?? []), progress]);
  }
  return [...byService].map(([service, progress]) => {
    const spec = services.find(({ name }) => name === service);
    return {
      project,
      service,
      mode: spec === undefined ? 'leaving' : (spec.mode ?? 'replicated'),
      image: spec?.container.image ?? '',
      done: progress.filter(({ phase }) => phase === 'done').length,
      instances: progress.length,
      state: stateOf(progress),
    };
  });
}

/** The services of projects, and how many instances of each are as wanted. */
export function renderServices(
  view: ClusterView,
  projects: readonly ProjectName[],
  format: Format,
): string | undefined {
  const rows = projects.flatMap((project) => rowsOf(view, project));
  const sorted = rows.sort(
    (a, b) => a.project.localeCompare(b.project) || a.service.localeCompare(b.service),
  );
  return renderList(format, table, sorted, (row) => row);
}
