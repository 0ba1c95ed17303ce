import { NapError, type ExecStart } from '@nap/shared';
import { toList } from '@nap/shared/runtime';
import { execOn, terminalSize } from '../agents/exec-client.js';
import { withCluster } from '../agents/open-cluster.js';
import { findTarget } from '../agents/one-offs.js';
import type { CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, projectFlag } from './flags.js';

export const execFlags = {
  instance: {
    type: 'string',
    demandOption: true,
    description: 'SERVICE, SERVICE/N, PROJECT.SERVICE.N; of several the first that runs',
  },
  command: { type: 'string', array: true, description: 'the command and what it is given' },
  interactive: { alias: 'i', type: 'boolean', default: false, description: 'give it the input' },
  tty: { alias: 't', type: 'boolean', default: false, description: 'give it a terminal' },
  'disable-tty': {
    alias: 'T',
    type: 'boolean',
    default: false,
    description: 'no terminal, but the input, as with Compose',
  },
  user: { alias: 'u', type: 'string', description: 'as whom: USER, or USER:GROUP' },
  workdir: { alias: 'w', type: 'string', description: 'directory that it starts in' },
  env: { alias: 'e', type: 'string', coerce: toList, description: 'KEY=VALUE for its environment' },
  privileged: { type: 'boolean', default: false, description: 'with all capabilities' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;

export const USUAL_SIZE = { columns: 80, rows: 24 };

/** A command in a running container, on whatever host it is. */
export function execCommand(context: CommandContext): RegisterCommand {
  const { rest: command = [] } = context;
  return declareCommand({
    command: ['exec <instance> [command..]'],
    describe: 'run a command in a running instance; its exit code is that of nap-controller',
    flags: execFlags,
    positionals: ['instance', 'command'],
    examples: [
      ['$0 exec -it web/2 sh', 'a shell in one of several'],
      ['$0 exec -T db psql < dump.sql', 'with input from a file; -i does the same'],
    ],
    run: (args) => {
      if (command.length === 0) {
        throw new NapError('USAGE', 'exec what?', { hint: 'such as exec -it web sh' });
      }
      const { input } = context.streams;
      const isRaw = isTerminal(args) && args.interactive;
      if (isRaw && input.isTTY !== true) {
        throw new NapError('USAGE', '-t: standard input is no terminal', {
          hint: 'leave out -t when input comes from a pipe or file',
        });
      }
      return withCluster(context, args, async (cluster, { store }) => {
        const { instance: word, projectName } = args;
        const target = await findTarget(cluster, word, projectName, context.signal);
        const client = cluster.agents.of(target.host);
        // Nothing is asked of etcd any more, however long it takes.
        await store.close();
        return execOn(client, startOf(context, args, target.instance, command), {
          ...{ streams: context.streams, signal: context.signal, isRaw },
        });
      });
    },
  });
}

const isTerminal = ({ tty, disableTty }: ArgsOf<typeof execFlags>): boolean => tty && !disableTty;

function startOf(
  { streams, env }: CommandContext,
  args: ArgsOf<typeof execFlags>,
  instance: ExecStart['instance'],
  command: readonly string[],
): ExecStart {
  const { user, workdir, privileged } = args;
  // As docker has it input is asked for by -i; with Compose, whose -T it is, there is input in any case.
  const hasInput = args.interactive || args.disableTty;
  const isAtTerminal = isTerminal(args);
  // As docker does: a program that is not told draws for the dullest of terminals.
  const term = env['TERM'];
  const terminalName = isAtTerminal && term !== undefined ? [`TERM=${term}`] : [];
  const environment = [...terminalName, ...(args.env ?? []).map((it) => ownValue(it, env))];
  return {
    ...{ type: 'start', instance, command: [...command], hasInput },
    ...(isAtTerminal ? { terminal: terminalSize(streams) ?? USUAL_SIZE } : {}),
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    ...(environment.length === 0 ? {} : { environment }),
    ...(privileged ? { privileged } : {}),
  };
}

/** `-e KEY` alone is the operator's own value. */
export const ownValue = (text: string, env: CommandContext['env']): string =>
  text.includes('=') ? text : `${text}=${env[text] ?? ''}`;
