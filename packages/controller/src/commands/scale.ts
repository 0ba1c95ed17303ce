import { EXIT, NapError } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/commit-plan.js';
import { commitAsLeader, waitConverged } from './carry-out.js';
import { storedOf } from './chosen-services.js';
import { onlyProject, requireProjectName, withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { detachFlag, etcdFlags, projectFlag, strategyFlag, waitFlags } from './flags.js';
import { withScale } from './load.js';

const flags = {
  counts: { type: 'string', array: true, description: 'SERVICE=COUNT' },
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
  ...strategyFlag,
  ...detachFlag,
} as const;

/** Changes how many instances services of an applied project have: a new revision of it, as if the file said so. */
export function scaleCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['scale [counts..]'],
    describe: 'change the number of instances of services',
    flags,
    positionals: ['counts'],
    details:
      'Makes a new revision of the project, as if its files said so; the next `apply` of the files says otherwise again.',
    examples: [['$0 scale web=3 api=2 -p shop', 'three instances of web, two of api']],
    run: async (args) => {
      const counts = args.counts ?? [];
      if (counts.length === 0) {
        throw new NapError('USAGE', 'scale what?', { hint: 'such as scale web=3 api=2' });
      }
      await withStore(args, async (store) => {
        const name =
          args.projectName === undefined
            ? onlyProject(await readView(store, context.signal))
            : requireProjectName(args.projectName);
        const { plan, pacer } = await commitAsLeader(
          context,
          store,
          { ...args, resumes: false },
          (view) => {
            const { project, files } = storedOf(view, name);
            return planProject(view, withScale(project, counts, 'scale'), {
              ...{ appliedBy: context.user, files, nowMs: context.clock.nowMs() },
              strategy: args.strategy,
            });
          },
        );
        if (plan.changes.length === 0) context.err(`${name}: nothing to change`);
        await waitConverged(context, store, name, args, pacer);
      });
      return EXIT.ok;
    },
  });
}
