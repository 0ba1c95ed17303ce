import { randomUUID } from 'node:crypto';
import {
  InvariantError,
  keys,
  NapError,
  type HostId,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { Guard, Leadership, Store, Write } from '@nap/shared/store';
import { blocking, type Change, type Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { placementIndex } from '../plan/placement-index.js';
import { fileChanges, type Contents } from './file-writes.js';
import { planWrites } from './plan-writes.js';
import { readView, type ReadMemory } from './read-view.js';
import { completeContents, readStoredFiles } from './stored-files.js';

export interface CommittedPlan {
  readonly plan: Plan;
  /** The view that the plan was made from. */
  readonly view: ClusterView;
}

export interface CommitOptions {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** What the configs and secrets of the projects hold, as far as the caller knows; the rest is in etcd already. */
  readonly contents?: Contents;
  /** What is written besides, after the plans. */
  readonly more?: (view: ClusterView) => readonly Write[];
  /** Hosts that must be away until all is written, besides those that what must not run twice leaves. */
  readonly away?: readonly HostId[];
  /** Another leadership that must hold as well: that of a daemon over other daemons. */
  readonly under?: Leadership;
  /** What the caller has read before; absent: what was read of this store. What is planned from is as it is now all the same. */
  readonly memory?: ReadMemory;
  /** The only one that is planned: the view has no more of the others than where their instances are. */
  readonly project?: ProjectName;
}

/** Plans that lose their race this often in a row are a bug or a siege; say so instead of trying for ever. */
const TRIES_MAX = 5;

/**
 * Reads, plans and writes under one leadership. Every write carries the leader's fence, so a plan is never mixed with
 * another controller's: who has lost the leadership changes nothing, and plans again from what it then finds. Throws
 * UNPLACEABLE (with the plan in `details`) before anything is written, NOT_LEADER or CONFLICT when the race is lost for good.
 */
export async function commitPlan(
  store: Store,
  leadership: Leadership,
  makePlan: (view: ClusterView) => Plan,
  options: CommitOptions,
): Promise<CommittedPlan> {
  let plan: Plan | undefined;
  const { view } = await commitPlans(
    store,
    leadership,
    (found) => {
      plan = makePlan(found);
      refuseUnplaced(plan);
      return [plan];
    },
    options,
  );
  if (plan === undefined) throw new InvariantError('a commit without a plan');
  return { plan, view };
}

function refuseUnplaced({ project, unplaced: all }: Plan): void {
  const unplaced = blocking(all);
  if (unplaced.length === 0) return;
  throw new NapError(
    'UNPLACEABLE',
    `${unplaced.length} of the instances of ${project} can be placed on no host; nothing was changed`,
    { details: { unplaced } },
  );
}

/** Guards of one commit beside those of the leaderships; what goes beyond relies on the agent, which asks before it starts. */
const AWAY_GUARDS_MAX = 90;

/**
 * What must not run twice leaves a host that is away only while that still is: a host that is back may have asked whether
 * it may start it again (`confirmStart`), and whoever is second must lose.
 */
function mustStayAway(
  plans: readonly Plan[],
  view: ClusterView,
  asked: readonly HostId[],
): readonly HostId[] {
  const away = new Set(asked);
  const { byHost } = placementIndex(view.placements);
  for (const change of plans.flatMap(({ changes }) => changes)) {
    const left = leftBy(change);
    if (left === undefined || view.hosts.get(left.host)?.isAlive !== false) continue;
    // What its host was told of counts as well: the file may say otherwise by now.
    const old = byHost.get(left.host)?.find((it) => it.instance === left.instance);
    if ((left.stopAfterMs ?? old?.stopAfterMs) !== undefined) away.add(left.host);
  }
  return [...away].slice(0, AWAY_GUARDS_MAX);
}

/** The place that nothing is said of any more after this change. */
function leftBy(change: Change): Pick<Placement, 'instance' | 'host' | 'stopAfterMs'> | undefined {
  if (change.kind === 'move') return { ...change.placement, host: change.from };
  return change.kind === 'remove' && change.leaving === undefined ? change : undefined;
}

const isStillAway = (host: HostId): Guard => ({ kind: 'absent', key: keys.hostSession(host) });

/** Of the hosts that had to stay away, those that have not. */
async function backAgain(
  store: Store,
  away: readonly HostId[],
  signal: AbortSignal,
): Promise<readonly HostId[]> {
  if (away.length === 0) return [];
  const there = await store.keys(away.map(keys.hostSession), signal);
  return away.filter((host) => there.includes(keys.hostSession(host)));
}

/** Why the last try was refused. */
function refused(back: readonly HostId[]): NapError {
  if (back.length === 0) {
    return new NapError(
      'CONFLICT',
      `another controller took the leadership ${TRIES_MAX} times while this one was writing`,
      {
        hint: 'see who is at work, then run the command again: what was written is finished by the next apply',
      },
    );
  }
  return new NapError(
    'CONFLICT',
    `${back.join(', ')} came back while it was to be forgotten, or what must not run twice (on_partition) to be placed elsewhere, ${TRIES_MAX} tries in a row; all stays there`,
    {
      hint: `nap-controller host inspect ${back[0]} says how it is: a host that comes and goes has a poor connection to etcd, or an agent that does not keep running`,
    },
  );
}

/** As `commitPlan`, for several projects at once, and without minding what cannot be placed. */
export async function commitPlans(
  store: Store,
  leadership: Leadership,
  makePlans: (view: ClusterView) => readonly Plan[],
  {
    signal,
    clock,
    under,
    more,
    away: asked = [],
    memory,
    project,
    contents = new Map(),
  }: CommitOptions,
): Promise<{ readonly plans: readonly Plan[]; readonly view: ClusterView }> {
  let back: readonly HostId[] = [];
  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    await leadership.whenLeading(signal);
    // Taken before anything is read: whoever leads in between makes this plan's writes void.
    const guards = [leadership.guard(), ...(under === undefined ? [] : [under.guard()])];
    const view = await readView(store, signal, { memory, project });
    const plans = makePlans(view);
    const cluster = view.cluster ?? { id: randomUUID(), createdAtMs: clock.nowMs() };
    const files = fileChanges(plans, view, await readStoredFiles(store, signal));
    const planned = planWrites(plans, view, {
      ...{ cluster, files },
      contents: await completeContents(store, files, { signal, contents }),
    });
    const writes = [...planned, ...(more?.(view) ?? [])];
    if (writes.length === 0) return { plans, view };
    const away = mustStayAway(plans, view, asked);
    const result = await store.commit(writes, {
      guards: [...guards, ...away.map(isStillAway)],
      signal,
    });
    if (result.kind === 'committed') return { plans, view };
    back = await backAgain(store, away, signal);
  }
  throw refused(back);
}
