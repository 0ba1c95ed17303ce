import { EXIT, LIMITS, NapError, type HostId } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import type { Cluster } from '../agents/agents.js';
import { withCluster, type OpenCluster } from '../agents/open-cluster.js';
import { bothContainers, successorOf } from '../agents/both-containers.js';
import { findTargets } from '../agents/one-offs.js';
import { allTargets, type Target } from '../agents/targets.js';
import { LogPrinter } from '../logs/log-printer.js';
import { readLog, type LogWish } from '../logs/log-source.js';
import { mergeLogs, READING } from '../logs/merge-logs.js';
import { parseTimeFlag } from '../logs/time-flag.js';
import type { CommandContext } from './context.js';
import { followLogs } from './follow-logs.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, namesFlag, projectFlag } from './flags.js';

const flags = {
  ...namesFlag,
  follow: { alias: 'f', type: 'boolean', default: false, description: 'go on as more is written' },
  tail: { alias: 'n', type: 'string', default: 'all', description: 'last lines of each instance' },
  timestamps: { alias: 't', type: 'boolean', default: false, description: 'with the time of each' },
  since: { type: 'string', description: 'from when on: 10m (ago), or 2026-01-31T08:00:00Z' },
  until: { type: 'string', description: 'up to when' },
  'log-prefix': { type: 'boolean', default: true, description: 'name the instance of each line' },
  color: { type: 'boolean', default: true, description: 'colours, where there is a terminal' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;
export type LogArgs = ArgsOf<typeof flags>;

/** The logs of instances on all hosts, merged by time. */
export function logsCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['logs [names..]'],
    describe: 'show the logs of instances on all hosts, in order of time',
    flags,
    positionals: ['names'],
    examples: [
      ['$0 logs -f shop/web', 'what all instances of a service write'],
      ['$0 logs -n 20 -t web/2', 'the last lines of one'],
    ],
    run: (args) => {
      const wish = wishOf(args, context.clock.nowMs());
      return withCluster(context, args, (cluster, open) =>
        showLogs({ context, args, wish }, cluster, open),
      );
    },
  });
}

interface Asked {
  readonly context: CommandContext;
  readonly args: LogArgs;
  readonly wish: LogWish;
}

async function showLogs(
  { context, args, wish }: Asked,
  cluster: Cluster,
  open: OpenCluster,
): Promise<number> {
  const found = await findTargets(cluster, args, context.signal);
  const targets = limited(bothContainers(cluster.view, found));
  const troubles = new Troubles(context);
  const { output } = context.streams;
  const { env, signal } = context;
  const printer = new LogPrinter(output, {
    names: args.logPrefix ? targets.map(({ containerName }) => containerName) : undefined,
    hasColours: args.color && output.isTTY === true && (env['NO_COLOR'] ?? '') === '',
    hasTimes: args.timestamps,
  });
  const locate = locator(open);
  const parts = {
    ...{ wish, signal, locate, clock: systemClock },
    onTrouble: (at: Target, error: NapError) => {
      troubles.add(at, error);
    },
  };
  if (args.follow) {
    await followLogs({ context, args, cluster, open, targets, printer, parts });
  } else {
    const sources = targets.map((target) => readLog(target, cluster.agents, parts));
    await mergeLogs(sources, printer, { patience: READING, signal, clock: systemClock });
  }
  return signal.aborted ? EXIT.interrupted : troubles.exit(targets.length);
}

function wishOf(args: LogArgs, nowMs: number): LogWish {
  const { tail, since, until, follow } = args;
  if (tail !== 'all' && !/^\d+$/.test(tail)) {
    throw new NapError('USAGE', `--tail: ${JSON.stringify(tail)} is no number of lines`, {
      hint: 'such as 20, or all',
    });
  }
  return {
    follow,
    tail: tail === 'all' ? undefined : Number(tail),
    since: since === undefined ? undefined : parseTimeFlag('since', since, nowMs),
    until: until === undefined ? undefined : parseTimeFlag('until', until, nowMs),
  };
}

/** Throws USAGE for more than one look can take. */
function limited(targets: readonly Target[]): readonly Target[] {
  if (targets.length <= LIMITS.logStreams) return targets;
  throw new NapError(
    'USAGE',
    `${targets.length} instances are too many for one look: at most ${LIMITS.logStreams}`,
    { hint: 'name a project or services' },
  );
}

/** Where an instance went to: asked of etcd once for all that ask at about the same time. */
function locator(
  open: OpenCluster,
): (target: Target) => Promise<{ target: Target; agents: Cluster['agents'] } | undefined> {
  const FRESH_MS = 1_000;
  let reading: { readonly atMs: number; readonly cluster: Promise<Cluster> } | undefined;
  return async (before) => {
    const { instance } = before;
    const nowMs = systemClock.monotonicMs();
    if (reading === undefined || nowMs - reading.atMs > FRESH_MS) {
      reading = { atMs: nowMs, cluster: open.read() };
    }
    const { view, agents } = await reading.cluster;
    if (view.reports.get(instance)?.status.state === 'completed') return undefined;
    const now = allTargets(view).find((it) => it.instance === instance);
    const target = now === undefined ? undefined : successorOf(view, before, now);
    return target === undefined ? undefined : { target, agents };
  };
}

/** What was not to be had: said when it happens, and in the exit code. */
class Troubles {
  private readonly context: CommandContext;
  private readonly silentHosts = new Set<HostId>();
  private readonly missing = new Set<string>();

  constructor(context: CommandContext) {
    this.context = context;
  }

  add({ instance, host }: Target, error: NapError): void {
    if (error.code === 'NOT_FOUND') {
      this.missing.add(instance);
      this.say(error);
      return;
    }
    if (!this.silentHosts.has(host)) this.say(error);
    this.silentHosts.add(host);
  }

  exit(targets: number): number {
    if (this.silentHosts.size > 0) return EXIT.unreachable;
    return this.missing.size === targets ? EXIT.notFound : EXIT.ok;
  }

  private say({ message, hint }: NapError): void {
    this.context.err(`note: ${message}${hint === undefined ? '' : `\n  ${hint}`}`);
  }
}
