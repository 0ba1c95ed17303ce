import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT } from '@nap/shared';
import { readView } from '../rollout/read-view.js';
import { askedPlanning } from './asked-plan.js';
import { withStore, type CommandContext } from './context.js';
import { showPlan } from '../output/shown-plan.js';
import { keepPlan } from './kept-plan.js';
import { printPlan } from './preview.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { askFlags, etcdFlags, fileFlags, filesPositional, inspectFormatFlag } from './flags.js';
import { loadFiles } from './load.js';

const flags = {
  ...filesPositional,
  ...etcdFlags,
  ...fileFlags,
  ...inspectFormatFlag,
  ...askFlags,
  out: {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    description: 'also write the plan to this file, for apply --plan-file',
  },
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
    details: `Changes nothing and takes no leadership, so it may run while another controller is at work. Each change is a line with its reason;
what fits on no host is named with the reason for every host. Containers of a service are replaced as update_config says: the plan shows
all of them, however long that takes.

A plan with instances that fit nowhere is not carried out, and \`-o\` does not write it: it ends with ${EXIT.unplaceable}, and says so. A file that is there already is of
an earlier plan then, and stays as it is.`,
    examples: [
      ['$0 plan shop.yml', 'what apply would do, field by field'],
      ['$0 plan shop.yml -o shop.plan', 'and exactly that: apply --plan-file shop.plan'],
      ['$0 plan shop.yml --exit-code', 'for scripts: 9 when there are changes'],
    ],
    run: async (args) => {
      const loaded = await loadFiles(context, args);
      const planning = askedPlanning(context, loaded, args);
      const { name: project } = planning.project;
      const view = await withStore(args, (store) => readView(store, context.signal, { project }));
      const plan = planning.makePlan(view);
      const shown = showPlan(plan, view);
      const exit = printPlan(context, args, shown);
      // What cannot be placed goes first: such a plan would not be carried out.
      if (exit !== EXIT.ok) {
        if (args.out !== undefined) await sayNotKept(context, args.out);
        return exit;
      }
      if (args.out !== undefined) {
        await keepPlan(context, args, args.out, { planning, plan, shown, view });
        context.err(`to do exactly this: nap-controller apply --plan-file ${args.out}`);
      }
      return args.exitCode && plan.changes.length > 0 ? EXIT.changes : EXIT.ok;
    },
  });
}

/** Who carries out the file afterwards must know that it is not what was just shown. */
async function sayNotKept({ err, cwd }: CommandContext, path: string): Promise<void> {
  err(`error: ${path} is not written: a plan with instances that fit nowhere is not carried out`);
  if (await isThere(resolve(cwd, path))) {
    err(
      `  the ${path} that is there is of an earlier plan, and is left as it is: remove it, or make a plan that fits`,
    );
  } else err('  make room for them, or ask for less');
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
