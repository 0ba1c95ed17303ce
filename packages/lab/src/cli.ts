/** The command line: parses, calls the lab, prints. */
import yargs, { type Argv } from 'yargs';
import { addEtcdCommands, addFaultCommands } from './cli-faults.js';
import { LabError } from './errors.js';
import { splitExecArgs } from './exec-args.js';
import { openLab, type Lab } from './lab.js';
import { runAttached } from './machine/run.js';
import { HOSTS_MAX } from './plan/addresses.js';
import { BRIDGES, DEFAULT_SETTINGS, ETCD_SIZES, NETS } from './plan/settings.js';
import { statusText } from './status-text.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Returns the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  const lab = openLab();
  const exit = { code: 0 };
  const { own, command } = splitExecArgs(args);
  const parser = yargs([...own])
    .scriptName('nap-lab')
    .usage('$0 COMMAND\n\nSeveral real Docker hosts on this machine.')
    // As a module yargs wraps within words; a terminal does that as well by itself.
    .wrap(null)
    .demandCommand(1, 'say what to do')
    .strict()
    .version(false)
    .exitProcess(false)
    .fail((message, err) => {
      throw err instanceof Error ? err : new UsageError(message);
    });
  addLifecycleCommands(parser, lab);
  addExec(parser, lab, { command, exit });
  addFaultCommands(parser, lab);
  addEtcdCommands(parser, lab);
  addForwardCommands(parser, lab);
  try {
    await parser.parseAsync();
  } catch (err) {
    return complain(err);
  }
  return exit.code;
}

class UsageError extends Error {}

function complain(err: unknown): number {
  if (err instanceof UsageError) {
    process.stderr.write(`nap-lab: ${err.message}\nsee nap-lab --help\n`);
    return EXIT_USAGE;
  }
  if (err instanceof LabError) {
    const hint = err.hint === undefined ? '' : `\n  ${err.hint}`;
    process.stderr.write(`nap-lab: ${err.message}${hint}\n`);
    return EXIT_FAILED;
  }
  process.stderr.write(
    `nap-lab: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`,
  );
  return EXIT_FAILED;
}

function addLifecycleCommands(parser: Argv, lab: Lab): void {
  parser
    .command(
      'up',
      'build the lab, or start what is off in it',
      (command) =>
        command
          .option('hosts', {
            type: 'number',
            describe: `1 to ${HOSTS_MAX} (default ${DEFAULT_SETTINGS.hosts})`,
          })
          .option('etcd', {
            type: 'number',
            choices: ETCD_SIZES,
            describe: `members (default ${DEFAULT_SETTINGS.etcd})`,
          })
          .option('net', {
            choices: NETS,
            describe: `how containers reach other hosts (default ${DEFAULT_SETTINGS.net})`,
          })
          .option('bridge', {
            choices: BRIDGES,
            describe: `the bridge that lies in flannel's subnet (default ${DEFAULT_SETTINGS.bridge})`,
          })
          .option('disk', {
            type: 'number',
            describe: "MiB of each engine's own disk, which can be filled (default: the machine's)",
          })
          .option('agents', { type: 'boolean', describe: 'nap-agent on every host (default yes)' }),
      async ({ hosts, etcd, net, bridge, disk, agents }) => {
        await lab.up(definedOnly({ hosts, etcd, net, bridge, disk, agents }), tell);
      },
    )
    .command('down', 'remove all of it, but the images', {}, async () => lab.down())
    .command('purge', 'remove all of it, and the images', {}, async () => lab.purge())
    .command('images', 'build the images that are missing', {}, async () => {
      await lab.images(tell);
    })
    .command(
      'status',
      'what is up',
      (command) => command.option('format', { choices: ['text', 'json'], default: 'text' }),
      async ({ format }) => {
        const status = await lab.status();
        print(format === 'json' ? JSON.stringify(status, undefined, 2) : statusText(status));
      },
    );
}

interface ExecRun {
  readonly command: readonly string[];
  /** Set to the command's own. */
  readonly exit: { code: number };
}

function addExec(parser: Argv, lab: Lab, { command, exit }: ExecRun): void {
  parser.command(
    'exec <where>',
    'run a command as root: exec host-a -- docker ps; where is a host, operator, etcd-1, registry',
    (builder) => builder.positional('where', { type: 'string', demandOption: true }),
    async ({ where }) => {
      const argv = command.length === 0 ? ['bash'] : command;
      exit.code = await runAttached(await lab.commandFor(where, argv));
    },
  );
}

function addForwardCommands(parser: Argv, lab: Lab): void {
  parser
    .command(
      'forward <local> <target>',
      "reach a host's port on this machine: forward 8080 host-a:80",
      (command) =>
        command
          .positional('local', { type: 'number', demandOption: true })
          .positional('target', { type: 'string', demandOption: true }),
      async ({ local, target }) => {
        const [, machine, port] = /^([\w-]+):(\d+)$/.exec(target) ?? [];
        if (machine === undefined || port === undefined) {
          throw new LabError(`${target} is not HOST:PORT`, { hint: 'for example host-a:80' });
        }
        await lab.forward(local, machine, Number(port));
        print(`http://127.0.0.1:${local} -> ${target}`);
      },
    )
    .command(
      'unforward <local>',
      'end a forward',
      (command) => command.positional('local', { type: 'number', demandOption: true }),
      async ({ local }) => lab.unforward(local),
    );
}

/** An option that was not given must not stand in the way of the settings of the lab that is up. */
function definedOnly<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Progress is not output. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
