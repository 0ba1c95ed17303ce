import { EXIT, NapError } from '@nap/shared';
import yargs from 'yargs';
import { applyCommand } from './commands/apply.js';
import { configCommand } from './commands/config.js';
import type { CommandContext } from './commands/context.js';
import { declareCommand } from './commands/declare-command.js';
import { downCommand } from './commands/down.js';
import { execCommand, execFlags } from './commands/exec.js';
import { historyCommand } from './commands/history.js';
import { hostCommand } from './commands/host.js';
import { inspectCommand } from './commands/inspect.js';
import { logsCommand } from './commands/logs.js';
import { lsCommand, namesCommand, psCommand } from './commands/list.js';
import { planCommand } from './commands/plan.js';
import { rollbackCommand } from './commands/rollback.js';
import { scaleCommand } from './commands/scale.js';
import { separateCommand } from './commands/separate-command.js';
import { serveCommand } from './commands/serve.js';

/** Runs one command line; resolves with its exit code. Errors are thrown, NapErrors where they are foreseen. */
export async function runCli(
  argv: readonly string[],
  context: CommandContext,
  version: string,
): Promise<number> {
  const { argv: own, command } =
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
  const commands = [
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
    (it: CommandContext) => execCommand(it, command),
    namesCommand,
    hostCommand,
    configCommand,
    serveCommand,
  ];
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
  for (const command of commands) command(context)(parser, run);
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
