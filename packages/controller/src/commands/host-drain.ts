import { EXIT, isNapError, parseInstanceId, type HostId, type ProjectName } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { planStored } from '../plan/plan-stored.js';
import type { Plan } from '../plan/change.js';
import { projectPlacements, type ClusterView } from '../plan/cluster-view.js';
import { readView } from '../rollout/read-view.js';
import { changePolicy } from '../rollout/host-policy.js';
import { commitStoredAsLeader, waitConverged } from './carry-out.js';
import { requireHost, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { etcdFlags, waitFlags } from './flags.js';
import { previewFlags, previewPlans } from './preview.js';

const flags = {
  host: { type: 'string', demandOption: true, description: 'name of a host' },
  ...etcdFlags,
  ...waitFlags,
  ...previewFlags,
  deadline: {
    type: 'number',
    description: 'seconds after which what is not well elsewhere yet is stopped all the same',
  },
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    description: 'do not wait until all has moved',
  },
} as const;

type Args = ArgsOf<typeof flags>;

type DrainArgs = Pick<Args, 'deadline' | 'detach' | 'progress' | 'timeout'>;

/** Empties a host: what runs there goes elsewhere, but for what is bound to its data. */
export function hostDrainCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['drain <host>'],
    describe: 'place elsewhere what a host runs, and nothing on it until it is activated',
    flags,
    positionals: ['host'],
    examples: [
      ['$0 host drain host-b --dry-run', 'what would move where'],
      ['$0 host drain host-b', 'move it; --timeout bounds the waiting, not the moving'],
      [
        '$0 host drain host-b --deadline 120',
        'and after two minutes the host is empty in any case',
      ],
    ],
    run: (args) =>
      withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const { id } = requireHost(view, args.host);
        if (!args.plan) return drain(context, store, id, args);
        const plans = planStored(drained(view, id), context.clock.nowMs());
        return previewPlans(context, args, { plans, view }, `nothing has to leave ${id}`);
      }),
  });
}

function drained(view: ClusterView, id: HostId): ClusterView {
  const host = view.hosts.get(id);
  if (host === undefined) return view;
  const policy = { ...host.policy, availability: 'draining' as const };
  return { ...view, hosts: new Map(view.hosts).set(id, { ...host, policy }) };
}

/** Drains one host; returns the exit code. */
export async function drain(
  context: CommandContext,
  store: Store,
  id: HostId,
  args: DrainArgs,
): Promise<number> {
  const { signal, clock } = context;
  const endMs = clock.monotonicMs() + (args.deadline ?? Infinity) * 1000;
  const before = projectsOn(await readView(store, signal), id);
  await changePolicy(store, id, (policy) => ({ ...policy, availability: 'draining' }), signal);
  // A daemon may be faster: then there is nothing left to write, and all the more to wait for.
  const moved = await commitStoredAsLeader(context, store, args);
  for (const project of new Set([...before, ...moved])) {
    await waitFor(context, store, project, { args, endMs });
  }
  if (args.detach) return EXIT.ok;
  if (clock.monotonicMs() >= endMs) await leaveNow(context, store, id, args);
  return verdict(context, await readView(store, signal), id);
}

const projectsOn = (view: ClusterView, id: HostId): readonly ProjectName[] =>
  view.placements
    .filter(({ host }) => host === id)
    .flatMap(({ instance }) => parseInstanceId(instance)?.project ?? []);

/**
 * What does not come up elsewhere holds up neither the others nor the verdict. A deadline is what the waiting lasts for,
 * whatever `--timeout` says; that it has passed is told once, for all projects.
 */
async function waitFor(
  context: CommandContext,
  store: Store,
  project: ProjectName,
  { args, endMs }: { readonly args: DrainArgs; readonly endMs: number },
): Promise<void> {
  const { clock } = context;
  const leftS = Math.max(0, endMs - clock.monotonicMs()) / 1000;
  const timeout = args.deadline === undefined ? args.timeout : leftS;
  try {
    await waitConverged(context, store, project, { ...args, timeout });
  } catch (err) {
    if (!isNapError(err, 'NOT_CONVERGED')) throw err;
    if (clock.monotonicMs() < endMs) context.err(`note: ${err.message}`);
  }
}

/** The time is up: what waits for its successor to be well waits no more. */
async function leaveNow(
  context: CommandContext,
  store: Store,
  id: HostId,
  args: DrainArgs,
): Promise<void> {
  context.err(
    `the deadline of ${args.deadline} s has passed: what still runs beside its successor is stopped`,
  );
  const makePlans = (view: ClusterView): readonly Plan[] =>
    [...view.projects.keys()].map((project) => ({
      ...{ project, unplaced: [], notes: [] },
      changes: projectPlacements(view, project)
        .filter(({ host, yieldsTo }) => host === id && yieldsTo !== undefined)
        // What is stopped before it starts elsewhere has no successor yet.
        .filter(({ wanted }) => wanted === 'running')
        .map(({ host, instance, yieldsTo }) => {
          const reason = `the deadline has passed; ${yieldsTo} has its successor`;
          return { kind: 'remove', host, instance, reason };
        }),
    }));
  await commitStoredAsLeader(context, store, args, { makePlans });
}

function verdict(context: CommandContext, view: ClusterView, id: HostId): number {
  const left = view.placements.filter(({ host }) => host === id);
  if (left.length === 0) {
    // Of a host that is away nobody knows what it runs.
    const isAway = view.hosts.get(id)?.isAlive === false;
    context.err(
      isAway
        ? `nothing is placed on ${id} any more; it is away: what may still run there is removed when it is back`
        : `${id} is empty`,
    );
    return EXIT.ok;
  }
  const isWaiting = left.some(({ yieldsTo }) => yieldsTo !== undefined);
  const names = left.map(({ instance }) => instance).join(', ');
  context.err(`${id} still has ${names}: see above`);
  return isWaiting ? EXIT.notConverged : EXIT.unplaceable;
}
