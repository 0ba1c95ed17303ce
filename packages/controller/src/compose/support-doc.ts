import { SERVICE_ATTRIBUTES } from './attributes.js';
import type { Attribute, Shape, Support, Table } from './shape.js';
import { TOP_LEVEL } from './top-level.js';

interface Row extends Attribute {
  readonly name: string;
}

/** A mapping of which nap uses nothing: its keys say nothing here. */
const CLOSED: ReadonlySet<string> = new Set(['build', 'services']);

function rowsOf(table: Table, prefix: string): readonly Row[] {
  return Object.entries(table).flatMap(([key, attribute]) => {
    const name = `${prefix}${key}`;
    const inner = CLOSED.has(name) ? [] : innerRows(attribute.shape, name);
    return [{ name, ...attribute }, ...inner];
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

/** The fields of the project that a value ends in. */
function fieldsText({ carries = [] }: Row): string {
  return carries.map(({ to }) => `\`${to}\``).join(', ');
}

function tableText(
  columns: Readonly<Record<string, (row: Row) => string>>,
  rows: readonly Row[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const lines = rows.map((row) => line(Object.values(columns).map((text) => text(row))));
  const names = Object.keys(columns);
  return [line(names), line(names.map(() => '---')), ...lines].join('\n');
}

const COLUMNS = {
  key: ({ name }: Row) => `\`${name}\``,
  form: ({ shape }: Row) => shape.kind,
  'in a later file': ({ shape }: Row) => shape.merge.says,
  nap: supportText,
};

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
\`use_api_socket: !reset null\`. The field is where a value ends in what nap stores: of a service, or of its container
(\`packages/shared/src/schema\`); several keys may end in one.

## Services

Of ${attributes.length} attributes: ${counts(attributes)}.

${tableText({ ...COLUMNS, field: fieldsText }, services)}

The v1 format has besides: \`net\` (as \`network_mode\`; \`bridge\` is the default and asks for nothing), \`log_driver\` and
\`log_opt\` (as \`logging\`), \`dockerfile\` (as \`build.dockerfile\`).

## Top level

${tableText(COLUMNS, rowsOf(TOP_LEVEL, ''))}
`;
}
