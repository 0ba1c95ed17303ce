import { EXIT, NapError } from '@nap/shared';
import yargs from 'yargs';
import { applyCommand } from './commands/apply.js';
import { configCommand } from './commands/config.js';
import type { CommandContext } from './commands/context.js';
import { declareCommand, type RegisterCommand } from './commands/declare-command.js';
import { cpCommand } from './commands/cp.js';
import { downCommand } from './commands/down.js';
import { eventsCommand } from './commands/events.js';
import { execCommand, execFlags } from './commands/exec.js';
import { historyCommand } from './commands/history.js';
import { hostCommand } from './commands/host.js';
import { imageCommand } from './commands/image.js';
import { inspectCommand } from './commands/inspect.js';
import { logsCommand } from './commands/logs.js';
import { killCommand } from './commands/kill.js';
import { lsCommand, namesCommand, psCommand } from './commands/list.js';
import { planCommand } from './commands/plan.js';
import { portCommand } from './commands/port.js';
import { rollbackCommand } from './commands/rollback.js';
import { scaleCommand } from './commands/scale.js';
import { separateCommand } from './commands/separate-command.js';
import { serveCommand } from './commands/serve.js';
import { statsCommand } from './commands/stats.js';
import { topCommand } from './commands/top.js';

/** In the order of the help. `rest`: what the command line has for a container. */
function commandsOf(
  rest: readonly string[],
): readonly ((context: CommandContext) => RegisterCommand)[] {
  return [
    applyCommand,
    planCommand,
    scaleCommand,
    rollbackCommand,
    historyCommand,
    downCommand,
    lsCommand,
    psCommand,
    inspectCommand,
    logsCommand,
    (it: CommandContext) => execCommand(it, rest),
    topCommand,
    statsCommand,
    killCommand,
    eventsCommand,
    cpCommand,
    portCommand,
    imageCommand,
    namesCommand,
    hostCommand,
    configCommand,
    serveCommand,
  ];
}

/** Runs one command line; resolves with its exit code. Errors are thrown, NapErrors where they are foreseen. */
export async function runCli(
  argv: readonly string[],
  context: CommandContext,
  version: string,
): Promise<number> {
  const { argv: own, command: rest } =
    argv[0] === 'exec' ? separateCommand(argv, execFlags) : { argv, command: [] };
  const versionCommand = declareCommand({
    command: ['version'],
    describe: 'print the version',
    flags: {},
    run: () => {
      context.out(version);
      return Promise.resolve(EXIT.ok);
    },
  });
  let exit: number = EXIT.ok;
  const run = {
    env: context.env,
    done: (code: number): void => {
      exit = code;
    },
  };
  const parser = yargs([...own])
    .scriptName('nap-controller')
    .usage('Docker Compose for several hosts.\n\nUsage: $0 <command>');
  for (const command of commandsOf(rest)) command(context)(parser, run);
  versionCommand(parser, run);
  await parser
    .completion('completion', 'print a completion script for bash or zsh')
    .demandCommand(1, 'which command?')
    .recommendCommands()
    .strict()
    .wrap(100)
    .help()
    .version(version)
    .exitProcess(false)
    .fail((message: string | null, err: Error | undefined) => {
      throw err === undefined || err.name === 'YError' ? usage(message ?? err?.message) : err;
    })
    .parseAsync();
  return exit;
}

function usage(message = 'wrong usage'): NapError {
  return new NapError('USAGE', message, { hint: 'see nap-controller --help' });
}
