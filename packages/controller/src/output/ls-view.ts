import { PAUSED_BY_HAND, type ProjectName } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress, stateOf } from '../plan/convergence.js';
import { renderList, type Format, type Table } from './table.js';
import { ageText } from './units.js';

interface ProjectRow {
  readonly name: string;
  /** Absent: it is being taken down. */
  readonly revision: number | undefined;
  readonly services: number;
  /** Those that are as wanted, of all that are placed or leaving. */
  readonly done: number;
  readonly instances: number;
  readonly away: number;
  /** By hand, on their hosts: as wanted as far as anybody can tell, and yet they do nothing. */
  readonly paused: number;
  readonly state: string;
  readonly appliedAtMs: number | undefined;
  readonly appliedBy: string | undefined;
  readonly files: readonly string[];
}

function toRow(view: ClusterView, name: ProjectName): ProjectRow {
  const stored = view.projects.get(name);
  const progress = projectProgress(view, name);
  const count = (wanted: string): number => progress.filter(({ phase }) => phase === wanted).length;
  return {
    name,
    revision: stored?.revision,
    services: stored?.project.services.length ?? 0,
    done: count('done'),
    instances: progress.length,
    away: count('away'),
    paused: progress.filter(({ message }) => message === PAUSED_BY_HAND).length,
    state: stored === undefined ? 'leaving' : stateOf(progress),
    appliedAtMs: stored?.appliedAtMs,
    appliedBy: stored?.appliedBy,
    files: stored?.files ?? [],
  };
}

const table = (nowMs: number): Table<ProjectRow> => ({
  columns: {
    NAME: ({ name }) => name,
    REVISION: ({ revision }) => String(revision ?? '-'),
    SERVICES: ({ services }) => String(services),
    INSTANCES: ({ done, instances }) => `${done}/${instances}`,
    // What is on hosts that are away is not waited for, but is not well either.
    STATE: ({ state, away, paused }) =>
      [
        state,
        ...(away === 0 ? [] : [`${away} away`]),
        ...(paused === 0 ? [] : [`${paused} paused`]),
      ].join(', '),
    APPLIED: ({ appliedAtMs }) =>
      appliedAtMs === undefined ? '-' : `${ageText(nowMs - appliedAtMs)} ago`,
    BY: ({ appliedBy }) => appliedBy ?? '-',
    FILES: ({ files }) => files.join(', ') || '-',
  },
});

/** The projects, and whether each is as it is wanted. */
export function renderProjects(
  view: ClusterView,
  projects: readonly ProjectName[],
  format: Format,
  nowMs: number,
): string | undefined {
  const rows = projects.map((project) => toRow(view, project));
  return renderList(format, table(nowMs), rows, (row) => row);
}
