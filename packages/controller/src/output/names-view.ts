import { nameTable, type ProjectName } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { checkNames, projectRecords, type NamesCheck } from '../plan/names-check.js';
import { renderList, type Format, type Table } from './table.js';
import { ageText } from './units.js';

interface NameRow {
  readonly project: string;
  readonly name: string;
  readonly ip: string;
  readonly host: string;
  readonly instance: string;
  readonly condition: string;
}

const table: Table<NameRow> = {
  columns: {
    PROJECT: (row) => row.project,
    NAME: (row) => row.name,
    IP: (row) => row.ip,
    HOST: (row) => row.host,
    INSTANCE: (row) => row.instance,
    CONDITION: (row) => row.condition,
  },
};

/** The name map: what the containers of each project resolve, one row a name and address. */
export function renderNames(
  view: ClusterView,
  projects: readonly ProjectName[],
  format: Format,
): string | undefined {
  const rows = projects.flatMap((project) =>
    nameTable(project, projectRecords(view, project)).entries.flatMap(({ name, records }) =>
      records.map(({ ip, host, instance, condition }) => ({
        project,
        name,
        ip,
        host,
        instance,
        condition,
      })),
    ),
  );
  return renderList(format, table, rows, (row) => row);
}

const checkTable = (nowMs: number): Table<NamesCheck> => ({
  columns: {
    PROJECT: (row) => row.project,
    HOST: (row) => row.host,
    CHECK: (row) => row.state,
    VERIFIED: (row) =>
      row.verifiedAtMs === undefined ? '-' : `${ageText(nowMs - row.verifiedAtMs)} ago`,
    MESSAGE: (row) => row.message,
  },
});

export interface RenderedCheck {
  readonly text: string | undefined;
  readonly isOk: boolean;
}

/** What every host has last verified on its disk and in its Docker, against etcd. */
export function renderNamesCheck(
  view: ClusterView,
  projects: readonly ProjectName[],
  format: Format,
  nowMs: number,
): RenderedCheck {
  const rows = projects.flatMap((project) => checkNames(view, project));
  return {
    text: renderList(format, checkTable(nowMs), rows, (row) => row),
    isOk: rows.every(({ state }) => state === 'ok'),
  };
}
