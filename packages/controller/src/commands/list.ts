import { EXIT } from '@nap/shared';
import { renderProjects } from '../output/ls-view.js';
import { renderNames, renderNamesCheck } from '../output/names-view.js';
import { renderPs } from '../output/ps-view.js';
import { isAmong, type Listed } from '../plan/meanings.js';
import {
  instancesOf,
  selectProjects,
  viewOf,
  withStore,
  outList,
  type CommandContext,
} from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, formatFlag, namesFlag, projectFlag } from './flags.js';

/** The commands that read one consistent view and print it. */

const listFlags = {
  project: { type: 'string', description: 'only this project' },
  ...etcdFlags,
  ...formatFlag,
  ...projectFlag,
} as const;

export function lsCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ls', 'projects'],
    describe: 'list the projects, and whether each is as it is wanted',
    flags: { ...etcdFlags, ...formatFlag } as const,
    examples: [
      ['$0 ls', 'is all as it is wanted?'],
      ["$0 ls --format '{{.Name}} {{.State}}'", 'for scripts'],
    ],
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, undefined);
      outList(context, renderProjects(view, projects, args.format, context.clock.nowMs()));
      return EXIT.ok;
    },
  });
}

export function psCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ps [names..]'],
    describe: 'list instances: where they run, how they are, why they wait',
    flags: {
      ...namesFlag,
      ...etcdFlags,
      ...formatFlag,
      ...projectFlag,
      all: {
        alias: 'a',
        type: 'boolean',
        default: false,
        description: 'one-offs of run too, also those that have ended: asks the agents',
      },
      ...agentApiFlags,
      watch: {
        alias: 'w',
        type: 'boolean',
        default: false,
        description: 'show it live until Ctrl-C; a line for each change where it is no terminal',
      },
    } as const,
    positionals: ['names'],
    examples: [
      ['$0 ps', 'of all projects'],
      ['$0 ps shop.web', 'of one service'],
      ['$0 ps -a shop', 'and the one-offs of run'],
      ['$0 ps shop --format json', 'all that is known, for scripts'],
      ["$0 ps --format 'table {{.Name}}\\t{{.Host}}'", 'two columns'],
    ],
    run: async (args) => {
      const { names = [], projectName } = args;
      let asked: Listed = { project: projectName };
      // What it takes to understand names is loaded for those only.
      if (names.length > 0)
        asked = await (await import('./ps-asked.js')).psAsked(context, args, args);
      if (args.watch) {
        const { watchPs } = await import('./ps-watch.js');
        return withStore(args, (store) => watchPs(context, store, asked, args.format));
      }
      if (args.all) return (await import('./ps-all.js')).psAll(context, args, asked, args.format);
      const { view, projects } = await instancesOf(context, args, asked.project);
      const isWanted = isAmong(asked.named);
      outList(context, renderPs(view, projects, args.format, context.clock.nowMs(), isWanted));
      return EXIT.ok;
    },
  });
}

export function namesCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['names [project]'],
    describe: 'show the name map; with --check compare it with every host',
    flags: {
      ...listFlags,
      check: {
        type: 'boolean',
        default: false,
        description: 'compare with what every agent has last verified',
      },
    } as const,
    positionals: ['project'],
    examples: [
      ['$0 names shop', 'which name stands for which address'],
      ['$0 names shop --check', 'ends with 7 when a host has other names on its disk'],
    ],
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, args.project ?? args.projectName);
      if (!args.check) {
        outList(context, renderNames(view, projects, args.format));
        return EXIT.ok;
      }
      const check = renderNamesCheck(view, projects, args.format, context.clock.nowMs());
      outList(context, check.text);
      return check.isOk ? EXIT.ok : EXIT.notConverged;
    },
  });
}
