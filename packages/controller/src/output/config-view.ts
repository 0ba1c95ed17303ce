import { createHash } from 'node:crypto';
import type { AskedVariable, ComposeModel, ConfigValue, SupportEntry } from '../compose/index.js';
import { renderValues } from './format.js';
import { renderTable, type Format, type Table } from './table.js';

/** What `config` prints besides the whole model: lists for scripts, and the report. */

function entriesAt(model: ComposeModel, key: string): readonly (readonly [string, ConfigValue])[] {
  const value = model[key];
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

/** Of `services`, `networks` or `volumes`. */
export function namesIn(model: ComposeModel, key: string): readonly string[] {
  return entriesAt(model, key).map(([name]) => name);
}

/** One for each service; what is to be built is called as Docker Compose calls it. */
export function imagesIn(model: ComposeModel): readonly string[] {
  return entriesAt(model, 'services').map(([name, service]) => {
    const [, image] = Object.entries(service ?? {}).find(([key]) => key === 'image') ?? [];
    const project = typeof model['name'] === 'string' ? model['name'] : '';
    return typeof image === 'string' ? image : `${project}-${name}`;
  });
}

export type Pair = readonly [name: string, value: string];

/** For each service of the names given, or for all of `*`: it changes when the service is said otherwise. */
export function hashesIn(model: ComposeModel, names: readonly string[]): readonly Pair[] {
  return entriesAt(model, 'services')
    .filter(([name]) => names.includes('*') || names.includes(name))
    .map(([name, service]): Pair => {
      const hash = createHash('sha256').update(JSON.stringify(service)).digest('hex');
      return [name, hash];
    });
}

export function sorted(environment: Readonly<Record<string, string>>): readonly Pair[] {
  return Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One a line, or an array. */
export function renderNames(names: readonly string[], format: 'table' | 'json'): string {
  return format === 'json' ? JSON.stringify(names, null, 2) : names.join('\n');
}

/** One a line, or an object. */
export function renderPairs(
  pairs: readonly Pair[],
  between: string,
  format: 'table' | 'json',
): string {
  if (format === 'json') return JSON.stringify(Object.fromEntries(pairs), null, 2);
  return pairs.map(([name, value]) => `${name}${between}${value}`).join('\n');
}

const variables: Table<AskedVariable> = {
  columns: {
    NAME: ({ name }) => name,
    REQUIRED: ({ isRequired }) => String(isRequired),
    'DEFAULT VALUE': ({ defaultValue }) => defaultValue,
    'ALTERNATE VALUE': ({ alternateValue }) => alternateValue,
  },
};

/** In JSON with the field names of Docker Compose. */
export function renderVariables(asked: readonly AskedVariable[], format: Format): string {
  if (format === 'table') return renderTable(variables, asked);
  const byName = asked.map(({ name, defaultValue, alternateValue, isRequired }) => {
    const facts = { DefaultValue: defaultValue, PresenceValue: alternateValue };
    return [name, { Name: name, ...facts, Required: isRequired }] as const;
  });
  return JSON.stringify(Object.fromEntries(byName), null, 2);
}

const placeText = ({ place }: SupportEntry): string =>
  `${place.file}:${place.line}:${place.column}`;

const report: Table<SupportEntry> = {
  columns: {
    KEY: ({ path }) => path,
    NAP: ({ verdict }) => verdict,
    PLACE: placeText,
    WHY: ({ why = '', wayOut }) => (wayOut === undefined ? why : `${why}: ${wayOut}`),
  },
};

function byPlace(a: SupportEntry, b: SupportEntry): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}

/** What nap does with each key, in the order of the files. */
export function renderReport(support: readonly SupportEntry[], format: 'table' | 'json'): string {
  const rows = [...support].sort(byPlace);
  if (format === 'table') return renderTable(report, rows);
  const documents = rows.map(({ path, verdict, why, wayOut, place }) => ({
    key: path,
    verdict,
    ...place,
    ...(why === undefined ? {} : { why }),
    ...(wayOut === undefined ? {} : { wayOut }),
  }));
  return renderValues(format, documents);
}

/** `12 keys: 10 honoured, 1 ignored, 1 refused`. */
export function reportSummary(support: readonly SupportEntry[]): string {
  const verdicts = ['honoured', 'ignored', 'refused'] as const;
  const counts = verdicts.map(
    (verdict) => `${support.filter((entry) => entry.verdict === verdict).length} ${verdict}`,
  );
  return `${support.length} keys: ${counts.join(', ')}`;
}
