import { sentenceOf, type ProjectName, type ProjectRevision } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { keptRevisions, projectDigest } from '../plan/kept-revisions.js';
import { renderList, type Format, type Table } from './table.js';

interface HistoryRow extends Omit<ProjectRevision, 'project'> {
  readonly project: string;
  readonly digest: string;
  readonly isCurrent: boolean;
}

function toRow(revision: ProjectRevision, current: number | undefined): HistoryRow {
  return {
    ...revision,
    project: revision.project.name,
    digest: projectDigest(revision.project),
    isCurrent: revision.revision === current,
  };
}

const whenText = ({ appliedAtMs }: HistoryRow): string =>
  new Date(appliedAtMs).toISOString().replace(/\.\d+Z$/, 'Z');

const stateText = ({ isCurrent, rollback }: HistoryRow): string =>
  [
    ...(isCurrent ? ['current'] : []),
    ...(rollback === undefined ? [] : [`back to ${rollback.to}`]),
  ].join(', ') || '-';

const table: Table<HistoryRow> = {
  optional: ['message', 'rollback'] satisfies (keyof HistoryRow)[],
  columns: {
    REVISION: (row) => String(row.revision),
    WHEN: whenText,
    WHO: (row) => row.appliedBy,
    FILES: (row) => row.files.join(', ') || '-',
    DIGEST: (row) => row.digest,
    STATE: stateText,
    // A message may have several lines, a row has one; JSON has them all.
    MESSAGE: (row) => sentenceOf(row.message ?? ''),
  },
};

/** The kept revisions of one project, newest first. Never what is in them: environments may hold secrets. */
export function renderHistory(
  view: ClusterView,
  project: ProjectName,
  format: Format,
): string | undefined {
  const current = view.projects.get(project)?.revision;
  const rows = keptRevisions(view, project).revisions.map((revision) => toRow(revision, current));
  // Whoever writes a template has the table before him: its columns are fields, too.
  const isTemplate = typeof format === 'object';
  return renderList(format, table, rows, (row) =>
    isTemplate ? { ...row, when: whenText(row), who: row.appliedBy, state: stateText(row) } : row,
  );
}
