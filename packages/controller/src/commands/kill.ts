import { apiPaths, NapError } from '@nap/shared';
import { z } from 'zod';
import { sayAbsent } from '../agents/absences.js';
import { asNapError, type Absence } from '../agents/agents.js';
import { withCluster } from '../agents/open-cluster.js';
import { findTargets } from '../agents/one-offs.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, NAME_FORMS, projectFlag } from './flags.js';
import { parseSignal } from './signal-flag.js';
import { onceEach } from './top.js';

const flags = {
  names: { type: 'string', array: true, description: NAME_FORMS },
  signal: { alias: 's', type: 'string', default: 'SIGKILL', description: 'which signal' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;

/** A signal for the main process of instances. What is wanted is not changed: an instance that ends by it comes back. */
export function killCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['kill [names..]'],
    describe: 'send a signal to running instances; what ends by it is started again by its agent',
    flags,
    positionals: ['names'],
    examples: [['$0 kill -s HUP web', 'all instances of a service read their files again']],
    run: (args) => {
      if (args.names === undefined || args.names.length === 0) {
        throw new NapError('USAGE', 'kill what?', { hint: 'such as kill -s HUP shop/web' });
      }
      const signal = parseSignal(args.signal);
      return withCluster(context, args, async (cluster) => {
        const { agents } = cluster;
        const targets = await findTargets(cluster, args, context.signal);
        const absent: Absence[] = [];
        await Promise.all(
          targets.map(async ({ instance, host, containerName }) => {
            const query = { instance, signal };
            const call = { method: 'POST', path: apiPaths.kill, query } as const;
            try {
              const client = agents.of(host);
              await client.json({ ...call, signal: context.signal }, z.object({}));
              context.out(containerName);
            } catch (err) {
              absent.push({ host, error: asNapError(err) });
            }
          }),
        );
        return sayAbsent(context, onceEach(absent));
      });
    },
  });
}
