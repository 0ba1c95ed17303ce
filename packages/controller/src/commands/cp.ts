import { EXIT, NapError } from '@nap/shared';
import type { Cluster } from '../agents/agents.js';
import type { Inside } from '../agents/copy.js';
import { withCluster } from '../agents/open-cluster.js';
import { findTarget } from '../agents/one-offs.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, projectFlag } from './flags.js';

const flags = {
  from: { type: 'string', demandOption: true, description: 'INSTANCE:PATH, a local path, or -' },
  to: { type: 'string', demandOption: true, description: 'a local path or -, or INSTANCE:PATH' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;

/** Files and directories between here and an instance, either way; `-` is a tar archive. */
export function cpCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['cp <from> <to>'],
    describe: 'copy files between here and an instance; - is a tar archive',
    flags,
    positionals: ['from', 'to'],
    examples: [
      ['$0 cp web/1:/var/log/app.log .', 'from an instance'],
      ['$0 cp site/. web/2:/srv', 'what is in a directory, into one of an instance'],
    ],
    run: (args) =>
      withCluster(context, args, async (cluster) => {
        const { streams, signal } = context;
        // Only here: other commands shall not take longer to start for it.
        const { copyIn, copyOut, readIn, writeOut } = await import('../agents/copy.js');
        const from = await insideOf(args.from, cluster, args.projectName, signal);
        const to = await insideOf(args.to, cluster, args.projectName, signal);
        if (from !== undefined && to === undefined) {
          if (isStream(args.to)) await writeOut(from, streams.output, signal);
          else
            for (const link of await copyOut(from, args.to, signal)) {
              context.err(`note: the link ${link} leads out of what is copied: left out`);
            }
        } else if (to !== undefined && from === undefined) {
          if (isStream(args.from)) await readIn(streams.input, to, signal);
          else await copyIn(args.from, to, signal);
        } else {
          throw new NapError('USAGE', 'one of the two is in an instance, the other is here', {
            hint: 'such as cp web/1:/etc/hosts .',
          });
        }
        return EXIT.ok;
      }),
  });
}

/** The parser makes an empty word of a dash that is given by position; no path is empty. */
const isStream = (path: string): boolean => path === '-' || path === '';

/** Undefined for a local path; `./a:b` is one. Throws NOT_FOUND, USAGE. */
async function insideOf(
  text: string,
  cluster: Cluster,
  project: string | undefined,
  signal: AbortSignal,
): Promise<Inside | undefined> {
  const [, word, path] = /^([^./][^:]*):(.+)$/.exec(text) ?? [];
  if (word === undefined || path === undefined) return undefined;
  const { instance, host } = await findTarget(cluster, word, project, signal);
  return { client: cluster.agents.of(host), instance, path };
}
