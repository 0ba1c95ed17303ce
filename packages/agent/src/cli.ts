import { existsSync, readFileSync } from 'node:fs';
import yargs from 'yargs';
import { z } from 'zod';
import { EXIT, isNapError, messageOf, NapError } from '@nap/shared';
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
    .usage('$0 <command>\n\nMakes the local dockerd match the placements of its host.')
    .command(
      'run',
      'run the agent until a signal',
      (command) =>
        command
          .options(agentFlags)
          .env('NAP')
          .config(
            'config',
            `JSON file with these settings (default ${CONFIG_FILE}, when it exists)`,
            readConfigFile,
          )
          .default(existsSync(CONFIG_FILE) ? { config: CONFIG_FILE } : {}),
      async (flags) => {
        code = await runAgent(flags);
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
  const known = new Set(
    [...Object.keys(agentFlags), 'config'].map(
      (flag) => `NAP_${flag.toUpperCase().replaceAll('-', '_')}`,
    ),
  );
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('NAP_') && !known.has(name)) Reflect.deleteProperty(process.env, name);
  }
}

/** The parser passes on what a command has thrown, and its own complaints; those about a config file as errors. */
function asThrown(message: string, err: unknown): Error {
  if (!(err instanceof Error)) return new UsageError(message);
  return err.name === 'YError' ? new NapError('BAD_CONFIG', err.message, { cause: err }) : err;
}

const settingsSchema = z.record(z.string(), z.unknown());

function readConfigFile(path: string): Record<string, unknown> {
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new NapError('BAD_CONFIG', `--config: ${path} is no JSON file with settings`, { cause });
  }
}

class UsageError extends Error {}

function report(err: unknown): number {
  const hint = isNapError(err) && err.hint !== undefined ? `\n  ${err.hint}` : '';
  process.stderr.write(`nap-agent: ${messageOf(err)}${hint}\n`);
  if (err instanceof UsageError) return EXIT.usage;
  return isNapError(err) ? err.exitCode : EXIT.bug;
}
