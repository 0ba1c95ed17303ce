import { keys, NapError } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { goalState, type GoalState, type WaitGoal, type WaitScope } from '../plan/wait-goal.js';
import type { Chosen } from '../plan/chosen.js';
import { MirroredView } from './mirrored-view.js';
import { withTimeLimit, type Left } from './time-limit.js';
import { withMirrors } from './with-mirrors.js';

export interface AwaitGoalOptions {
  readonly store: Pick<Store, 'mirror'>;
  readonly scope: WaitScope;
  readonly goal: WaitGoal;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called whenever anything changed; for progress. */
  readonly onState: (state: GoalState) => void;
}

/** Changes wake it; this is only the longest it sleeps between two of them. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Waits until the goal is reached; looks at what is there, whatever happened in between. Throws NOT_CONVERGED when the time
 * is up, or earlier when an instance can never get there, naming who is not there and why; CONFLICT when the project is
 * taken down meanwhile.
 */
export async function awaitGoal(options: AwaitGoalOptions): Promise<GoalState> {
  const { timeoutMs, signal: parent } = options;
  let last: GoalState | undefined;
  const onPassed = (cause?: unknown): NapError =>
    notReached(options, `within ${Math.round(timeoutMs / 1000)} s`, last, cause);
  return withTimeLimit({ timeoutMs, parent, onPassed }, (signal, left) =>
    untilReached({ ...options, signal, left }, (state) => (last = state)),
  );
}

function untilReached(
  { store, scope, goal, signal, left, onState }: AwaitGoalOptions & { readonly left: Left },
  note: (state: GoalState) => void,
): Promise<GoalState> {
  const { project } = scope;
  const prefixes = [
    ...[keys.projects(), keys.placements(), keys.hosts()],
    ...[keys.projectReports(project), keys.projectNames(project)],
  ];
  return withMirrors(store, prefixes, { signal }, async ({ mirrors, changes }) => {
    const mirrored = new MirroredView(mirrors);
    for (;;) {
      const { view } = mirrored;
      if (!view.projects.has(project)) throw takenDown(project);
      const state = goalState(view, scope, goal);
      note(state);
      onState(state);
      if (state.isReached) return state;
      const final = state.lacking.filter(({ isFinal }) => isFinal);
      if (final.length > 0)
        throw notReached({ scope, goal }, 'as it is', { ...state, lacking: final });
      await changes.next(left(LOOK_AGAIN_MS), signal);
    }
  });
}

function notReached(
  { scope, goal }: Pick<AwaitGoalOptions, 'scope' | 'goal'>,
  how: string,
  state?: GoalState,
  cause?: unknown,
): NapError {
  const { project, chosen } = scope;
  const who = chosen === undefined ? project : `${namesOf(chosen)} of ${project}`;
  const what =
    goal.kind === 'name'
      ? `${goal.name} is no name in the hosts files of ${project}`
      : `${who} is not ${goal.kind}`;
  const why = state === undefined ? 'etcd has not told how it is' : state.why;
  return new NapError('NOT_CONVERGED', `${what} ${how}: ${why}`, {
    cause,
    hint: `the agents go on; see nap-controller ps -p ${project}, or wait longer with --timeout`,
    details: {
      failed: (state?.lacking ?? []).map(({ instance, host, message }) => ({
        instance,
        host,
        message,
      })),
    },
  });
}

/** `web, db/2`. */
const namesOf = (chosen: Chosen): string =>
  [...chosen]
    .flatMap(([service, which]) =>
      which === 'all' ? service : [...which].map((index) => `${service}/${index}`),
    )
    .join(', ');

function takenDown(project: string): NapError {
  return new NapError('CONFLICT', `${project} was taken down while this command waited for it`, {
    hint: 'apply its files again',
  });
}
