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

const table: Table<HistoryRow> = {
  optional: ['message', 'rollback'] satisfies (keyof HistoryRow)[],
  columns: {
    REVISION: (row) => String(row.revision),
    WHEN: (row) => new Date(row.appliedAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    WHO: (row) => row.appliedBy,
    FILES: (row) => row.files.join(', ') || '-',
    DIGEST: (row) => row.digest,
    STATE: (row) =>
      [
        ...(row.isCurrent ? ['current'] : []),
        ...(row.rollback === undefined ? [] : [`back to ${row.rollback.to}`]),
      ].join(', ') || '-',
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
  return renderList(format, table, rows, (row) => row);
}
