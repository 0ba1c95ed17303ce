import { apiPaths, topSchema } from '@nap/shared';
import { sayAbsent } from '../agents/absences.js';
import { asNapError, type Absence } from '../agents/agents.js';
import { withCluster } from '../agents/open-cluster.js';
import { findTargets } from '../agents/one-offs.js';
import { runningOf } from '../agents/targets.js';
import { naturalOrder } from '../output/natural-order.js';
import { renderTop, type TopOf } from '../output/top-view.js';
import { outList, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, formatFlag, namesFlag, projectFlag } from './flags.js';

const flags = {
  ...namesFlag,
  ...etcdFlags,
  ...agentApiFlags,
  ...formatFlag,
  ...projectFlag,
} as const;

/** The processes of instances on all hosts. */
export function topCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['top [names..]'],
    describe: 'list the processes of running instances on all hosts',
    flags,
    positionals: ['names'],
    examples: [
      ['$0 top web', 'the processes of all instances of web'],
      ['$0 top web/2', 'of one of them'],
    ],
    run: (args) =>
      withCluster(context, args, async (cluster) => {
        const { agents } = cluster;
        const targets = await findTargets(cluster, args, context.signal);
        const running = runningOf(targets, args.names, context.err);
        const tops: TopOf[] = [];
        const absent: Absence[] = [];
        await Promise.all(
          running.map(async ({ instance, host }) => {
            const { signal } = context;
            const call = {
              method: 'GET',
              path: apiPaths.top,
              query: { instance },
              signal,
            } as const;
            try {
              tops.push({ instance, host, top: await agents.of(host).json(call, topSchema) });
            } catch (err) {
              absent.push({ host, error: asNapError(err) });
            }
          }),
        );
        tops.sort((a, b) => naturalOrder(a.instance, b.instance));
        outList(context, renderTop(tops, args.format));
        return sayAbsent(context, onceEach(absent));
      }),
  });
}

/** A host that does not answer says so once for each of its instances. */
export function onceEach(absent: readonly Absence[]): readonly Absence[] {
  return [...new Map(absent.map((it) => [it.error.message, it])).values()];
}
