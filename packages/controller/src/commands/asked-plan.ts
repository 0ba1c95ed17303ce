import { NapError, type Project, type Strategy } from '@nap/shared';
import type { LoadResult } from '../compose/index.js';
import { forcedOnce, refreshOnce, type Counters } from '../plan/asked-project.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planProject } from '../plan/plan-project.js';
import type { CommandContext } from './context.js';
import { projectOf, withScale } from './load.js';

/** What `plan` and `apply` are asked for beside the files. */
export interface AskArgs {
  readonly scale?: readonly string[] | undefined;
  readonly strategy?: Strategy | undefined;
  readonly prune: boolean;
  readonly forceRecreate: boolean;
  readonly recreate?: readonly string[] | undefined;
  readonly pull: PullFlag;
  readonly message?: string | undefined;
}

export type PullFlag = 'policy' | 'always' | 'missing' | 'never';

/** What is asked for once, by name of the service. */
export interface AskedOnce {
  readonly forced: Counters;
  readonly refresh: Counters;
}

export interface AskedPlanning {
  readonly loaded: LoadResult;
  readonly project: Project;
  /** Settled by the first view that is asked about. */
  readonly once: (view: ClusterView) => AskedOnce;
  /** May be called again with what is found later: what is asked for once is done once. */
  readonly makePlan: (view: ClusterView) => Plan;
}

/**
 * How to plan what files and flags ask for; `given` are counters that were settled earlier. Throws NOT_FOUND for a service
 * that the files do not have.
 */
export function askedPlanning(
  context: CommandContext,
  loaded: LoadResult,
  args: AskArgs,
  given?: AskedOnce,
): AskedPlanning {
  const scaled = withScale(projectOf(loaded), args.scale ?? [], '--scale');
  const project = withPull(scaled, args.pull);
  const services = servicesToRecreate(project, args);
  let settled = given;
  const once = (view: ClusterView): AskedOnce =>
    (settled ??= {
      forced: forcedOnce(view, project, services),
      refresh: args.pull === 'always' ? refreshOnce(view, project) : new Map(),
    });
  const makePlan = (view: ClusterView): Plan =>
    planProject(view, project, {
      appliedBy: context.user,
      files: loaded.files,
      nowMs: context.clock.nowMs(),
      strategy: args.strategy,
      message: args.message,
      ...once(view),
      keepsMissing: !args.prune,
      disabled: loaded.disabled,
    });
  return { loaded, project, once, makePlan };
}

/** As if the files said so; a look for newer images is none of their business. */
function withPull(project: Project, pull: PullFlag): Project {
  if (pull === 'policy' || pull === 'always') return project;
  const services = project.services.map(({ pull: _pull, ...rest }) =>
    pull === 'never' ? { ...rest, pull } : rest,
  );
  return { ...project, services };
}

function servicesToRecreate(
  { name, services }: Project,
  { forceRecreate, recreate = [] }: AskArgs,
): ReadonlySet<string> {
  const known = new Set<string>(services.map((service) => service.name));
  const unknown = recreate.find((service) => !known.has(service));
  if (unknown !== undefined) {
    throw new NapError('NOT_FOUND', `--recreate ${unknown}: ${name} has no service ${unknown}`, {
      hint: `there are: ${[...known].join(', ')}`,
    });
  }
  return forceRecreate ? known : new Set(recreate);
}
