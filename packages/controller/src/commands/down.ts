import { EXIT, isNapError, NapError, type ProjectName } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { showPlans } from '../output/shown-plan.js';
import { afterPlan } from '../plan/after-plans.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planDown } from '../plan/plan-down.js';
import { planForget } from '../plan/plan-forget.js';
import { readView } from '../rollout/read-view.js';
import { awaitNoOneOffs } from './await-one-offs.js';
import { commitAsLeader, waitConverged } from './carry-out.js';
import { requireProjectName, selectProjects, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { agentApiFlags, etcdFlags, fileFlags, waitFlags } from './flags.js';
import { loadFiles, projectOf } from './load.js';
import { previewFlags, previewPlan, previewPlans, printPlan, type PlanFormat } from './preview.js';

/** Without those that say which project. */
export const downFlags = {
  ...etcdFlags,
  ...waitFlags,
  volumes: {
    alias: 'v',
    type: 'boolean',
    default: false,
    description: 'drop its named volumes too: their data is lost',
  },
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    description: 'do not wait until all is gone',
  },
  ...agentApiFlags,
  ...previewFlags,
} as const;

const flags = { ...fileFlags, ...downFlags } as const;

type Args = ArgsOf<typeof flags>;

/** Removes a project's containers, and with `--volumes` its data. */
export function downCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['down'],
    describe: 'remove the containers of a project; volumes only with --volumes',
    details: `With \`--volumes\` each host also drops those named volumes of the project that nothing mounts any more: of a service that has left the
file, or of a project that was taken down before. What a service has left behind on a host that it runs on no longer (one that is global, or
has \`on_host_loss: move\`) nap does not know of, and says so.`,
    flags,
    examples: [
      ['$0 down -p shop', 'remove it; its named volumes stay on their hosts'],
      ['$0 down -f shop.yml --volumes', 'and the data of its named volumes'],
      ['$0 down -p shop --plan', 'what would be removed'],
    ],
    run: async (args) => {
      const project = await nameProject(context, args);
      const makePlan = (view: ClusterView): Plan => {
        requireProject(view, project, args.volumes);
        return planDown(view, project, {
          removeVolumes: args.volumes,
          nowMs: context.clock.nowMs(),
        });
      };
      const exit = await withStore(args, async (store) => {
        if (args.plan) {
          const view = await readView(store, context.signal, { project });
          return previewPlan(context, args, { plan: makePlan(view), view });
        }
        await commitAsLeader(context, store, args, { project, makePlan });
        if (args.detach) return EXIT.ok;
        await waitConverged(context, store, project, args);
        if (args.volumes) await forgetRemoved(context, store, project, args);
        return EXIT.ok;
      });
      if (!args.plan && !args.detach) await awaitNoOneOffs(context, project, args);
      return exit;
    },
  });
}

/** What would be removed of several projects, each as if those before it were gone: for scripts one list of plans. */
export function previewDowns(
  context: CommandContext,
  args: PlanFormat & { readonly volumes: boolean },
  projects: readonly string[],
  view: ClusterView,
): number {
  const options = { removeVolumes: args.volumes, nowMs: context.clock.nowMs() };
  let seen = view;
  const plans = projects.map((project) => {
    const plan = planDown(seen, requireProjectName(project), options);
    seen = afterPlan(seen, plan);
    return plan;
  });
  if (args.format !== 'table') {
    return previewPlans(context, args, { plans, view }, 'nothing to remove');
  }
  for (const shown of showPlans(plans, view)) printPlan(context, args, shown);
  return EXIT.ok;
}

/** Throws NOT_FOUND for the first that is none. */
export async function requireProjects(
  context: CommandContext,
  args: ArgsOf<typeof etcdFlags>,
  { projects, volumes }: { readonly projects: readonly string[]; readonly volumes: boolean },
): Promise<ClusterView> {
  const view = await withStore(args, (store) => readView(store, context.signal));
  for (const project of projects) requireProject(view, requireProjectName(project), volumes);
  return view;
}

/**
 * Throws NOT_FOUND, and says what an earlier `down` without `--volumes` has left of it. Where its volumes are to go too, what
 * was left is enough.
 */
function requireProject(view: ClusterView, project: ProjectName, volumes: boolean): void {
  try {
    selectProjects(view, project);
  } catch (err) {
    const left = [...view.volumes]
      .filter(([, home]) => home.project === project)
      .map(([volume, { host }]) => `${volume} on ${host}`);
    if (!isNapError(err, 'NOT_FOUND') || left.length === 0) throw err;
    if (volumes) return;
    throw new NapError('NOT_FOUND', `${err.message}, but volumes are kept for it`, {
      hint: `${left.join(', ')}; nap-controller down -p ${project} --volumes drops their data`,
      cause: err,
    });
  }
}

async function nameProject(context: CommandContext, args: Args): Promise<ProjectName> {
  if (args.projectName !== undefined && args.file === undefined) {
    return requireProjectName(args.projectName);
  }
  return projectOf(await loadFiles(context, args)).name;
}

/** The agents have acknowledged: the placements that said `removed` have done their work. */
async function forgetRemoved(
  context: CommandContext,
  store: Store,
  project: ProjectName,
  args: Args,
): Promise<void> {
  const quiet = { ...args, progress: 'quiet' };
  const makePlan = (view: ClusterView): Plan => planForget(view, project);
  await commitAsLeader(context, store, quiet, { project, makePlan });
  await waitConverged(context, store, project, quiet);
}
