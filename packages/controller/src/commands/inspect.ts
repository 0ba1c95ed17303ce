import { EXIT, NapError } from '@nap/shared';
import { renderInspected } from '../output/inspect-view.js';
import { viewOf, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { findInspected, INSPECTED_KINDS } from './find-inspected.js';
import { etcdFlags, inspectFormatFlag, NAME_FORMS, projectFlag } from './flags.js';

const flags = {
  names: {
    type: 'string',
    array: true,
    description: `${NAME_FORMS}, HOST`,
  },
  ...etcdFlags,
  ...projectFlag,
  ...inspectFormatFlag,
  type: { choices: INSPECTED_KINDS, description: 'what it is, where two things are called so' },
} as const;

/** Shows all that is known of projects, services, instances and hosts: how they are, where, why there, what was decided. */
export function inspectCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['inspect [names..]'],
    describe: 'show all that is known of a project, service, instance or host',
    flags,
    positionals: ['names'],
    examples: [
      ['$0 inspect shop.web.2', 'why is it where it is?'],
      ['$0 inspect shop.web', 'its settings, instances and names'],
      ['$0 inspect shop --format yaml', 'the project as it is stored'],
      [
        '$0 inspect shop-web-1 shop-web-2 --format json',
        'for scripts; environment values are left out',
      ],
    ],
    run: async (args) => {
      const names = args.names ?? [];
      if (names.length === 0) {
        throw new NapError('USAGE', 'inspect what?', { hint: 'such as inspect shop.web.2' });
      }
      const view = await viewOf(context, args);
      const only = { kind: args.type, project: args.projectName };
      const found = names.map((name) => findInspected(view, name, only));
      context.out(renderInspected(args.format, found));
      return EXIT.ok;
    },
  });
}
