import { EXIT } from '@nap/shared';
import { isAmong } from '../plan/meanings.js';
import { renderPs } from '../output/ps-view.js';
import { renderServices } from '../output/services-view.js';
import { selectProjects, viewOf, outList, type CommandContext } from './context.js';
import { declareAlias } from './declare-alias.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag, NAME_FORMS, projectFlag } from './flags.js';
import { namedBy } from './ps-asked.js';
import { scaleCommand } from './scale.js';

const listFlags = { ...etcdFlags, ...formatFlag, ...projectFlag } as const;

export function servicesCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ls', 'list'],
    describe: 'list the services: how many instances are as wanted',
    flags: listFlags,
    examples: [
      ['$0 service ls', 'of all projects'],
      ['$0 service ls -p shop', 'of one'],
    ],
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, args.projectName);
      outList(context, renderServices(view, projects, args.format));
      return EXIT.ok;
    },
  });
}

function instancesCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ps <services..>'],
    describe: 'list the instances of services, as ps does',
    flags: {
      services: {
        type: 'string',
        array: true,
        demandOption: true,
        description: NAME_FORMS,
      },
      ...listFlags,
    } as const,
    positionals: ['services'],
    examples: [
      ['$0 service ps web -p shop', 'where the instances of web run'],
      ['$0 service ps shop.web shop.api', 'of two services'],
    ],
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, args.projectName);
      const named = args.services.flatMap((name) => namedBy(view, name, args.projectName));
      const text = renderPs(view, projects, args.format, context.clock.nowMs(), isAmong(named));
      outList(context, text);
      return EXIT.ok;
    },
  });
}

/** The habits of `docker service`. */
export function serviceCommand(context: CommandContext): RegisterCommand {
  return declareGroup({
    command: ['service'],
    describe: 'list and scale services',
    commands: [
      servicesCommand(context),
      instancesCommand(context),
      declareAlias({
        of: scaleCommand(context),
        command: ['scale [counts..]'],
        flags: {},
        examples: [['$0 service scale web=3 -p shop', 'as scale web=3 -p shop']],
      }),
    ],
  });
}
