import type { HostId, InstanceId, Top } from '@nap/shared';
import { renderList, type Format, type Table } from './table.js';

export interface TopOf {
  readonly instance: InstanceId;
  readonly host: HostId;
  readonly top: Top;
}

type Row = Readonly<Record<string, string>>;

/** The processes of all instances in one table; the engine's own titles follow. */
export function renderTop(tops: readonly TopOf[], format: Format): string | undefined {
  const titles = [...new Set(tops.flatMap(({ top }) => top.titles))];
  const rows = tops.flatMap(({ instance, host, top }) =>
    top.processes.map((cells): Row => {
      const own = top.titles.map((title, at) => [title, cells[at] ?? ''] as const);
      return { INSTANCE: instance, HOST: host, ...Object.fromEntries(own) };
    }),
  );
  const columns = ['INSTANCE', 'HOST', ...titles].map(
    (title) => [title, (row: Row) => row[title] ?? ''] as const,
  );
  const table: Table<Row> = { columns: Object.fromEntries(columns) };
  return renderList(format, table, rows, (row) =>
    Object.fromEntries(Object.entries(row).map(([title, cell]) => [title.toLowerCase(), cell])),
  );
}
