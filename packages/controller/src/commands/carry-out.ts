import { messageOf, type ProjectName } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { ProgressLines } from '../output/progress.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { changeText } from '../plan/plan-text.js';
import { awaitConverged } from '../rollout/await-converged.js';
import type { Contents } from '../rollout/file-writes.js';
import { commitPlan, readView, type CommittedPlan } from '../rollout/commit-plan.js';
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
  const { plan } = committed;
  if (args.progress !== 'quiet') for (const change of plan.changes) context.err(changeText(change));
  for (const note of plan.notes) context.err(`note: ${note}`);
  return committed;
}

function commit(
  context: CommandContext,
  store: Store,
  makePlan: (view: ClusterView) => Plan,
  contents: Contents,
): Promise<CommittedPlan> {
  return lead(
    {
      store,
      identity: `${context.user} (pid ${process.pid})`,
      waitMs: LEADERSHIP_WAIT_MS,
      onWaiting: (leader) => {
        context.err(`another nap-controller is at work (${leader}); waiting for it`);
      },
      signal: context.signal,
    },
    (leadership) => commitPlan(store, leadership, makePlan, { signal: context.signal, contents }),
  );
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
