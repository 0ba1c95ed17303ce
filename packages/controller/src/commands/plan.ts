import { EXIT } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { planText } from '../plan/plan-text.js';
import { readView } from '../rollout/commit-plan.js';
import { withStore, type CommandContext } from './context.js';
import { redactEnvironment } from '../output/redact.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import {
  etcdFlags,
  fileFlags,
  filesPositional,
  documentFormatFlag,
  scaleFlag,
  strategyFlag,
} from './flags.js';
import { loadFiles, projectOf, withScale } from './load.js';

const flags = {
  ...filesPositional,
  ...etcdFlags,
  ...fileFlags,
  ...documentFormatFlag,
  ...scaleFlag,
  ...strategyFlag,
  'exit-code': {
    type: 'boolean',
    default: false,
    description: `exit ${EXIT.changes} when there are changes, ${EXIT.ok} when there are none`,
  },
} as const;

/** What `apply` would do now, and why; changes nothing and takes no leadership. */
export function planCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['plan [files..]', 'diff'],
    describe: 'show what apply would change, and why',
    flags,
    positionals: ['files'],
    run: async (args) => {
      const loaded = await loadFiles(context, args);
      const project = withScale(projectOf(loaded), args.scale ?? [], '--scale');
      const plan = await withStore(args, async (store) =>
        planProject(await readView(store, context.signal), project, {
          appliedBy: context.user,
          files: loaded.files,
          nowMs: context.clock.nowMs(),
          strategy: args.strategy,
        }),
      );
      if (args.format === 'json') context.out(JSON.stringify(plan, redactEnvironment, 2));
      else context.out(planText(plan) || `${project.name}: nothing to change`);
      // What cannot be placed goes first: such a plan would not be carried out.
      if (plan.unplaced.length > 0) return EXIT.unplaceable;
      return args.exitCode && plan.changes.length > 0 ? EXIT.changes : EXIT.ok;
    },
  });
}
