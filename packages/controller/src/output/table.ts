import CliTable from 'cli-table3';
import { fillIn, renderValues, titleOf, type Format } from './format.js';

export type { Format };

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

/** A list as the operator asked for it. `toJson` names the fields that scripts and templates may rely on. */
export function renderList<Row>(
  format: Format,
  table: Table<Row>,
  rows: readonly Row[],
  toJson: (row: Row) => unknown,
): string {
  if (format === 'table') return renderTable(table, rows);
  const values = rows.map(toJson);
  return typeof format === 'object' && format.isTable
    ? renderTable(templateTable(format.template), values)
    : renderValues(format, values);
}

/** Columns are parted by tabs, as Docker has it. */
function templateTable(template: string): Table<unknown> {
  const cells = template.split('\t');
  return {
    columns: Object.fromEntries(
      cells.map((cell) => [titleOf(cell), (row: unknown) => fillIn(cell, row as object)]),
    ),
  };
}
