import { messageOf, type ProjectName } from '@nap/shared';
import type { Leadership, Store, Write } from '@nap/shared/store';
import { ProgressLines } from '../output/progress.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planStored } from '../plan/plan-stored.js';
import { changeText } from '../plan/plan-text.js';
import { awaitConverged } from '../rollout/await-converged.js';
import type { Contents } from '../rollout/file-writes.js';
import { commitPlan, commitPlans, readView, type CommittedPlan } from '../rollout/commit-plan.js';
import { lead } from '../rollout/lead.js';
import type { CommandContext } from './context.js';

export interface WaitArgs {
  readonly timeout: number;
  readonly progress: string;
}

/** How long to stand behind another controller before giving up, in ms. */
const LEADERSHIP_WAIT_MS = 60_000;

/**
 * Plans, takes the leadership, plans again from what it then finds, writes, says what it wrote, and gives the leadership
 * back. Where nothing is to change nothing is written, not even who leads.
 */
export async function commitAsLeader(
  context: CommandContext,
  store: Store,
  args: { readonly progress: string },
  makePlan: (view: ClusterView) => Plan,
  contents: Contents = new Map(),
): Promise<CommittedPlan> {
  const view = await readView(store, context.signal);
  const preview = makePlan(view);
  const isNothing = preview.changes.length === 0 && preview.unplaced.length === 0;
  const committed = isNothing
    ? { plan: preview, view }
    : await commit(context, store, makePlan, contents);
  sayPlan(context, committed.plan, args);
  return committed;
}

function commit(
  context: CommandContext,
  store: Store,
  makePlan: (view: ClusterView) => Plan,
  contents: Contents,
): Promise<CommittedPlan> {
  return asLeader(context, store, (leadership) =>
    commitPlan(store, leadership, makePlan, {
      signal: context.signal,
      clock: context.clock,
      contents,
    }),
  );
}

function asLeader<T>(
  context: CommandContext,
  store: Store,
  work: (leadership: Leadership) => Promise<T>,
): Promise<T> {
  return lead(
    {
      store,
      clock: context.clock,
      identity: `${context.user} (pid ${process.pid})`,
      waitMs: LEADERSHIP_WAIT_MS,
      onWaiting: (leader) => {
        context.err(`another nap-controller is at work (${leader}); waiting for it`);
      },
      signal: context.signal,
    },
    work,
  );
}

export interface StoredPlanning {
  /** The view as the planner shall see it. */
  readonly seen: (view: ClusterView) => ClusterView;
  /** What is written besides, after the plans. */
  readonly more: (view: ClusterView) => readonly Write[];
}

/**
 * Makes the cluster run what is stored in it, after something else about it has changed: hosts, their policies. Says what it
 * wrote and what it could not place; returns the projects that it changed.
 */
export async function commitStoredAsLeader(
  context: CommandContext,
  store: Store,
  args: { readonly progress: string },
  planning: Partial<StoredPlanning> = {},
): Promise<readonly ProjectName[]> {
  const { seen = (view: ClusterView): ClusterView => view, more } = planning;
  const { plans } = await asLeader(context, store, (leadership) =>
    commitPlans(store, leadership, (view) => planStored(seen(view), context.clock.nowMs()), {
      signal: context.signal,
      clock: context.clock,
      ...(more === undefined ? {} : { more }),
    }),
  );
  for (const plan of plans) sayPlan(context, plan, args);
  return plans.filter(({ changes }) => changes.length > 0).map(({ project }) => project);
}

function sayPlan(context: CommandContext, plan: Plan, args: { readonly progress: string }): void {
  if (args.progress !== 'quiet') for (const change of plan.changes) context.err(changeText(change));
  for (const { instance, reason } of plan.unplaced) {
    context.err(`note: ${instance} fits nowhere else: ${reason}`);
  }
  for (const note of plan.notes) context.err(`note: ${note}`);
}

/** Waits until the project is as wanted, with a line on standard error for each step of each instance. */
export async function waitConverged(
  context: CommandContext,
  store: Store,
  project: ProjectName,
  args: WaitArgs,
): Promise<void> {
  const lines = new ProgressLines();
  await awaitConverged({
    store,
    project,
    clock: context.clock,
    timeoutMs: args.timeout * 1000,
    signal: context.signal,
    onProgress: (progress) => {
      if (args.progress === 'quiet') return;
      for (const line of lines.next(progress)) context.err(line);
    },
  }).catch((err: unknown) => {
    if (context.signal.aborted) {
      context.err(
        `stopped waiting (${messageOf(context.signal.reason)}): the agents go on, and the next apply finishes the rest`,
      );
    }
    throw err;
  });
}
