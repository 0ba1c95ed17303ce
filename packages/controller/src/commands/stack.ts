import { toList } from '@nap/shared/runtime';
import { applyCommand } from './apply.js';
import type { CommandContext } from './context.js';
import { declareAlias } from './declare-alias.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { downCommand, downFlags, previewDowns, requireProjects } from './down.js';
import { lsCommand, psCommand } from './list.js';
import { servicesCommand } from './service.js';

/** The habits of `docker stack`: a stack is a project. */
export function stackCommand(context: CommandContext): RegisterCommand {
  return declareGroup({
    command: ['stack'],
    describe: 'aliases for who comes from Swarm: a stack is a project',
    commands: [
      deployCommand(context),
      declareAlias({
        of: lsCommand(context),
        command: ['ls', 'list'],
        flags: {},
        examples: [['$0 stack ls', 'as ls']],
      }),
      declareAlias({
        of: psCommand(context),
        command: ['ps <project>'],
        flags: { project: { type: 'string', description: 'only this project' } },
        without: ['project-name', 'names'],
        positionals: ['project'],
        examples: [['$0 stack ps shop', 'as ps -p shop']],
        toArgs: (args) => ({ ...args, projectName: args['project'] }),
      }),
      declareAlias({
        of: servicesCommand(context),
        ofName: 'service ls',
        command: ['services <project>'],
        flags: { project: { type: 'string', description: 'only this project' } },
        without: ['project-name'],
        positionals: ['project'],
        examples: [['$0 stack services shop', 'as service ls -p shop']],
        toArgs: (args) => ({ ...args, projectName: args['project'] }),
      }),
      removeCommand(context),
    ],
  });
}

function deployCommand(context: CommandContext): RegisterCommand {
  return declareAlias({
    of: applyCommand(context),
    command: ['deploy [name]', 'up'],
    flags: {
      name: { type: 'string', description: 'name of the project, instead of what the files say' },
      'compose-file': {
        alias: 'c',
        type: 'string',
        coerce: toList,
        description: 'Compose file; - reads standard input',
      },
    },
    without: ['files', 'file', 'project-name'],
    positionals: ['name'],
    examples: [
      ['$0 stack deploy -c shop.yml shop', 'as apply shop.yml -p shop'],
      ['$0 stack deploy -c shop.yml -c prod.yml -d shop', 'two files, without waiting'],
    ],
    toArgs: (args) => ({ ...args, file: args['composeFile'], projectName: args['name'] }),
  });
}

function removeCommand(context: CommandContext): RegisterCommand {
  const down = downCommand(context);
  const projects = { type: 'string', array: true, demandOption: true } as const;
  return declareCommand({
    command: ['rm <projects..>', 'down', 'remove'],
    describe: `alias of down: ${down.description.describe}`,
    flags: {
      projects: { ...projects, description: 'projects' },
      ...downFlags,
    } as const,
    positionals: ['projects'],
    details: 'With `--plan --format json` (or yaml) one list, with a plan for each project.',
    examples: [
      ['$0 stack rm shop', 'as down -p shop: its volumes stay'],
      ['$0 stack rm shop blog --plan', 'what would be removed of both'],
    ],
    run: async (args) => {
      const projects = [...new Set(args.projects)];
      const volumes = args.volumes;
      // Before the first is removed: of a list with a typo nothing is.
      const view = await requireProjects(context, args, { projects, volumes });
      if (args.plan) return previewDowns(context, args, projects, view);
      let exit = 0;
      for (const projectName of projects) {
        exit = Math.max(exit, (await down.carryOut?.({ ...args, projectName })) ?? 0);
      }
      return exit;
    },
  });
}
