import { EXIT, NapError, keys, type HostId, type InstanceId, type Report } from '@nap/shared';
import type { Store, Write } from '@nap/shared/store';
import type { ClusterView } from '../plan/cluster-view.js';
import { mayStillRun } from '../plan/held.js';
import { planStored } from '../plan/plan-stored.js';
import { readView } from '../rollout/read-view.js';
import { commitStoredAsLeader } from './carry-out.js';
import { requireHost, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
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
  'host-is-off': {
    type: 'boolean',
    default: false,
    description:
      'it is off, and not only cut off: let what must not run twice (on_partition: stop_after) start elsewhere',
  },
  ...previewFlags,
} as const;

type Asked = Pick<ArgsOf<typeof flags>, 'forgetVolumes' | 'hostIsOff'>;

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
      ['$0 host rm host-c --host-is-off', 'and nothing runs there any more, somebody has looked'],
    ],
    run: (args) =>
      withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const { id } = requireHost(view, args.host);
        const preview = seenWithout(view, id, args);
        if (args.plan) {
          const plans = planStored(preview, context.clock.nowMs());
          return previewPlans(context, args, { plans, view }, `${id} runs nothing`);
        }
        await forgetHost(context, store, id, args);
        context.err(`${id} is forgotten`);
        return EXIT.ok;
      }),
  });
}

/** Another controller may have been waited for: what is found then counts, and the host must not be back. */
export async function forgetHost(
  context: CommandContext,
  store: Store,
  id: HostId,
  asked: Asked,
): Promise<void> {
  await commitStoredAsLeader(
    context,
    store,
    { progress: 'plain' },
    {
      seen: (found) => seenWithout(found, id, asked),
      more: (found) => forgetWrites(found, id),
      away: [id],
    },
  );
}

function seenWithout(view: ClusterView, id: HostId, asked: Asked): ClusterView {
  refuseToForget(view, id, asked);
  return without(view, id);
}

const volumesOf = (view: ClusterView, id: HostId): readonly string[] =>
  [...view.volumes].filter(([, { host }]) => host === id).map(([volume]) => volume);

/** Throws CONFLICT where somebody may still need the host, or what is on it. */
function refuseToForget(view: ClusterView, id: HostId, args: Asked): void {
  if (requireHost(view, id).isAlive) {
    throw new NapError('CONFLICT', `${id} is alive: its agent would register again`, {
      hint: `drain it (nap-controller host drain ${id}), stop nap-agent there, then remove it`,
    });
  }
  const volumes = volumesOf(view, id);
  if (volumes.length > 0 && !args.forgetVolumes) {
    throw new NapError('CONFLICT', `${id} holds data: ${volumes.join(', ')}`, {
      hint: 'bring it back to save them, or give them up with --forget-volumes',
    });
  }
  const running = args.hostIsOff ? [] : mayRunThere(view, id);
  if (running.length > 0) {
    throw new NapError(
      'CONFLICT',
      `${running.join(', ')} must not run twice (on_partition: stop_after), and may still run on ${id}`,
      {
        hint: `nap-controller serve has watched ${id}, and places it elsewhere when its time is over: wait for that; or see that ${id} is off, and say so with --host-is-off`,
      },
    );
  }
}

/** A command has not watched the host: for how long it has been away it cannot tell. */
function mayRunThere(view: ClusterView, id: HostId): readonly InstanceId[] {
  return view.placements
    .filter(({ host, mode }) => host === id && mode !== 'global')
    .filter((placement) => mayStillRun(view, placement))
    .map(({ instance }) => instance);
}

/** As if the host had never been. */
function without(view: ClusterView, id: HostId): ClusterView {
  const hosts = new Map(view.hosts);
  hosts.delete(id);
  const volumes = new Map([...view.volumes].filter(([, { host }]) => host !== id));
  return { ...view, hosts, volumes };
}

/**
 * What its agent has told of what is placed nowhere any more, now that what is global has gone with the host. What is placed
 * elsewhere needs to know that it has completed.
 */
function leftBehind({ placements, reports, names }: ClusterView, id: HostId): readonly string[] {
  const staying = placements.filter(({ host, mode }) => host !== id || mode !== 'global');
  const placed = new Set(staying.map(({ instance }) => instance));
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
