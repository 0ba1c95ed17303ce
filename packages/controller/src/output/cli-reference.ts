import { EXIT, EXIT_MEANING } from '@nap/shared';
import type { Options } from 'yargs';

/** What is said of a command; of a group also its commands. */
interface Described {
  readonly command: readonly string[];
  readonly describe: string;
  readonly details?: string;
  readonly flags: Readonly<Record<string, Options>>;
  readonly positionals?: readonly string[];
  readonly examples?: readonly (readonly [command: string, what: string])[];
  readonly commands?: readonly Described[];
}

/** Flags that many commands take, told once. */
export interface SharedFlags {
  readonly title: string;
  readonly text: string;
  readonly flags: Readonly<Record<string, Options>>;
}

/** Environment variables and files, with what they are for. */
export type Facts = readonly (readonly [name: string, what: string])[];

export interface ReferenceParts {
  readonly commands: readonly Described[];
  readonly shared: readonly SharedFlags[];
  readonly environment: Facts;
  readonly files: Facts;
}

const NAME = 'nap-controller';

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `a, b or c`. */
function choicesText(choices: Options['choices']): string {
  const names = [choices ?? []].flat().map((choice) => `\`${String(choice)}\``);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function defaultText({ default: value, type, array }: Options): string {
  if (value === undefined || array === true || (type === 'boolean' && value === false)) return '';
  return `\`${String(value)}\``;
}

function flagRow([name, options]: readonly [string, Options]): readonly string[] {
  const { alias, choices, description = '', demandOption } = options;
  // A flag that is on unless said otherwise is known by its negation, which its other names are not.
  const isNegated = options.type === 'boolean' && options.default === true;
  const others = isNegated ? [] : [alias ?? []].flat();
  const short = others.map((text) => `\`${text.length === 1 ? '-' : '--'}${text}\`, `);
  const value = options.type === 'boolean' ? '' : ` ${valueName(options)}`;
  const said = choices === undefined ? description : `${description}: ${choicesText(choices)}`;
  return [
    `${short.join('')}\`--${isNegated ? 'no-' : ''}${name}${value}\``,
    demandOption === true ? `${said} (required)` : said,
    isNegated ? '' : defaultText(options),
  ];
}

const valueName = ({ type, choices }: Options): string =>
  choices !== undefined ? 'WORD' : type === 'number' ? 'NUMBER' : 'TEXT';

function flagsTable(flags: readonly (readonly [string, Options])[]): string {
  return tableText(['flag', 'what it says', 'default'], flags.map(flagRow));
}

function examplesText(examples: NonNullable<Described['examples']>): string {
  const lines = examples.flatMap(([command, what], at) => [
    ...(at === 0 ? [] : ['']),
    `    # ${what}`,
    `    ${command.replace('$0', NAME)}`,
  ]);
  return ['Examples:', '', ...lines].join('\n');
}

/** Without what it takes. */
const wordsOf = (command: string): string => command.replace(/ [[<].*/, '');

interface Placed {
  readonly described: Described;
  /** `host` of `host drain`. */
  readonly group: string;
}

/** Commands, and those of groups, as they follow one another. */
function leaves(commands: readonly Described[], group = ''): readonly Placed[] {
  return commands.flatMap((described) => {
    const path = `${group}${wordsOf(described.command[0] ?? '')} `;
    return described.commands === undefined
      ? [{ described, group }]
      : leaves(described.commands, path);
  });
}

const titleOf = ({ described, group }: Placed): string =>
  `${group}${wordsOf(described.command[0] ?? '')}`;

function commandText(placed: Placed, shared: readonly SharedFlags[]): string {
  const { described, group } = placed;
  const [first = '', ...aliases] = described.command;
  const positionals = described.positionals ?? [];
  const told = shared.filter(({ flags }) =>
    Object.keys(flags).every((name) => name in described.flags),
  );
  const isTold = (name: string): boolean => told.some(({ flags }) => name in flags);
  const entries = Object.entries(described.flags);
  const own = entries.filter(([name]) => !positionals.includes(name) && !isTold(name));
  const given = entries.filter(([name]) => positionals.includes(name));
  const also = told.map(({ title }) => `[${title.toLowerCase()}](#${anchor(title)})`);
  const aliasText = aliases.map((alias) => `\`${group}${alias}\``).join(', ');
  return [
    `### ${titleOf(placed)}`,
    `    ${NAME} ${group}${first} [flags]`,
    `${described.describe}.${aliasText === '' ? '' : ` Also called ${aliasText}.`}`,
    ...(described.details === undefined ? [] : [described.details]),
    ...(given.length === 0 ? [] : [tableText(['argument', 'what it is'], given.map(argumentRow))]),
    ...(own.length === 0 ? [] : [flagsTable(own)]),
    ...(also.length === 0 ? [] : [`Besides: ${also.join(', ')}.`]),
    ...(described.examples === undefined ? [] : [examplesText(described.examples)]),
  ].join('\n\n');
}

const argumentRow = ([name, { description = '' }]: readonly [string, Options]): string[] => [
  `\`${name}\``,
  description,
];

function listText(commands: readonly Described[]): string {
  const rows = leaves(commands).map((placed) => {
    const title = titleOf(placed);
    return [`[${title}](#${anchor(title)})`, placed.described.describe];
  });
  return tableText(['command', 'what it does'], rows);
}

const factsTable = (title: string, facts: Facts): string =>
  tableText(
    [title, 'what it says'],
    facts.map(([name, what]) => [`\`${name}\``, what]),
  );

function exitText(): string {
  const rows = Object.entries(EXIT).map(([name, code]) => [
    String(code),
    // The table of meanings has every name of the table of codes.
    EXIT_MEANING[name as keyof typeof EXIT],
  ]);
  return tableText(['code', 'meaning'], rows);
}

/** docs/cli.md, from what the commands say of themselves. */
export function cliReference({ commands, shared, environment, files }: ReferenceParts): string {
  const sections = [
    `# nap-controller

Docker Compose for several hosts: reads Compose files, plans, writes the plan to etcd, and shows what came of it.

    ${NAME} COMMAND [ARGUMENTS] [FLAGS]

Written from the commands' own descriptions; a test keeps it equal. To write it anew:
\`UPDATE_DOCS=1 npm run jest -- --selectProjects unit --testPathPatterns reference\`. \`${NAME} COMMAND --help\` says the same.

Data goes to standard output, progress and messages to standard error. What lists takes \`--format\`: \`table\` for people, \`json\`,
\`jsonl\` or \`yaml\` for scripts, or a template such as \`'{{.Name}} {{.Host}}'\` and \`'table {{.Name}}\\t{{.Host}}'\`.

How services and instances are named, alike in every command: [names](names-of-instances.md).`,
    '## Commands',
    listText(commands),
    ...shared.map(({ title, text, flags }) =>
      [`## ${title}`, text, flagsTable(Object.entries(flags))].join('\n\n'),
    ),
    '## Environment',
    factsTable('variable', environment),
    '## Files',
    factsTable('file', files),
    '## Exit codes',
    exitText(),
    '## Each command',
    ...leaves(commands).map((placed) => commandText(placed, shared)),
  ];
  return `${sections.join('\n\n')}\n`;
}
