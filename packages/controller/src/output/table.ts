import widthOf from 'fast-string-width';
import { fieldsOf, fillIn, renderValues, titleOf, type Format } from './format.js';

export type { Format };

/** Columns by title; each cell is text already. */
export interface Table<Row> {
  readonly columns: Readonly<Record<string, (row: Row) => string>>;
  /** Fields that rows may lack, for templates: they are known also where no row has them. */
  readonly optional?: readonly string[];
}

const GAP = '   ';

/** Aligned columns without lines, as Docker prints them; an empty list still has its titles. */
export function renderTable<Row>({ columns }: Table<Row>, rows: readonly Row[]): string {
  const lines = [
    Object.keys(columns),
    ...rows.flatMap((row) => linesOf(Object.values(columns).map((cell) => cell(row)))),
  ];
  const widths = Object.keys(columns).map((_, at) =>
    lines.reduce((width, line) => Math.max(width, widthOf(line[at] ?? '')), 0),
  );
  return lines
    .map((line) =>
      line
        .map((text, at) => text + ' '.repeat((widths[at] ?? 0) - widthOf(text)))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** A row is as high as the highest of its cells. */
function linesOf(row: readonly string[]): readonly (readonly string[])[] {
  const cells = row.map((cell) => cell.split('\n'));
  const height = Math.max(0, ...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => cells.map((lines) => lines[at] ?? ''));
}

/**
 * A list as the operator asked for it; undefined where it has no line, which is less than an empty one. `toJson` names the
 * fields that scripts and templates may rely on.
 */
export function renderList<Row>(
  format: Format,
  table: Table<Row>,
  rows: readonly Row[],
  toJson: (row: Row) => unknown,
): string | undefined {
  if (format === 'table') return renderTable(table, rows);
  const values = rows.map(toJson);
  const isLineEach = format === 'jsonl' || (typeof format === 'object' && !format.isTable);
  if (isLineEach && rows.length === 0) return undefined;
  return typeof format === 'object' && format.isTable
    ? renderTable(templateTable(format.template, fieldsOf(values, table.optional)), values)
    : renderValues(format, values, table.optional);
}

/** Columns are parted by tabs, as Docker has it. */
function templateTable(template: string, fields: readonly string[]): Table<unknown> {
  const cells = template.split('\t');
  return {
    columns: Object.fromEntries(
      cells.map((cell) => [titleOf(cell), (row: unknown) => fillIn(cell, row as object, fields)]),
    ),
  };
}
