import { apiPaths, EXIT, statsSchema, type HostId, type InstanceId } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { sayAbsent } from '../agents/absences.js';
import { askHosts, asNapError, type Absence } from '../agents/agents.js';
import type { AgentCall } from '../agents/agent-client.js';
import { withCluster } from '../agents/open-cluster.js';
import { findTargets } from '../agents/one-offs.js';
import { runningOf, type Target } from '../agents/targets.js';
import type { Agents } from '../agents/agents.js';
import { renderStats, statsJson, type StatsOf } from '../output/stats-view.js';
import { outList, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, formatFlag, namesFlag, projectFlag } from './flags.js';

const flags = {
  ...namesFlag,
  stream: { type: 'boolean', default: true, description: 'go on; --no-stream: one look' },
  ...etcdFlags,
  ...agentApiFlags,
  ...formatFlag,
  ...projectFlag,
} as const;
type Args = ArgsOf<typeof flags>;

const DRAW_EVERY_MS = 1_000;
/** To the upper left, and nothing below. */
const CLEAR = '\u001b[H\u001b[J';

/** What instances use, on all hosts. */
export function statsCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['stats [names..]'],
    describe: 'show what running instances use of processors, memory, network and disks',
    flags,
    positionals: ['names'],
    examples: [['$0 stats --no-stream --format json shop', 'once, for a script']],
    run: (args) =>
      withCluster(context, args, async (cluster) => {
        const { agents } = cluster;
        const targets = await findTargets(cluster, args, context.signal);
        const running = runningOf(targets, args.names, context.err);
        return args.stream
          ? streamStats(context, args, agents, byHost(running))
          : showStats(context, args, agents, byHost(running));
      }),
  });
}

type ByHost = ReadonlyMap<HostId, readonly InstanceId[]>;

function byHost(targets: readonly Target[]): ByHost {
  const found = new Map<HostId, InstanceId[]>();
  for (const { host, instance } of targets) {
    found.set(host, [...(found.get(host) ?? []), instance]);
  }
  return found;
}

function callOf(hosts: ByHost, host: HostId, stream: boolean, signal: AbortSignal): AgentCall {
  const query = { instance: hosts.get(host) ?? [], stream: String(stream) };
  return { method: 'GET', path: apiPaths.stats, query, signal };
}

async function showStats(
  context: CommandContext,
  args: Args,
  agents: Agents,
  hosts: ByHost,
): Promise<number> {
  const { answers, absent } = await askHosts(agents, [...hosts.keys()], async (client) => {
    const samples: StatsOf[] = [];
    const call = callOf(hosts, client.host, false, context.signal);
    for await (const stats of client.lines(call, statsSchema)) {
      samples.push({ host: client.host, stats });
    }
    return samples;
  });
  outList(
    context,
    renderStats(
      answers.flatMap(({ value }) => value),
      args.format,
    ),
  );
  return sayAbsent(context, absent);
}

/** A table that is drawn anew each second; for scripts a line for each sample as it comes. */
async function streamStats(
  context: CommandContext,
  args: Args,
  agents: Agents,
  hosts: ByHost,
): Promise<number> {
  const { signal } = context;
  const isTable = args.format === 'table';
  const latest = new Map<string, StatsOf>();
  const absent: Absence[] = [];
  const follow = async (host: HostId): Promise<void> => {
    try {
      const client = agents.of(host);
      const call = callOf(hosts, host, true, signal);
      for await (const stats of client.lines(call, statsSchema)) {
        latest.set(stats.instance, { host, stats });
        if (!isTable) context.out(lineOf({ host, stats }, args.format));
      }
    } catch (err) {
      if (signal.aborted) return;
      absent.push({ host, error: asNapError(err) });
    } finally {
      for (const instance of hosts.get(host) ?? []) latest.delete(instance);
    }
  };
  const drawing = new AbortController();
  const drawn = isTable ? draw(context, latest, absent, drawing.signal) : Promise.resolve();
  await Promise.all([...hosts.keys()].map(follow));
  drawing.abort();
  await drawn;
  const exit = sayAbsent(context, absent);
  return signal.aborted ? EXIT.interrupted : exit;
}

function lineOf(sample: StatsOf, format: Args['format']): string {
  return typeof format === 'object'
    ? (renderStats([sample], format) ?? '')
    : JSON.stringify(statsJson(sample));
}

async function draw(
  { out, streams }: CommandContext,
  latest: ReadonlyMap<string, StatsOf>,
  absent: readonly Absence[],
  signal: AbortSignal,
): Promise<void> {
  const isTerminal = streams.output.isTTY === true;
  const isTime = (): Promise<boolean> =>
    systemClock.sleep(DRAW_EVERY_MS, signal).then(
      () => true,
      () => false,
    );
  while (await isTime()) {
    const notes = absent.map(({ error }) => `\n${error.message}`).join('');
    const text = `${renderStats([...latest.values()], 'table')}${isTerminal ? notes : ''}`;
    out(isTerminal ? `${CLEAR}${text}` : text);
  }
}
