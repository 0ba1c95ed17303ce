import { apiPaths, EXIT, NapError, ownContainersSchema, type PortBinding } from '@nap/shared';
import { withCluster } from '../agents/open-cluster.js';
import { selectTarget } from '../agents/targets.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, projectFlag } from './flags.js';

const flags = {
  instance: {
    type: 'string',
    demandOption: true,
    description: 'SERVICE, SERVICE/N, PROJECT.SERVICE.N; of several the first that runs',
  },
  'container-port': { type: 'string', description: 'such as 80 or 53/udp; default: all' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;

/** Where an instance's ports can be reached, as the engine has bound them. */
export function portCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['port <instance> [container-port]'],
    describe: 'show which ports of its host lead to an instance',
    flags,
    positionals: ['instance', 'container-port'],
    examples: [
      ['$0 port web/1', 'every port of the instance'],
      ['$0 port web/1 80', 'where port 80 of the container is reached'],
    ],
    run: (args) =>
      withCluster(context, args, async ({ view, agents }) => {
        const { instance, host } = selectTarget(view, args.instance, args.projectName);
        const { signal } = context;
        const call = { method: 'GET', path: apiPaths.containers, signal } as const;
        const containers = await agents.of(host).json(call, ownContainersSchema);
        const all = containers.flatMap((it) => (it.instance === instance ? it.ports : []));
        const hostAddress = view.hosts.get(host)?.info?.address ?? host;
        const lines = linesOf(all, args.containerPort, hostAddress);
        for (const line of lines) context.out(line);
        if (lines.length > 0 || args.containerPort === undefined) return EXIT.ok;
        throw new NapError('NOT_FOUND', `${instance} publishes no port ${args.containerPort}`, {
          hint: `nap-controller port ${args.instance} lists those that it does`,
        });
      }),
  });
}

/** Bound to all addresses means reachable at the host's. */
function linesOf(
  ports: readonly PortBinding[],
  wanted: string | undefined,
  hostAddress: string,
): readonly string[] {
  const lines = ports.flatMap(({ containerPort, protocol, address, hostPort }) => {
    const at = `${address === '0.0.0.0' || address === '::' ? hostAddress : address}:${hostPort}`;
    const name = `${containerPort}/${protocol}`;
    if (wanted === undefined) return `${name} -> ${at}`;
    return name === wanted || name === `${wanted}/tcp` ? at : [];
  });
  return [...new Set(lines)];
}
