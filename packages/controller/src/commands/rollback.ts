import { EXIT, NapError, type ProjectName } from '@nap/shared';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { rollbackTarget } from '../plan/kept-revisions.js';
import { planProject, type ApplyContext } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { commitAsLeader, sayNothingNew, waitConverged } from './carry-out.js';
import {
  onlyProject,
  requireProjectName,
  selectProjects,
  withStore,
  type CommandContext,
} from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { sayUnreadable } from './history.js';
import {
  detachFlag,
  etcdFlags,
  messageFlag,
  projectFlag,
  strategyFlag,
  waitFlags,
} from './flags.js';
import { previewFlags, previewPlan } from './preview.js';

const flags = {
  revision: { type: 'string', description: 'a revision that history lists' },
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
  ...strategyFlag,
  ...messageFlag,
  ...detachFlag,
  ...previewFlags,
} as const;

/** Makes a new revision of a project that is what a kept one was. */
export function rollbackCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['rollback [revision]'],
    describe: 'go back to what a kept revision was: without a number the one before',
    flags,
    positionals: ['revision'],
    details:
      'Makes a new revision that is what the kept one was, with the configs and secrets of that time. `history` lists those that are kept.',
    examples: [
      ['$0 rollback -p shop', 'the revision before the current one'],
      ['$0 rollback 3 -p shop --plan', 'what going back to revision 3 would change'],
    ],
    run: async (args) => {
      const wanted = revisionNumber(args.revision);
      return withStore(args, async (store) => {
        const { projectName } = args;
        const named = projectName === undefined ? undefined : requireProjectName(projectName);
        const view = await readView(store, context.signal, { project: named });
        if (named !== undefined) selectProjects(view, named);
        const name = named ?? onlyProject(view);
        sayUnreadable(context, view, name);
        // Settled once: whoever applies in between must not make this another rollback than the one asked for.
        const to = rollbackTarget(view, name, wanted).revision;
        const makePlan = planner(name, to, {
          ...{ appliedBy: context.user, nowMs: context.clock.nowMs() },
          ...{ strategy: args.strategy, message: args.message },
        });
        if (args.plan) {
          const said = `${name}: ${nothing(to)}`;
          return previewPlan(context, args, { plan: makePlan(view), view }, said);
        }
        const committed = await commitAsLeader(context, store, args, {
          project: name,
          makePlan,
        });
        sayNothingNew(context, committed, name, nothing(to));
        await waitConverged(context, store, name, args, committed);
        return EXIT.ok;
      });
    },
  });
}

function planner(
  name: ProjectName,
  to: number,
  more: Omit<ApplyContext, 'files' | 'rollbackTo'>,
): (view: ClusterView) => Plan {
  return (view) => {
    const { project, files } = rollbackTarget(view, name, to);
    return planProject(view, project, { ...more, files, rollbackTo: to });
  };
}

const nothing = (to: number): string => `nothing to change, it is what revision ${to} was`;

function revisionNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new NapError('USAGE', `${JSON.stringify(text)} is no revision`, {
    hint: 'a number that nap-controller history lists',
  });
}
