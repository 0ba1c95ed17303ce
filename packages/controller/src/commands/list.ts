import { EXIT, isHostId, NapError } from '@nap/shared';
import { renderHost, renderHosts } from '../output/host-view.js';
import { renderNames, renderNamesCheck } from '../output/names-view.js';
import { renderPs } from '../output/ps-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { readView } from '../rollout/commit-plan.js';
import { selectProjects, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag, projectFlag } from './flags.js';

/** The commands that read one consistent view and print it. */

const listFlags = {
  project: { type: 'string', description: 'only this project' },
  ...etcdFlags,
  ...formatFlag,
  ...projectFlag,
} as const;

async function viewOf(
  context: CommandContext,
  args: ArgsOf<typeof etcdFlags>,
): Promise<ClusterView> {
  const view = await withStore(args, (store) => readView(store, context.signal));
  for (const sentence of view.unreadable) context.err(`note: ${sentence}`);
  return view;
}

export function psCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ps [project]'],
    describe: 'list instances: where they run, how they are, why they wait',
    flags: listFlags,
    positionals: ['project'],
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, args.project ?? args.projectName);
      context.out(renderPs(view, projects, args.format, context.nowMs()));
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
    run: async (args) => {
      const view = await viewOf(context, args);
      const projects = selectProjects(view, args.project ?? args.projectName);
      if (!args.check) {
        context.out(renderNames(view, projects, args.format));
        return EXIT.ok;
      }
      const check = renderNamesCheck(view, projects, args.format, context.nowMs());
      context.out(check.text);
      return check.isOk ? EXIT.ok : EXIT.notConverged;
    },
  });
}

export function hostCommand(context: CommandContext): RegisterCommand {
  const ls = declareCommand({
    command: ['ls', 'list'],
    describe: 'list the hosts',
    flags: { ...etcdFlags, ...formatFlag } as const,
    run: async (args) => {
      context.out(renderHosts(await viewOf(context, args), args.format));
      return EXIT.ok;
    },
  });
  const inspect = declareCommand({
    command: ['inspect <host>'],
    describe: 'show one host and what is placed on it, as JSON',
    flags: { host: { type: 'string', demandOption: true }, ...etcdFlags } as const,
    positionals: ['host'],
    run: async (args) => {
      const view = await viewOf(context, args);
      const host = isHostId(args.host) ? view.hosts.get(args.host) : undefined;
      if (host === undefined) {
        const known = [...view.hosts.keys()].join(', ') || 'none; is nap-agent running anywhere?';
        throw new NapError('NOT_FOUND', `no host ${args.host} in this cluster`, {
          hint: `there are: ${known}`,
        });
      }
      context.out(renderHost(view, host));
      return EXIT.ok;
    },
  });
  return (yargs, run) =>
    yargs.command(['host <command>', 'node'], 'list and inspect hosts', (host) =>
      inspect(ls(host, run), run).demandCommand(1, 'which command?'),
    );
}
