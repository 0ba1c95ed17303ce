import { EXIT, NapError, parseInstanceId } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress } from '../plan/convergence.js';
import { renderPs } from '../output/ps-view.js';
import { renderServices } from '../output/services-view.js';
import { selectProjects, viewOf, outList, type CommandContext } from './context.js';
import { declareAlias } from './declare-alias.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag, projectFlag } from './flags.js';
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
        description: 'web, or shop.web where several projects have one',
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
      const wanted = new Set(args.services.map((name) => requireService(view, projects, name)));
      const text = renderPs(view, projects, args.format, context.clock.nowMs(), ({ instance }) =>
        wanted.has(serviceOf(instance)),
      );
      outList(context, text);
      return EXIT.ok;
    },
  });
}

/** `shop.web` of an instance of it. */
function serviceOf(instance: string): string {
  const { project = '', service = '' } = parseInstanceId(instance) ?? {};
  return `${project}.${service}`;
}

/** By its name, or with its project before it, as Swarm has it too. Throws NOT_FOUND, or USAGE where several are called so. */
function requireService(
  view: ClusterView,
  projects: ReturnType<typeof selectProjects>,
  name: string,
): string {
  const known = projects.flatMap((project) => [
    ...(view.projects.get(project)?.project.services ?? []).map((it) => `${project}.${it.name}`),
    ...projectProgress(view, project).map(({ instance }) => serviceOf(instance)),
  ]);
  const isCalled = (id: string): boolean =>
    [id, id.replace('.', '_'), id.slice(id.indexOf('.') + 1)].includes(name);
  const [found, ...others] = new Set(known.filter(isCalled));
  if (found !== undefined && others.length === 0) return found;
  if (found !== undefined) {
    throw new NapError('USAGE', `which ${name}?`, {
      hint: `there are: ${[found, ...others].join(', ')}`,
    });
  }
  throw new NapError('NOT_FOUND', `no service ${name} in this cluster`, {
    hint: `there are: ${[...new Set(known)].sort().join(', ') || 'none'}`,
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
