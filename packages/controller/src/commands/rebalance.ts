import { EXIT, NapError, type ProjectName } from '@nap/shared';
import { afterPlan } from '../plan/after-plans.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planStored } from '../plan/plan-stored.js';
import { planRebalance } from '../plan/rebalance.js';
import { readView } from '../rollout/read-view.js';
import { commitStoredAsLeader, waitConverged } from './carry-out.js';
import { selectProjects, withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { detachFlag, etcdFlags, projectFlag, waitFlags } from './flags.js';
import { previewFlags, previewPlans } from './preview.js';

const flags = {
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
  ...detachFlag,
  ...previewFlags,
  'max-moves': { type: 'number', description: 'move no more instances than that' },
} as const;

/** Moves what runs where hosts are uneven; nothing else in nap does that of itself. */
export function rebalanceCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['rebalance'],
    describe: 'move instances so that hosts are as even as the strategies want them',
    flags,
    examples: [
      ['$0 rebalance --plan', 'what would move where, and why'],
      ['$0 rebalance --max-moves 5', 'five moves; again for the next five'],
      ['$0 rebalance -p shop', 'instances of one project only'],
    ],
    run: (args) => {
      const maxMoves = readMaxMoves(args.maxMoves);
      return withStore(args, async (store) => {
        const { signal } = context;
        const view = await readView(store, signal);
        const projects = chosen(view, args.projectName);
        const rebalance = (seen: ClusterView): readonly Plan[] =>
          planRebalance(seen, { nowMs: context.clock.nowMs(), maxMoves, projects });
        const first = planStored(view, context.clock.nowMs());
        const settled = first.reduce(afterPlan, view);
        if (args.plan) {
          const plans = [...first, ...rebalance(settled)];
          return previewPlans(context, args, { plans, view }, nothing(view));
        }
        // An instance that still has to be placed must find its room before others move.
        const changed = new Set(
          hasChanges(first) ? await commitStoredAsLeader(context, store, args) : [],
        );
        const isMoving = hasChanges(rebalance(settled));
        if (!isMoving) context.err(nothing(view));
        else {
          const moved = await commitStoredAsLeader(context, store, args, { makePlans: rebalance });
          for (const project of moved) changed.add(project);
        }
        for (const project of changed) await waitConverged(context, store, project, args);
        return EXIT.ok;
      });
    },
  });
}

const hasChanges = (plans: readonly Plan[]): boolean =>
  plans.some(({ changes }) => changes.length > 0);

const nothing = ({ brake }: ClusterView): string =>
  brake ?? 'nothing to move: no move would make the hosts more even';

function chosen(view: ClusterView, name: string | undefined): ReadonlySet<ProjectName> {
  return new Set(selectProjects(view, name));
}

function readMaxMoves(count: number | undefined): number {
  if (count === undefined) return Infinity;
  if (Number.isInteger(count) && count > 0) return count;
  throw new NapError('USAGE', `--max-moves: ${count} is no number of instances`, {
    hint: 'a whole number from 1',
  });
}
