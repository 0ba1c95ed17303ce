import { EXIT, NapError, keys, type HostId, type Report } from '@nap/shared';
import type { Write } from '@nap/shared/store';
import type { ClusterView } from '../plan/cluster-view.js';
import { planStored } from '../plan/plan-stored.js';
import { readView } from '../rollout/read-view.js';
import { commitStoredAsLeader } from './carry-out.js';
import { requireHost, withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags } from './flags.js';
import { previewFlags, previewPlans } from './preview.js';

const flags = {
  host: { type: 'string', demandOption: true, description: 'name of a host that is away' },
  ...etcdFlags,
  'forget-volumes': {
    type: 'boolean',
    default: false,
    description: 'its volumes are lost: let their services start elsewhere, with empty ones',
  },
  ...previewFlags,
} as const;

/** Takes a host out that will not come back. One that does come back registers anew. */
export function hostRmCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['rm <host>', 'remove'],
    describe: 'forget a host that will not come back; what it ran is placed elsewhere',
    flags,
    positionals: ['host'],
    examples: [
      ['$0 host rm host-c', 'it is away, and will not come back'],
      ['$0 host rm host-c --plan', 'what would be placed elsewhere'],
      ['$0 host rm host-c --forget-volumes', 'and its data is given up'],
    ],
    run: (args) =>
      withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const { id, isAlive } = requireHost(view, args.host);
        if (isAlive) {
          throw new NapError('CONFLICT', `${id} is alive: its agent would register again`, {
            hint: `drain it (nap-controller host drain ${id}), stop nap-agent there, then remove it`,
          });
        }
        refuseData(view, id, args.forgetVolumes);
        if (args.plan) {
          const plans = planStored(without(view, id), context.clock.nowMs());
          return previewPlans(context, args, { plans, view }, `${id} runs nothing`);
        }
        await commitStoredAsLeader(
          context,
          store,
          { progress: 'plain' },
          {
            seen: (found) => without(found, id),
            more: (found) => forgetWrites(found, id),
          },
        );
        context.err(`${id} is forgotten`);
        return EXIT.ok;
      }),
  });
}

const volumesOf = (view: ClusterView, id: HostId): readonly string[] =>
  [...view.volumes].filter(([, { host }]) => host === id).map(([volume]) => volume);

function refuseData(view: ClusterView, id: HostId, isForgetting: boolean): void {
  const volumes = volumesOf(view, id);
  if (volumes.length === 0 || isForgetting) return;
  throw new NapError('CONFLICT', `${id} holds data: ${volumes.join(', ')}`, {
    hint: 'bring it back to save them, or give them up with --forget-volumes',
  });
}

/** As if the host had never been. */
function without(view: ClusterView, id: HostId): ClusterView {
  const hosts = new Map(view.hosts);
  hosts.delete(id);
  const volumes = new Map([...view.volumes].filter(([, { host }]) => host !== id));
  return { ...view, hosts, volumes };
}

/** What its agent has told of what is placed nowhere any more. What is placed elsewhere now needs to know that it has completed. */
function leftBehind({ placements, reports, names }: ClusterView, id: HostId): readonly string[] {
  const placed = new Set(placements.map(({ instance }) => instance));
  const isLeft = ({ instance, host }: Pick<Report, 'instance' | 'host'>): boolean =>
    host === id && !placed.has(instance);
  return [
    ...[...reports.values()].filter(isLeft).map(({ instance }) => keys.report(instance)),
    ...[...names.values()].filter(isLeft).map(({ instance }) => keys.name(instance)),
  ];
}

/**
 * Not the header of its placements: a host that comes back takes what it remembers for current until it sees one, and would
 * run all of it beside those that have replaced it.
 */
function forgetWrites(view: ClusterView, id: HostId): readonly Write[] {
  const gone = [
    keys.hostInfo(id),
    keys.hostPolicy(id),
    keys.hostApi(id),
    keys.check(id),
    keys.hostFacts(id),
    ...volumesOf(view, id).map((volume) => keys.volume(volume)),
    ...leftBehind(view, id),
  ];
  return gone.map((key) => ({ kind: 'delete', key }));
}
