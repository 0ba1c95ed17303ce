import { createRequire } from 'node:module';
import { EXIT, isNapError, NapError } from '@nap/shared/errors';
import type Yargs from 'yargs';
import { commandsFor, type ListedCommand } from './commands/all.js';
import { COMPLETES } from './commands/completes.js';
import { connector } from './commands/connect.js';
import type { CommandContext } from './commands/context.js';
import type { CommandDescription, Flags, RegisterCommand } from './commands/declare-command.js';
import { withGluedValues } from './commands/glued-values.js';

// Its ES module breaks lines of help in the middle of words; only the other one has the library that does not.
const yargs = createRequire(import.meta.url)('yargs') as typeof Yargs;

/** Runs one command line; resolves with its exit code. Errors are thrown, NapErrors where they are foreseen. */
export async function runCli(
  argv: readonly string[],
  given: CommandContext,
  version: string,
): Promise<number> {
  const plain: CommandContext = { ...given, version };
  if (argv[0] === COMPLETES) {
    const { printCompletions } = await import('./commands/completion.js');
    await printCompletions(plain, argv.slice(2));
    return EXIT.ok;
  }
  const { argv: separate, rest } = await separated(argv);
  refuseDash(separate);
  const context: CommandContext = { ...plain, rest };
  const commands = await commandsFor(separate, context);
  const own = withGluedValues(separate, flagsOf(separate, commands));
  let exit: number = EXIT.ok;
  const run = {
    ...{ words: own, env: context.env },
    begin: (args: Readonly<Record<string, unknown>>): void => {
      if (args['progress'] === 'json') Object.assign(context, speaksJson(given));
    },
    connect: connector(context),
    done: (code: number): void => {
      exit = code;
    },
  };
  const parser = yargs([...own])
    .scriptName('nap-controller')
    // Its own words in the language of all others.
    .detectLocale(false)
    .usage('Docker Compose for several hosts.\n\nUsage: $0 <command>');
  for (const command of commands) {
    if (typeof command === 'function') command(parser, run);
    else parser.command([...command.command], command.describe);
  }
  parser
    .demandCommand(1, 'which command?')
    .recommendCommands()
    .strict()
    .wrap(100)
    .help()
    .version(version)
    .exitProcess(false)
    .fail((message: string | null, err: Error | undefined) => {
      if (err !== undefined && err.name !== 'YError') throw err;
      throw new Refused(message ?? err?.message ?? 'wrong usage');
    });
  try {
    await parser.parseAsync([...own], {}, (_err, _args, text) => {
      if (text !== '') context.out(text);
    });
    return exit;
  } catch (thrown) {
    return toldAsEvent(
      context,
      thrown instanceof Refused ? await inWords(thrown, own, commands) : thrown,
    );
  }
}

/** With the exit code; throws what is not told so. */
function toldAsEvent({ event }: CommandContext, err: unknown): number {
  if (event === undefined || !isNapError(err)) throw err;
  const { code, message, hint, details, exitCode } = err;
  event({ event: 'error', code, message, hint, details });
  return exitCode;
}

/** What the parser says when it refuses a command line. */
class Refused extends Error {}

/** Few command lines are wrong: what it takes to say how is loaded for those. */
async function inWords(
  { message }: Refused,
  argv: readonly string[],
  commands: readonly KnownCommand[],
): Promise<NapError> {
  const { usageError } = await import('./commands/usage-error.js');
  return usageError(message, argv, commands.map(described));
}

type KnownCommand = RegisterCommand | ListedCommand;

const described = (command: KnownCommand): Described =>
  typeof command === 'function' ? command.description : command;

/** Only of one that is loaded the flags and commands are known. */
type Described = Pick<CommandDescription, 'command'> &
  Partial<Pick<CommandDescription, 'commands' | 'flags' | 'examples'>>;

/** Those of the command that the first words name. */
function flagsOf(
  [first = '', second = '']: readonly string[],
  all: readonly KnownCommand[],
): Flags {
  const called = (name: string, among: readonly Described[]): Described | undefined =>
    among.find(({ command }) => command.some((text) => text.replace(/ .*/, '') === name));
  const command = called(first, all.map(described));
  const { flags = {} } = called(second, command?.commands ?? []) ?? command ?? {};
  return flags;
}

/** The commands that take Compose files, which also `-f` names. */
const OF_FILES: ReadonlySet<string> = new Set(['apply', 'up', 'plan', 'diff', 'config']);

/** yargs drops it, and another file than the one that was meant would be read. */
function refuseDash([command = '', ...args]: readonly string[]): void {
  if (!OF_FILES.has(command)) return;
  const isDash = args.some((it, at) => it === '-' && args[at - 1]?.startsWith('-') !== true);
  if (!isDash) return;
  throw new NapError('USAGE', `${command} -: a dash by itself names no file`, {
    hint: `"${command} -f -" reads the Compose file from standard input`,
  });
}

/** With \`--progress json\` everything on standard error is an object, one a line. */
function speaksJson({ err }: CommandContext): Pick<CommandContext, 'err' | 'event'> {
  const event = (it: object): void => {
    err(JSON.stringify(it));
  };
  return {
    event,
    err: (text) => {
      event({ event: 'message', text });
    },
  };
}

/** What a command line has for a container is not for the parser. */
async function separated(
  argv: readonly string[],
): Promise<{ readonly argv: readonly string[]; readonly rest: readonly string[] }> {
  const flags = await flagsBefore(argv[0]);
  if (flags === undefined) return { argv, rest: [] };
  const { separateCommand } = await import('./commands/separate-command.js');
  const { argv: own, command: rest, unknown } = separateCommand(argv, flags);
  if (unknown !== undefined) {
    const { unknownWords } = await import('./commands/usage-error.js');
    throw unknownWords(argv[0] ?? '', [unknown]);
  }
  return { argv: own, rest };
}

/** Of a command that runs another one. */
async function flagsBefore(command: string | undefined): Promise<Flags | undefined> {
  if (command === 'exec') return (await import('./commands/exec.js')).execFlags;
  if (command === 'run') return (await import('./commands/run.js')).runFlags;
  return undefined;
}
