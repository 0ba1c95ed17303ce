import { NapError } from '@nap/shared';
import { redact } from '../output/redact.js';
import type { ShownChange, ShownPlan } from '../output/shown-plan.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { expectedPlan, whatMoved } from '../plan/expected-plan.js';
import { askedPlanning, type AskArgs, type AskedPlanning } from './asked-plan.js';
import type { CommandContext } from './context.js';
import { loadFiles, type FileArgs } from './load.js';
import { readPlanFile, writePlanFile, type AskedOfPlan } from './plan-file.js';

/** A plan that was made, and what it was made from. */
export interface MadePlan {
  readonly planning: AskedPlanning;
  readonly plan: Plan;
  readonly shown: ShownPlan;
  readonly view: ClusterView;
}

/** Writes the plan down, for `apply --plan-file`. Nothing in the file may be secret: see docs/plan-and-apply.md. */
export async function keepPlan(
  context: CommandContext,
  args: FileArgs & AskArgs,
  path: string,
  { planning, plan, shown, view }: MadePlan,
): Promise<void> {
  await writePlanFile(context.cwd, path, {
    project: plan.project,
    madeBy: context.user,
    madeAtMs: context.clock.nowMs(),
    etcdRevision: view.etcdRevision ?? '',
    asked: askedOf(context, args, planning, view),
    expected: expectedPlan(plan, view),
    shown: JSON.parse(
      JSON.stringify({ ...shown, changes: shown.changes.map(withoutSpec) }, redact),
    ) as unknown,
  });
}

/** The fields say what of a spec is another; the whole of it, for each replica, would only be much. */
function withoutSpec(change: ShownChange): object {
  if (!('placement' in change)) return change;
  const { placement, ...rest } = change;
  return { ...rest, instance: placement.instance, host: placement.host };
}

function askedOf(
  context: CommandContext,
  args: FileArgs & AskArgs,
  planning: AskedPlanning,
  view: ClusterView,
): AskedOfPlan {
  const { profile, envFile, projectDirectory, strict, scale = [], strategy, prune, pull } = args;
  const { forced, refresh } = planning.once(view);
  return {
    directory: context.cwd,
    files: [...(args.files ?? []), ...(args.file ?? [])],
    ...(profile === undefined ? {} : { profiles: [...profile] }),
    ...(envFile === undefined ? {} : { envFiles: [...envFile] }),
    ...(projectDirectory === undefined ? {} : { projectDirectory }),
    isStrict: strict === true,
    scale: [...scale],
    ...(strategy === undefined ? {} : { strategy }),
    ...{ prune, pull },
    forced: Object.fromEntries(forced),
    refresh: Object.fromEntries(refresh),
  };
}

/**
 * How to carry out a plan that was written down: the files that it was made from are read again, what they ask for is planned
 * anew, and anything that is not in the plan is refused with PLAN_OUTDATED before something is written. Files given here stand
 * in for those of the plan, as in another checkout. Throws USAGE for flags that are part of the plan already.
 */
export async function keptPlanning(
  context: CommandContext,
  args: FileArgs & AskArgs,
  path: string,
): Promise<AskedPlanning> {
  const { project, asked, expected } = await readPlanFile(context.cwd, path);
  refuseAsked(args, project);
  const { profiles, envFiles, projectDirectory, isStrict, forced, refresh, ...rest } = asked;
  const isElsewhere = hasFiles(args);
  const from = isElsewhere ? args : { files: asked.files, file: [], projectDirectory };
  const strict = isStrict || args.strict === true;
  const loaded = await loadFiles(isElsewhere ? context : { ...context, cwd: asked.directory }, {
    ...{ files: from.files, file: from.file, projectDirectory: from.projectDirectory },
    ...{ projectName: project, profile: profiles, envFile: envFiles, strict },
  });
  const { message } = args;
  const planning = askedPlanning(
    context,
    loaded,
    { ...rest, message, forceRecreate: false },
    { forced: new Map(Object.entries(forced)), refresh: new Map(Object.entries(refresh)) },
  );
  const makePlan = (view: ClusterView): Plan => {
    const plan = planning.makePlan(view);
    const moved = whatMoved(expected, plan, view);
    if (moved.length > 0) throw outdated(path, moved);
    return plan;
  };
  return { ...planning, makePlan };
}

const hasFiles = ({ files = [], file = [] }: FileArgs): boolean => files.length + file.length > 0;

function refuseAsked(args: FileArgs & AskArgs, project: string): void {
  const { scale = [], strategy, prune, forceRecreate, recreate = [], projectName = project } = args;
  const flags: Readonly<Record<string, boolean>> = {
    '--scale': scale.length > 0,
    '--strategy': strategy !== undefined,
    '--no-prune': !prune,
    '--pull': args.pull !== 'policy',
    '--force-recreate': forceRecreate,
    '--recreate': recreate.length > 0,
    '--profile': args.profile !== undefined,
    '--env-file': args.envFile !== undefined,
    '--project-directory': args.projectDirectory !== undefined && !hasFiles(args),
    '--project-name': projectName !== project,
  };
  const given = Object.keys(flags).filter((name) => flags[name]);
  if (given.length === 0) return;
  throw new NapError('USAGE', `${given.join(', ')} cannot be changed of a plan that is made`, {
    hint: 'give it to nap-controller plan -o FILE',
  });
}

/** Sentences that are shown of a plan that is out of date in many ways. */
const SHOWN_MAX = 20;

function outdated(path: string, moved: readonly string[]): NapError {
  const more = moved.length - SHOWN_MAX;
  return new NapError('PLAN_OUTDATED', `${path} is out of date; nothing was changed`, {
    hint: 'look at a new plan: nap-controller plan -o FILE',
    details: {
      moved: more > 0 ? [...moved.slice(0, SHOWN_MAX), `and ${more} more`] : moved,
    },
  });
}
