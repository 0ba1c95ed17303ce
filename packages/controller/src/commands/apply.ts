import { EXIT } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { commitAsLeader, waitConverged } from './carry-out.js';
import { withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import {
  detachFlag,
  etcdFlags,
  fileFlags,
  filesPositional,
  messageFlag,
  scaleFlag,
  strategyFlag,
  waitFlags,
} from './flags.js';
import { loadFiles, projectOf, withScale } from './load.js';

const flags = {
  ...filesPositional,
  ...etcdFlags,
  ...fileFlags,
  ...waitFlags,
  ...scaleFlag,
  ...strategyFlag,
  ...messageFlag,
  ...detachFlag,
} as const;

/** Makes the cluster run what the files say. Applying the same files again writes nothing and restarts nothing. */
export function applyCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['apply [files..]', 'up'],
    describe: 'make the cluster run what the Compose files say',
    flags,
    positionals: ['files'],
    examples: [
      ['$0 apply shop.yml', 'place, start, and wait until all run'],
      ['$0 apply shop.yml --scale web=3', 'with three instances of web'],
      ['$0 apply shop.yml -m "web 2.1"', 'and history says why'],
    ],
    run: async (args) => {
      const loaded = await loadFiles(context, args);
      const project = withScale(projectOf(loaded), args.scale ?? [], '--scale');
      await withStore(args, async (store) => {
        const { plan } = await commitAsLeader(
          context,
          store,
          args,
          (view) =>
            planProject(view, project, {
              appliedBy: context.user,
              files: loaded.files,
              nowMs: context.clock.nowMs(),
              strategy: args.strategy,
              message: args.message,
            }),
          loaded.contents,
        );
        if (plan.changes.length === 0) context.err(`${project.name}: nothing to change`);
        if (
          args.message !== undefined &&
          !plan.changes.some(({ kind }) => kind === 'store-project')
        ) {
          context.err('note: no new revision, so the message is not kept');
        }
        if (!args.detach) await waitConverged(context, store, project.name, args);
      });
      return EXIT.ok;
    },
  });
}
