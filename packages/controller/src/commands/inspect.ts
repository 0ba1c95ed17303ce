import { EXIT, NapError, type InstanceId } from '@nap/shared';
import { inspectInstance, renderInspected } from '../output/inspect-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { viewOf, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags, documentFormatFlag } from './flags.js';

const flags = {
  instances: {
    type: 'string',
    array: true,
    description: 'shop.web.2, or shop-web-2 as ps shows it',
  },
  ...etcdFlags,
  ...documentFormatFlag,
} as const;

/** Shows all that is known of instances: how they are, where, why there, and what was decided before. */
export function inspectCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['inspect [instances..]'],
    describe: 'show how an instance is, where and why, and the last decisions about it',
    flags,
    positionals: ['instances'],
    examples: [
      ['$0 inspect shop.web.2', 'why is it where it is?'],
      [
        '$0 inspect shop-web-1 shop-web-2 --format json',
        'for scripts; environment values are left out',
      ],
    ],
    run: async (args) => {
      const names = args.instances ?? [];
      if (names.length === 0) {
        throw new NapError('USAGE', 'inspect what?', { hint: 'such as inspect shop.web.2' });
      }
      const view = await viewOf(context, args);
      const found = names.map((name) => inspectInstance(view, requireInstance(view, name)));
      context.out(renderInspected(args.format, found));
      return EXIT.ok;
    },
  });
}

/** By its id or the name of its container. Throws NOT_FOUND. */
export function requireInstance(view: ClusterView, name: string): InstanceId {
  const placed = view.placements.find(
    ({ instance, spec }) => instance === name || spec.containerName === name,
  );
  const leaving = [...view.reports.keys()].find((instance) => instance === name);
  const instance = placed?.instance ?? leaving;
  if (instance !== undefined) return instance;
  throw new NapError('NOT_FOUND', `no instance ${name} in this cluster`, {
    hint: 'nap-controller ps lists those that there are; nap-controller host inspect is for hosts',
  });
}
