import { renderValues, type Format } from './format.js';
import { psTable, type PsRow } from './ps-view.js';
import { renderTable } from './table.js';

export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

/** The title, the titles of the columns, what does not fit, and the line of the cursor. */
const OTHER_LINES = 4;

const NORMAL: ReadonlySet<string> = new Set(['running', 'healthy', 'completed', 'none']);

/** What is not well comes first where not all fits. */
const isWell = ({ state, health = 'none' }: PsRow): boolean =>
  NORMAL.has(state) && NORMAL.has(health);

/** A screen of `ps --watch`: never more than fits, and what is wrong with its source. */
export function liveText(
  rows: readonly PsRow[],
  size: ScreenSize,
  nowMs: number,
  problem: string | undefined,
): string {
  const well = rows.filter(isWell).length;
  const time = new Date(nowMs).toISOString().slice(11, 19);
  const title = `${rows.length} instances, ${well} well   ${time} UTC   Ctrl-C ends`;
  const fits = Math.max(1, size.rows - OTHER_LINES - (problem === undefined ? 0 : 1));
  const shown =
    rows.length <= fits
      ? rows
      : [...rows.filter((row) => !isWell(row)), ...rows.filter(isWell)].slice(0, fits);
  const more = rows.length - shown.length;
  const lines = [
    title,
    ...(problem === undefined ? [] : [`as last seen: ${problem}`]),
    ...renderTable(psTable(nowMs), shown).split('\n'),
    ...(more === 0 ? [] : [`… ${more} more; make the window higher, or name a project`]),
  ];
  return lines.map((line) => clipped(line, size.columns)).join('\n');
}

const clipped = (line: string, columns: number): string =>
  line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;

const sentence = ({ name, host, state, health, ip, message }: PsRow): string => {
  const word = health === undefined ? state : `${state} (${health})`;
  const at = ip === undefined ? '' : ` at ${ip}`;
  const why = message === '' || state === 'running' ? '' : `: ${message}`;
  return `${name} on ${host} ${word}${at}${why}`;
};

/** A line for each instance that is another than before: for pipes and files. */
export class ChangeLines {
  readonly #format: Format;
  #said = new Map<string, { readonly text: string; readonly row: PsRow }>();

  constructor(format: Format) {
    this.#format = format;
  }

  /** The lines to print now; none when nothing changed. Of an instance that is no more its state is `gone`. */
  next(rows: readonly PsRow[]): readonly string[] {
    const before = this.#said;
    this.#said = new Map(
      rows.map((row) => [`${row.project} ${row.name} ${row.host}`, { text: this.#line(row), row }]),
    );
    const now = this.#said;
    const gone = [...before].flatMap(([key, { row }]) =>
      now.has(key) ? [] : [this.#line(goneRow(row))],
    );
    const changed = [...now].flatMap(([key, { text }]) =>
      before.get(key)?.text === text ? [] : [text],
    );
    return [...gone, ...changed];
  }

  #line(row: PsRow): string {
    const format = this.#format;
    if (format === 'table') return sentence(row);
    // One document a line: an array that never ends can be read by nobody.
    return renderValues(format === 'json' ? 'jsonl' : format, [row]);
  }
}

function goneRow({ ip: _ip, health: _health, startedAtMs: _startedAtMs, ...row }: PsRow): PsRow {
  return {
    ...{ ...row, state: 'gone', message: '' },
    ...{ ip: undefined, health: undefined, startedAtMs: undefined },
  };
}
