import { existsSync } from 'node:fs';
import yargs from 'yargs';
import { EXIT, isNapError, messageOf, NapError } from '@nap/shared';
import { checkedArgs, checkWords, switchOf, variableOf } from '@nap/shared/flags';
import { UNREAD_PASSWORD, UNREAD_PASSWORD_TEXT } from '@nap/shared/runtime';
import { readConfigFile } from './config-file.js';
import { agentFlags } from './config.js';
import { runAgent } from './run.js';
import { agentVersion } from './version.js';

const CONFIG_FILE = '/etc/nap/agent.json';

/** Resolves with the exit code of the process. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  forgetForeignSettings();
  const parser = yargs([...args])
    .scriptName('nap-agent')
    .detectLocale(false)
    // Else `--label.a=b` would be an object, which no flag takes.
    .parserConfiguration({ 'dot-notation': false })
    .usage('$0 <command>\n\nMakes the local dockerd match the placements of its host.')
    .command(
      'run',
      'run the agent until a signal',
      (command) => {
        settleVariables();
        return command
          .options(agentFlags)
          .env('NAP')
          .config(
            'config',
            `JSON file with these settings (default ${CONFIG_FILE}, when it exists)`,
            readConfigFile,
          )
          .default(existsSync(CONFIG_FILE) ? { config: CONFIG_FILE } : {});
      },
      async (flags) => {
        checkWords(agentFlags, args);
        code = await runAgent(checkedArgs(agentFlags, flags));
      },
    )
    .command('version', 'print the version', {}, () => {
      process.stdout.write(`${agentVersion()}\n`);
    })
    .demandCommand(1, 'name a command')
    .strict()
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, err: unknown) => {
      throw asThrown(message, err);
    });
  try {
    await parser.parseAsync();
    return code;
  } catch (err) {
    return report(err);
  }
}

/** Other programs have settings that begin with NAP_ too; unknown flags, on the other hand, are mistakes. */
function forgetForeignSettings(): void {
  if ((process.env[UNREAD_PASSWORD] ?? '') !== '') {
    process.stderr.write(`note: ${UNREAD_PASSWORD_TEXT}\n`);
  }
  const known = new Set([...Object.keys(agentFlags), 'config'].map(variableOf));
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('NAP_') && !known.has(name)) Reflect.deleteProperty(process.env, name);
  }
}

/** What is set to nothing is not set; of a switch the parser would take any word but `true` for "off". */
function settleVariables(): void {
  const { env } = process;
  for (const [name, flag] of Object.entries(agentFlags)) {
    const variable = variableOf(name);
    const value = env[variable] ?? '';
    if (value === '') Reflect.deleteProperty(env, variable);
    else if ('type' in flag && flag.type === 'boolean')
      env[variable] = `${switchOf(variable, value)}`;
  }
}

/** The parser passes on what a command has thrown, and its own complaints; those about a config file as errors. */
function asThrown(message: string, err: unknown): Error {
  if (!(err instanceof Error)) return new UsageError(message);
  return err.name === 'YError' ? new NapError('BAD_CONFIG', err.message, { cause: err }) : err;
}

class UsageError extends Error {}

function report(err: unknown): number {
  const hint = isNapError(err) && err.hint !== undefined ? `\n  ${err.hint}` : '';
  process.stderr.write(`nap-agent: ${messageOf(err)}${hint}\n`);
  if (err instanceof UsageError) return EXIT.usage;
  return isNapError(err) ? err.exitCode : EXIT.bug;
}
