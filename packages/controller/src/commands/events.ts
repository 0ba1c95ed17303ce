import { apiPaths, engineHappeningSchema, EXIT, parseInstanceId, type HostId } from '@nap/shared';
import { manyListeners, systemClock } from '@nap/shared/runtime';
import { sayAbsent } from '../agents/absences.js';
import { asNapError, type Absence, type Agents, type Cluster } from '../agents/agents.js';
import { withCluster, type OpenCluster } from '../agents/open-cluster.js';
import { followNap } from '../events/follow-nap.js';
import type { Happening } from '../events/nap-events.js';
import { parseTimeFlag } from '../logs/time-flag.js';
import { renderEvent } from '../output/event-view.js';
import { noteAbsent, requireProjectName, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, formatFlag, projectFlag } from './flags.js';

const flags = {
  project: { type: 'string', description: 'only of this project, and of the hosts' },
  since: { type: 'string', description: 'also what the engines remember: 10m (ago), or a time' },
  until: { type: 'string', description: 'end at this time' },
  ...etcdFlags,
  ...agentApiFlags,
  ...formatFlag,
  ...projectFlag,
} as const;
type Args = ArgsOf<typeof flags>;

/** What comes within this time is put in order. */
const ORDER_MS = 200;

/** What happens: to nap's containers on all engines, and to placements, reports, names and hosts in etcd. */
export function eventsCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['events [project]'],
    describe: 'show what happens: on the engines of all hosts, and in nap',
    flags,
    positionals: ['project'],
    examples: [['$0 events --since 10m --until 0s', 'what the engines remember, and no more']],
    run: (args) =>
      withCluster(context, args, (cluster, open) => follow(context, args, cluster, open)),
  });
}

async function follow(
  context: CommandContext,
  args: Args,
  { view, agents }: Cluster,
  { store }: OpenCluster,
): Promise<number> {
  const named = args.project ?? args.projectName;
  const project = named === undefined ? undefined : requireProjectName(named);
  if (project !== undefined) noteAbsent(context, view, project);
  const nowMs = context.clock.nowMs();
  const [sinceMs, untilMs] = [
    timeOf('since', args.since, nowMs),
    timeOf('until', args.until, nowMs),
  ];
  const over = manyListeners();
  const stop = (): void => {
    over.abort();
  };
  context.signal.addEventListener('abort', stop, { once: true });
  const cancel =
    untilMs === undefined ? stop : systemClock.after(Math.max(0, untilMs - nowMs), stop);
  const printer = new InOrder((happening) => {
    const isWanted =
      project === undefined ||
      happening.instance === undefined ||
      parseInstanceId(happening.instance)?.project === project;
    if (isWanted) context.out(renderEvent(happening, args.format));
  });
  const absent: Absence[] = [];
  const hosts = [...view.hosts.values()].filter(({ info }) => info !== undefined);
  await Promise.all([
    followNap(store, systemClock, printer.add, over.signal),
    ...hosts.map(async ({ id }) => {
      try {
        const query = { sinceMs, untilMs };
        for await (const it of engineEvents(agents, id, query, context.signal)) printer.add([it]);
        // Without an end it was the engine that ended.
        if (untilMs === undefined && !context.signal.aborted) {
          context.err(`note: ${id}: its engine tells no more`);
        }
      } catch (err) {
        if (context.signal.aborted) return;
        absent.push({ host: id, error: asNapError(err) });
        sayAbsent(context, absent.slice(-1));
      }
    }),
  ]);
  cancel();
  printer.flush();
  if (context.signal.aborted) return EXIT.interrupted;
  return absent.length > 0 ? EXIT.unreachable : EXIT.ok;
}

async function* engineEvents(
  agents: Agents,
  host: HostId,
  {
    sinceMs,
    untilMs,
  }: { readonly sinceMs?: number | undefined; readonly untilMs?: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<Happening> {
  const query = { sinceMs: sinceMs?.toString(), untilMs: untilMs?.toString() };
  const call = { method: 'GET', path: apiPaths.events, query, signal } as const;
  for await (const it of agents.of(host).lines(call, engineHappeningSchema)) {
    const facts = Object.entries(it.facts).map(([name, fact]) => `${name}=${fact}`);
    yield {
      ...{ atMs: it.atMs, source: 'docker', kind: 'container', action: it.action },
      ...{ host, instance: it.instance, message: [it.container, ...facts].join(' ') },
    };
  }
}

function timeOf(flag: string, text: string | undefined, nowMs: number): number | undefined {
  return text === undefined ? undefined : Number(parseTimeFlag(flag, text, nowMs)) * 1000;
}

/** Keeps back what comes for a moment, and gives it on by time. */
class InOrder {
  private readonly give: (happening: Happening) => void;
  private waiting: Happening[] = [];

  constructor(give: (happening: Happening) => void) {
    this.give = give;
  }

  readonly add = (happenings: readonly Happening[]): void => {
    if (this.waiting.length === 0 && happenings.length > 0) {
      systemClock.after(ORDER_MS, () => {
        this.flush();
      });
    }
    this.waiting.push(...happenings);
  };

  flush(): void {
    const all = this.waiting.sort((a, b) => a.atMs - b.atMs);
    this.waiting = [];
    for (const happening of all) this.give(happening);
  }
}
