import { EXIT, type HostId } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { planText } from '../plan/plan-text.js';
import { planStored } from '../plan/plan-stored.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { readView } from '../rollout/commit-plan.js';
import { changePolicy } from '../rollout/host-policy.js';
import { commitStoredAsLeader, waitConverged } from './carry-out.js';
import { requireHost, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { etcdFlags, waitFlags } from './flags.js';

const flags = {
  host: { type: 'string', demandOption: true },
  ...etcdFlags,
  ...waitFlags,
  'dry-run': { type: 'boolean', default: false, description: 'show what would move, and why' },
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    description: 'do not wait until all has moved',
  },
} as const;

type Args = ArgsOf<typeof flags>;

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
    ],
    run: (args) =>
      withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const { id } = requireHost(view, args.host);
        return args.dryRun ? preview(context, view, id) : drain(context, store, id, args);
      }),
  });
}

function preview(context: CommandContext, view: ClusterView, id: HostId): number {
  const text = planStored(drained(view, id), context.clock.nowMs()).map(planText).filter(Boolean);
  context.out(text.length === 0 ? `nothing has to leave ${id}` : text.join('\n'));
  return EXIT.ok;
}

function drained(view: ClusterView, id: HostId): ClusterView {
  const host = view.hosts.get(id);
  if (host === undefined) return view;
  const policy = { ...host.policy, availability: 'draining' as const };
  return { ...view, hosts: new Map(view.hosts).set(id, { ...host, policy }) };
}

async function drain(
  context: CommandContext,
  store: Store,
  id: HostId,
  args: Args,
): Promise<number> {
  const { signal } = context;
  await changePolicy(store, id, (policy) => ({ ...policy, availability: 'draining' }), signal);
  const projects = await commitStoredAsLeader(context, store, args);
  if (args.detach) return EXIT.ok;
  for (const project of projects) await waitConverged(context, store, project, args);
  const left = (await readView(store, signal)).placements.filter(({ host }) => host === id);
  if (left.length === 0) {
    context.err(`${id} is empty`);
    return EXIT.ok;
  }
  const names = left.map(({ instance }) => instance).join(', ');
  context.err(`${id} still has ${names}: see the notes above`);
  return EXIT.unplaceable;
}
