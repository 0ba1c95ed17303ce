import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT, hasErrors, NapError } from '@nap/shared';
import { renderConfig, type ComposeModel, type LoadResult, type Pass } from '../compose/index.js';
import {
  hashesIn,
  imagesIn,
  namesIn,
  renderNames,
  renderPairs,
  renderReport,
  renderVariables,
  reportSummary,
  sorted,
  type Pair,
} from '../output/config-view.js';
import { renderProblems } from '../output/problem-view.js';
import { cannotWrite } from './cannot-write.js';
import type { CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { fileFlags, filesPositional } from './flags.js';
import { readFiles, rejectErrors } from './load.js';

const instead = (what: string) =>
  ({ type: 'boolean', default: false, description: `print ${what} instead` }) as const;
/** Of a flag that people know by its negation. */
const unless = (negation: string, what: string) =>
  ({ type: 'boolean', default: true, description: `${what}, or ${negation}` }) as const;

const flags = {
  ...filesPositional,
  ...fileFlags,
  format: {
    choices: ['yaml', 'json', 'table'],
    description: 'yaml unless said otherwise; for lists text, a line each, or json',
  },
  output: { alias: 'o', type: 'string', requiresArg: true, description: 'file to write to' },
  quiet: { alias: 'q', type: 'boolean', default: false, description: 'only check, print nothing' },
  report: instead('what nap does with each key, why, and where it stands,'),
  services: instead('the names of the services'),
  images: instead('the images of the services'),
  networks: instead('the names of the networks'),
  volumes: instead('the names of the volumes'),
  profiles: instead('the names of the profiles'),
  variables: instead('the variables that the files ask for'),
  environment: instead('what variables are replaced from'),
  hash: { type: 'string', description: 'print a hash of these services instead: a,b or *' },
  interpolate: unless('--no-interpolate', 'replace variables'),
  normalize: unless('--no-normalize', 'add what goes without saying'),
  'path-resolution': unless('--no-path-resolution', 'make paths absolute'),
  'env-resolution': unless('--no-env-resolution', 'read the env files of services'),
  consistency: unless('--no-consistency', 'check that the parts fit together'),
} as const;

type ConfigArgs = ArgsOf<typeof flags>;

const VIEWS = [
  ...['report', 'services', 'images', 'networks', 'volumes', 'profiles'],
  ...['variables', 'environment', 'hash'],
] as const;

/** Throws USAGE for flags that exclude each other. */
function viewOf(args: ConfigArgs): string | undefined {
  const [view, other] = VIEWS.filter((name) => args[name] !== false && args[name] !== undefined);
  if (other !== undefined) {
    throw new NapError('USAGE', `--${view ?? ''} and --${other}: one at a time`);
  }
  const isTable = view === 'report' || view === 'variables';
  if (args.format !== undefined && isTable && args.format === 'yaml') {
    throw new NapError('USAGE', `--${view} takes --format table or json`);
  }
  if (args.format === 'table' && !isTable) {
    throw new NapError('USAGE', '--format table is for --report and --variables');
  }
  return view;
}

function passesLeftOut(args: ConfigArgs): readonly Pass[] {
  const passes: readonly (readonly [Pass, boolean])[] = [
    ['interpolation', args.interpolate && !args.variables],
    ['normalisation', args.normalize],
    ['path-resolution', args.pathResolution],
    ['env-files', args.envResolution],
    ['checks', args.consistency],
  ];
  return passes.flatMap(([pass, isMade]) => (isMade ? [] : [pass]));
}

/** What the flags ask for; undefined when the files are too wrong to say it. */
function textOf(
  view: string | undefined,
  loaded: LoadResult,
  args: ConfigArgs,
): string | undefined {
  const { model } = loaded;
  const format = args.format === 'json' ? 'json' : 'table';
  if (view === 'report') return renderReport(loaded.support, format);
  if (view === 'environment') return renderPairs(sorted(loaded.environment), '=', format);
  if (model === undefined) return undefined;
  switch (view) {
    case undefined:
      return renderConfig(model, args.format === 'json' ? 'json' : 'yaml').trimEnd();
    case 'variables':
      return renderVariables(loaded.variables, format);
    case 'profiles':
      return renderNames(loaded.profiles, format);
    case 'images':
      return renderNames(imagesIn(model), format);
    case 'hash':
      return renderPairs(hashesOf(model, args.hash ?? ''), ' ', format);
    default:
      return renderNames(namesIn(model, view), format);
  }
}

/** Throws NOT_FOUND for a service that is none. */
function hashesOf(model: ComposeModel, asked: string): readonly Pair[] {
  const names = asked.split(',').map((name) => name.trim());
  const known = namesIn(model, 'services');
  const unknown = names.find((name) => name !== '*' && !known.includes(name));
  if (unknown === undefined) return hashesIn(model, names);
  throw new NapError('NOT_FOUND', `--hash ${unknown}: the files have no service ${unknown}`, {
    hint: `there are: ${known.join(', ')}; * is all of them`,
  });
}

async function print(context: CommandContext, text: string, file?: string): Promise<void> {
  if (file === undefined) {
    if (text !== '') context.out(text);
    return;
  }
  try {
    await writeFile(resolve(context.cwd, file), `${text}\n`);
  } catch (err) {
    throw cannotWrite('--output', file, err);
  }
}

/** The report says what is ignored and refused: only what else is wrong is left to say. */
function besidesReport({ problems, support }: LoadResult): LoadResult['problems'] {
  const told = new Set(
    support.filter(({ verdict }) => verdict !== 'honoured').map(({ path }) => path),
  );
  return problems.filter(({ path }) => !told.has(path));
}

/**
 * Prints the files as nap reads them; needs neither etcd nor Docker. What nap refuses is printed too, as far as it is good
 * Compose, and so it ends as `docker compose config` does; that `apply` would not take it is said, and with --strict it is
 * an error.
 */
export function configCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['config [files..]'],
    describe: 'check the Compose files and print them in canonical form',
    flags,
    positionals: ['files'],
    details: `Takes the flags of \`docker compose config\` and answers as it does; needs neither etcd nor Docker. So it ends with ${EXIT.ok} too, and says so,
where the files are good Compose that \`apply\` would refuse; with \`--strict\` it ends with ${EXIT.rejected} then. With \`--format json\` lists of names
are arrays, and \`--hash\` and \`--environment\` objects.`,
    examples: [
      ['$0 config shop.yml', 'as nap reads it'],
      ['$0 config shop.yml --report', 'what nap honours, ignores and refuses of it'],
      ['$0 config shop.yml --no-interpolate', 'with its variables as they are written'],
    ],
    run: async (args) => {
      const view = viewOf(args);
      const loaded = await readFiles(context, args, passesLeftOut(args));
      const problems = view === 'report' && !args.strict ? besidesReport(loaded) : loaded.problems;
      if (problems.length > 0) context.err(renderProblems(problems));
      const text = args.quiet ? undefined : textOf(view, loaded, args);
      if (text !== undefined) await print(context, text, args.output);
      if (view === 'report') context.err(reportSummary(loaded.support));
      const isGoodCompose = loaded.model !== undefined;
      if (!isGoodCompose || args.strict) rejectErrors(problems);
      else if (hasErrors(problems) && view !== 'report') {
        context.err('\napply would not take these files; with --strict this is an error here too');
      }
      return EXIT.ok;
    },
  });
}
