import { EXIT, NapError, type Project } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { foundNoImage } from '../plan/convergence.js';
import { readView } from '../rollout/read-view.js';
import { askedPlanning } from './asked-plan.js';
import { commitAsLeader, sayNothingNew, waitConverged } from './carry-out.js';
import { withStore, type CommandContext } from './context.js';
import { keptPlanning } from './kept-plan.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import {
  askFlags,
  detachFlag,
  etcdFlags,
  fileFlags,
  filesPositional,
  messageFlag,
  waitFlags,
} from './flags.js';
import { loadFiles } from './load.js';

const flags = {
  ...filesPositional,
  ...etcdFlags,
  ...fileFlags,
  ...waitFlags,
  ...askFlags,
  ...messageFlag,
  ...detachFlag,
  rollback: {
    type: 'boolean',
    default: true,
    description:
      'let a rollout that fails be rolled back where the file says so; --no-rollback: it stands still',
  },
  'plan-file': {
    type: 'string',
    requiresArg: true,
    description: 'do exactly what plan -o FILE wrote, or nothing when that is out of date',
  },
} as const;

/** Makes the cluster run what the files say. Applying the same files again writes nothing and restarts nothing. */
export function applyCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['apply [files..]', 'up'],
    describe: 'make the cluster run what the Compose files say',
    flags,
    positionals: ['files'],
    details: `Reads the files as Docker Compose does, plans, writes the plan to etcd, and waits until every instance is as wanted: healthy, or
running for a second where there is no healthcheck. Files that are applied again change nothing. Ctrl-C ends the waiting, not
the work: the agents go on. What nobody would go on with, as when containers are replaced one after the other and no daemon runs, is said
then, and which command does: \`wait\`, or \`apply\` again.`,
    examples: [
      ['$0 apply shop.yml', 'place, start, and wait until all run'],
      ['$0 apply shop.yml --scale web=3', 'with three instances of web'],
      ['$0 apply shop.yml -m "web 2.1"', 'and history says why'],
      ['$0 apply shop.yml --recreate web', 'new containers for web, although nothing changed'],
    ],
    run: async (args) => {
      const { loaded, project, makePlan } =
        args.planFile === undefined
          ? askedPlanning(context, await loadFiles(context, args), args)
          : await keptPlanning(context, args, args.planFile);
      await withStore(args, async (store) => {
        const asked = { ...args, noRollback: !args.rollback };
        const committed = await commitAsLeader(context, store, asked, {
          project: project.name,
          makePlan,
          contents: loaded.contents,
        });
        const { plan } = committed;
        sayNothingNew(context, committed, project.name);
        if (
          args.message !== undefined &&
          !plan.changes.some(({ kind }) => kind === 'store-project')
        ) {
          context.err('note: no new revision, so the message is not kept');
        }
        await waitConverged(context, store, project.name, args, committed);
        if (args.pull === 'always' && !args.detach) await requireImages(context, store, project);
      });
      return EXIT.ok;
    },
  });
}

/** Throws NOT_CONVERGED: newer images were asked for, and not every host could look. */
async function requireImages(
  context: CommandContext,
  store: Store,
  { name }: Project,
): Promise<void> {
  const failed = foundNoImage(await readView(store, context.signal, { project: name }), name);
  if (failed.length === 0) return;
  const [instances, run] = failed.length === 1 ? ['instance', 'runs'] : ['instances', 'run'];
  throw new NapError(
    'NOT_CONVERGED',
    `${failed.length} ${instances} of ${name} could not look for a newer image, and ${run} on with the old one`,
    {
      hint: `look again once their hosts reach the registry: apply --pull always`,
      details: {
        failed: failed.map(({ instance, host, message }) => ({ instance, host, message })),
      },
    },
  );
}
