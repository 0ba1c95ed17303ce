import CliTable from 'cli-table3';

/** Columns by title; each cell is text already. */
export interface Table<Row> {
  readonly columns: Readonly<Record<string, (row: Row) => string>>;
}

const NOTHING = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((part) => [part, '']),
);

/** Aligned columns without lines, as Docker prints them; an empty list still has its titles. */
export function renderTable<Row>(table: Table<Row>, rows: readonly Row[]): string {
  const text = new CliTable({
    head: Object.keys(table.columns),
    chars: { ...NOTHING, middle: '   ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) text.push(Object.values(table.columns).map((cell) => cell(row)));
  return text
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** What every listing takes: a table for people, or one JSON array for scripts. */
export type Format = 'table' | 'json';

/** `toJson` names the fields that scripts may rely on. */
export function renderList<Row>(
  format: Format,
  table: Table<Row>,
  rows: readonly Row[],
  toJson: (row: Row) => unknown,
): string {
  return format === 'json' ? JSON.stringify(rows.map(toJson), null, 2) : renderTable(table, rows);
}
