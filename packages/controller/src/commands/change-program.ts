import { EXIT, NapError, type Project } from '@nap/shared';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { commitAsLeader, sayNothingNew, waitConverged } from './carry-out.js';
import { chosenServices, storedOf, type ChosenServices } from './chosen-services.js';
import { withStore, type CommandContext } from './context.js';
import type { ArgsOf } from './declare-command.js';
import { detachFlag, etcdFlags, messageFlag, NAME_FORMS, projectFlag, waitFlags } from './flags.js';
import { previewFlags, previewPlan } from './preview.js';

/** What `stop`, `start` and `restart` have in common. */
export const programFlags = {
  names: {
    type: 'string',
    array: true,
    description: `${NAME_FORMS}; default: all of the project`,
  },
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
  ...messageFlag,
  ...detachFlag,
  ...previewFlags,
} as const;

/** As `docker compose stop -t` has it; `--timeout` is how long to wait. */
export const stopTimeoutFlag = {
  'stop-timeout': {
    alias: 't',
    type: 'number',
    description: 'seconds that programs may take to end, instead of stop_grace_period',
  },
} as const;

/** In ms. Throws USAGE. */
export function stopGraceMs(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (Number.isFinite(seconds) && seconds >= 0) return Math.round(seconds * 1000);
  throw new NapError('USAGE', '--stop-timeout takes a number of seconds', {
    hint: 'such as -t 30',
  });
}

type ProgramArgs = ArgsOf<typeof programFlags> & { readonly ansi?: string };

export interface ProgramChange {
  /** What history says of it, before the names: `stop`. */
  readonly verb: string;
  /** Where there is nothing to do: `already stopped`. */
  readonly nothing: string;
  /** The project as it is to be from now on; called again whenever the cluster has changed meanwhile. */
  readonly change: (project: Project, what: ChosenServices, view: ClusterView) => Project;
  /** A rollout that stands still is no reason to end with an error: this goes past it. */
  readonly isPastRollouts: boolean;
}

/** What stands still is then at most an earlier restart, which this one stands in for; a failed version stays where it is. */
const replacesNothing = ({ changes }: Plan): boolean =>
  !changes.some((it) => it.kind === 'update' && it.recreates && it.program === undefined);

/** Makes a new revision of a stored project in which some of its programs are to be stopped, started or restarted. */
export async function changeProgram(
  context: CommandContext,
  args: ProgramArgs,
  { verb, nothing, change, isPastRollouts }: ProgramChange,
): Promise<number> {
  return withStore(args, async (store) => {
    const view = await readView(store, context.signal);
    const what = chosenServices(view, args);
    const { name, text } = what;
    const makePlan = (found: ClusterView): Plan => {
      const { project, files } = storedOf(found, name);
      return planProject(found, change(project, what, found), {
        ...{ appliedBy: context.user, files, nowMs: context.clock.nowMs() },
        message: args.message ?? `${verb} ${text}`,
      });
    };
    if (args.plan) {
      const said = `${text}: ${nothing}`;
      return previewPlan(context, args, { plan: makePlan(view), view }, said);
    }
    const resumes = !isPastRollouts && replacesNothing(makePlan(view));
    const committed = await commitAsLeader(
      context,
      store,
      { ...args, resumes },
      { project: name, makePlan },
    );
    sayNothingNew(context, committed, text, nothing);
    await waitConverged(context, store, name, { ...args, isPastRollouts }, committed);
    return EXIT.ok;
  });
}
