import { createRequire } from 'node:module';
import { NapError } from '@nap/shared/errors';
import type Yaml from 'yaml';

/** A template has fields of a row in it, as Docker writes them: `{{.Name}}`. */
export interface Template {
  readonly template: string;
  /** Written with `table ` before it: aligned, with titles. */
  readonly isTable: boolean;
}

/** What every listing takes: a table for people, values for scripts, or a line a row made by a template. */
export type Format = 'table' | 'json' | 'jsonl' | 'yaml' | Template;

const TABLE = 'table ';
const FIELD = /{{\s*\.?([^{}]*?)\s*}}/g;

/** Throws USAGE. `--format` twice gives a list, as yargs has it: the last one counts. */
export function parseFormat(given: string | readonly string[]): Format {
  const text = typeof given === 'string' ? given : (given.at(-1) ?? '');
  if (text === 'table' || text === 'json' || text === 'jsonl' || text === 'yaml') return text;
  const template = text.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  const isTable = template.startsWith(TABLE);
  if (template.search(FIELD) >= 0) {
    return { template: isTable ? template.slice(TABLE.length) : template, isTable };
  }
  // The parser gives on what it is told in one sentence, and no hint.
  const known = "table, json, jsonl, yaml, or a template such as '{{.Name}} {{.Host}}'";
  throw new NapError('USAGE', `--format ${JSON.stringify(text)}: ${known} is expected`);
}

/** Loaded when it is asked for: every list waits for what this file imports. */
function loadYaml(): typeof Yaml {
  return createRequire(import.meta.url)('yaml') as typeof Yaml;
}

/**
 * Rows as one JSON array, one JSON object a line, one YAML list, or a line each. `optional` are fields that a row may have
 * besides. Throws USAGE for a field that no row can have.
 */
export function renderValues(
  format: Exclude<Format, 'table'>,
  rows: readonly unknown[],
  optional: readonly string[] = [],
): string {
  if (format === 'json') return JSON.stringify(rows, null, 2);
  if (format === 'jsonl') return rows.map((row) => JSON.stringify(row)).join('\n');
  if (format === 'yaml') return loadYaml().stringify(rows).trimEnd();
  const fields = fieldsOf(rows, optional);
  return rows.map((row) => fillIn(format.template, row as object, fields)).join('\n');
}

/** All that some row has or may have, each once. */
export const fieldsOf = (
  rows: readonly unknown[],
  optional: readonly string[] = [],
): readonly string[] => [
  ...new Set([...rows.flatMap((row) => Object.keys(row as object)), ...optional]),
];

/** One value, whole. */
export function renderDocument(format: 'json' | 'yaml', value: unknown): string {
  return format === 'json' ? JSON.stringify(value, null, 2) : loadYaml().stringify(value).trimEnd();
}

export const titleOf = (template: string): string =>
  template.replaceAll(FIELD, (_, name: string) => name.toUpperCase());

/** What of `fields` the row does not have is empty. Throws USAGE for any other field. */
export function fillIn(template: string, row: object, fields: readonly string[]): string {
  // Docker begins its fields with a capital; those of nap's JSON begin with a small one.
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  const known = new Set(fields.map((name) => name.toLowerCase()));
  return template.replaceAll(FIELD, (_, name: string) => {
    if (!known.has(name.toLowerCase())) {
      throw new NapError('USAGE', `--format: no field ${JSON.stringify(name)}`, {
        hint: `there are: ${fields.join(', ')}`,
      });
    }
    const value: unknown = values.get(name.toLowerCase());
    return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  });
}
