import { EXIT, NapError, type ProjectName } from '@nap/shared';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { commitAsLeader, sayNothingNew, waitConverged } from './carry-out.js';
import { projectOf, serviceNamed, storedOf } from './chosen-services.js';
import { requireProjectName, withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { detachFlag, etcdFlags, projectFlag, strategyFlag, waitFlags } from './flags.js';
import { parseScale, withScale } from './load.js';
import { previewFlags, previewPlan } from './preview.js';

const flags = {
  counts: { type: 'string', array: true, description: 'SERVICE=COUNT, or PROJECT.SERVICE=COUNT' },
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
  ...strategyFlag,
  ...detachFlag,
  ...previewFlags,
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
    examples: [
      ['$0 scale web=3 api=2 -p shop', 'three instances of web, two of api'],
      ['$0 scale web=30 -p shop --plan', 'where they would go'],
    ],
    run: async (args) => {
      const counts = args.counts ?? [];
      if (counts.length === 0) {
        throw new NapError('USAGE', 'scale what?', { hint: 'such as scale web=3 api=2' });
      }
      const wanted = counts.map((text) => parseScale(text, 'scale'));
      return withStore(args, async (store) => {
        const { projectName } = args;
        const named = projectName === undefined ? undefined : requireProjectName(projectName);
        const view = await readView(store, context.signal, { project: named });
        const { name, scale } = scaleOf(view, wanted, named);
        const makePlan = (found: ClusterView): Plan => {
          const { project, files } = storedOf(found, name);
          return planProject(found, withScale(project, scale, 'scale'), {
            ...{ appliedBy: context.user, files, nowMs: context.clock.nowMs() },
            strategy: args.strategy,
          });
        };
        if (args.plan) return previewPlan(context, args, { plan: makePlan(view), view });
        const asked = { ...args, resumes: false };
        const committed = await commitAsLeader(context, store, asked, {
          project: name,
          makePlan,
        });
        sayNothingNew(context, committed, name);
        await waitConverged(context, store, name, args, committed);
        return EXIT.ok;
      });
    },
  });
}

/** The project that is meant, and the counts by the names that its services have. Throws NOT_FOUND, USAGE. */
function scaleOf(
  view: ClusterView,
  counts: readonly (readonly [word: string, count: number])[],
  named: ProjectName | undefined,
): { readonly name: ProjectName; readonly scale: readonly string[] } {
  const words = counts.map(([word]) => word);
  const name = projectOf(view, words, named);
  const { project } = storedOf(view, name);
  const scale = counts.map(([word, count]) => {
    const { service, index } = serviceNamed(view, project, word);
    if (index === undefined) return `${service.name}=${count}`;
    throw new NapError('USAGE', `scale ${word}: it is one instance of ${service.name}`, {
      hint: `name the service: scale ${service.name}=${count}`,
    });
  });
  return { name, scale };
}
