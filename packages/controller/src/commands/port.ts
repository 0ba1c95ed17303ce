import { apiPaths, EXIT, NapError, ownContainersSchema, type OwnContainer } from '@nap/shared';
import { withCluster } from '../agents/open-cluster.js';
import { findTarget } from '../agents/one-offs.js';
import { notRunning } from '../agents/targets.js';
import { bracketed } from '../port-addresses.js';
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
      withCluster(context, args, async (cluster) => {
        const { signal } = context;
        const target = await findTarget(cluster, args.instance, args.projectName, signal);
        const { view, agents } = cluster;
        const { instance, host } = target;
        const call = { method: 'GET', path: apiPaths.containers, signal } as const;
        const all = await agents.of(host).json(call, ownContainersSchema);
        const own = all.filter((it) => it.instance === instance);
        // The engine binds the ports of no other.
        if (!own.some(({ state }) => UP.has(state))) throw notRunning([target]);
        const hostAddress = view.hosts.get(host)?.info?.address ?? host;
        const lines = linesOf(own, args.containerPort, hostAddress);
        for (const line of lines) context.out(line);
        if (lines.length > 0) return EXIT.ok;
        if (args.containerPort === undefined) {
          context.err(`note: ${instance} publishes no port`);
          return EXIT.ok;
        }
        throw new NapError('NOT_FOUND', `${instance} publishes no port ${args.containerPort}`, {
          hint: `nap-controller port ${args.instance} lists those that it does`,
        });
      }),
  });
}

/** As the engine calls it. */
const UP: ReadonlySet<string> = new Set(['running', 'paused']);

/** Bound to all addresses means reachable at the host's. */
function linesOf(
  containers: readonly OwnContainer[],
  wanted: string | undefined,
  hostAddress: string,
): readonly string[] {
  const ports = containers.flatMap((it) => it.ports);
  const lines = ports.flatMap(({ containerPort, protocol, address, hostPort }) => {
    const isEvery = address === '0.0.0.0' || address === '::';
    const at = `${bracketed(isEvery ? hostAddress : address)}:${hostPort}`;
    const name = `${containerPort}/${protocol}`;
    if (wanted === undefined) return `${name} -> ${at}`;
    return name === wanted || name === `${wanted}/tcp` ? at : [];
  });
  return [...new Set(lines)];
}
