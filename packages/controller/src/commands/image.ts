import { apiPaths, EXIT, imagesSchema, NapError, prunedSchema, type HostId } from '@nap/shared';
import { toList } from '@nap/shared/runtime';
import { z } from 'zod';
import { sayAbsent } from '../agents/absences.js';
import { askHosts, type Answers } from '../agents/agents.js';
import type { AgentClient } from '../agents/agent-client.js';
import { withCluster, type AgentApiFlags } from '../agents/open-cluster.js';
import { renderImages, renderPruned } from '../output/image-view.js';
import { bytesText } from '../output/units.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { requireHost, outList, type CommandContext } from './context.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, formatFlag } from './flags.js';

const hostFlags = {
  host: { type: 'string', coerce: toList, description: 'on this host only; may be repeated' },
  ...etcdFlags,
  ...agentApiFlags,
} as const;

interface HostArgs extends AgentApiFlags {
  readonly host: readonly string[] | undefined;
}

/** Asks the chosen hosts, or all that are known, and shows what they say; then who did not. */
function onHosts<T>(
  context: CommandContext,
  args: HostArgs,
  ask: (client: AgentClient) => Promise<T>,
  show: (answers: Answers<T>['answers']) => void,
): Promise<number> {
  return withCluster(context, args, async ({ view, agents }) => {
    const { answers, absent } = await askHosts(agents, hostsOf(view, args.host), ask);
    show(answers);
    return sayAbsent(context, absent);
  });
}

function hostsOf(view: ClusterView, names: readonly string[] | undefined): readonly HostId[] {
  const chosen = names?.flatMap((name) => name.split(','));
  if (chosen !== undefined) return chosen.map((name) => requireHost(view, name).id);
  const known = [...view.hosts.values()].filter(({ info }) => info !== undefined);
  return known.map(({ id }) => id);
}

function lsCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ls', 'list'],
    describe: 'list the images of the hosts',
    flags: { ...hostFlags, ...formatFlag } as const,
    examples: [
      ['$0 image ls', 'the images of all hosts'],
      ['$0 image ls --host host-a', 'of one host'],
    ],
    run: (args) =>
      onHosts(
        context,
        args,
        (client) =>
          client.json(
            { method: 'GET', path: apiPaths.images, signal: context.signal },
            imagesSchema,
          ),
        (answers) => {
          const images = answers.flatMap(({ host, value }) =>
            value.map((image) => ({ host, image })),
          );
          outList(context, renderImages(images, args.format, context.clock.nowMs()));
        },
      ),
  });
}

function pullCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['pull <images..>'],
    describe: "pull images on the hosts, with each host's own logins to registries",
    flags: {
      images: { type: 'string', array: true, demandOption: true, description: 'such as redis:7' },
      ...hostFlags,
    } as const,
    positionals: ['images'],
    examples: [['$0 image pull web:2', 'on every host, before it is needed']],
    run: async (args) => {
      const pulled = z.object({ image: z.string() });
      const exits: number[] = [];
      for (const image of args.images) {
        const exit = await onHosts(
          context,
          args,
          async (client) => {
            const call = { method: 'POST', path: apiPaths.pull, signal: context.signal } as const;
            const body = JSON.stringify({ image });
            for await (const done of client.lines({ ...call, body }, pulled)) {
              context.out(`${client.host}: ${done.image}`);
            }
          },
          () => undefined,
        );
        exits.push(exit);
      }
      return exits.find((exit) => exit !== EXIT.ok) ?? EXIT.ok;
    },
  });
}

function pruneCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['prune'],
    describe: 'remove images that have no tag, on the hosts; with -a all that no container uses',
    flags: {
      all: { alias: 'a', type: 'boolean', default: false, description: 'all that nobody uses' },
      ...hostFlags,
      ...formatFlag,
    } as const,
    examples: [['$0 image prune --host host-a', 'what has no tag, on one host']],
    run: (args) =>
      onHosts(
        context,
        args,
        async (client) => {
          const query = { all: String(args.all) };
          const call = { method: 'POST', path: apiPaths.prune, query } as const;
          for await (const it of client.lines({ ...call, signal: context.signal }, prunedSchema)) {
            return it;
          }
          throw new NapError('AGENT_UNAVAILABLE', `${client.host}: its agent did not say`);
        },
        (answers) => {
          const text = renderPruned(answers, args.format);
          if (text !== '') context.out(text);
          for (const { host, value } of answers) {
            context.err(`${host}: ${bytesText(value.freedBytes)} freed`);
          }
        },
      ),
  });
}

export function imageCommand(context: CommandContext): RegisterCommand {
  return declareGroup({
    command: ['image'],
    describe: 'list, pull and prune images on the hosts',
    commands: [lsCommand(context), pullCommand(context), pruneCommand(context)],
  });
}
