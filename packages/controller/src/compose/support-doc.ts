import { EXTENSIONS, SERVICE_ATTRIBUTES } from './attributes.js';
import type { Shape, Support, Table } from './shape.js';
import { TOP_LEVEL } from './top-level.js';

interface Row {
  readonly name: string;
  readonly shape: Shape;
  readonly support: Support;
}

/** A mapping of which nap uses nothing: its keys say nothing here. */
const CLOSED: ReadonlySet<string> = new Set(['build', 'services']);

function rowsOf(table: Table, prefix: string): readonly Row[] {
  return Object.entries(table).flatMap(([key, { shape, support }]) => {
    const name = `${prefix}${key}`;
    return [{ name, shape, support }, ...(CLOSED.has(name) ? [] : innerRows(shape, name))];
  });
}

function innerRows(shape: Shape, name: string): readonly Row[] {
  if (shape.table !== undefined) return rowsOf(shape.table, `${name}.`);
  if (shape.each?.table === undefined) return [];
  const isMap = shape.kind.includes('mapping of');
  return rowsOf(shape.each.table, isMap ? `${name}.NAME.` : `${name}[].`);
}

const isHonoured = ({ support }: Row): boolean => support.class === 'honoured';

function supportText({ support, shape, name }: Row): string {
  if (support.class === 'honoured') {
    const inner = CLOSED.has(name) ? [] : innerRows(shape, name);
    if (support.note !== undefined) return `honoured: ${support.note}`;
    return inner.every(isHonoured) ? 'honoured' : 'as its keys say';
  }
  const unless = support.unless === undefined ? '' : ' if it asks for something';
  // To remove the key is the way out that the introduction names.
  const { wayOut = 'remove it' } = support;
  const instead = wayOut.startsWith('remove it') ? '' : `; ${wayOut}`;
  const what = support.class === 'ignored' ? 'ignored with a warning' : '**refused**';
  return `${what}${unless}: ${support.why}${instead}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function tableText(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| \`${row.name}\` | ${cell(row.shape.kind)} | ${cell(row.shape.merge.says)} | ${cell(supportText(row))} |`,
  );
  return ['| key | form | in a later file | nap |', '| --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}

function counts(rows: readonly Row[]): string {
  const count = (wanted: Support['class']): number =>
    rows.filter(({ support }) => support.class === wanted).length;
  return `${count('honoured')} honoured, ${count('ignored')} ignored with a warning, ${count('refused')} refused`;
}

/** docs/compose-support.md, from the tables that the loader works by. */
export function supportDocument(): string {
  const services = rowsOf(SERVICE_ATTRIBUTES, '');
  const attributes = services.filter(({ name }) => Object.hasOwn(SERVICE_ATTRIBUTES, name));
  return `# What nap makes of a Compose file

Written by \`packages/controller/src/compose/support-doc.ts\` from the tables of the loader; a test keeps it equal. To write it
anew: \`UPDATE_DOCS=1 npm run jest -- --selectProjects unit --testPathPatterns support-doc\`.

nap reads the formats of all times: files without \`services\` (v1), versions 2 and 3, and the Compose Specification. A key
that nap cannot honour is named with its place. **refused** stops \`apply\`; a key that is ignored is a warning. Keys that no
Compose file knows are errors; \`x-…\` is free everywhere. An override file can remove a key that nap refuses:
\`privileged: !reset null\`.

## Services

Of ${attributes.length} attributes: ${counts(attributes)}.

${tableText(services)}

The v1 format has besides: \`net\` (as \`network_mode\`; \`bridge\` is the default and asks for nothing), \`log_driver\` and
\`log_opt\` (as \`logging\`), \`dockerfile\` (as \`build.dockerfile\`).

## What is nap's own

Of a service; at the top of the file the same keys are for every service. [scheduling.md](scheduling.md) says what they do.

${tableText(rowsOf(EXTENSIONS, ''))}

## Top level

${tableText(rowsOf(TOP_LEVEL, ''))}
`;
}
