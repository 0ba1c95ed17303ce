import type { Action, Schedule } from './actions.js';

/** Runs at most: one run costs about a third of a second. */
const RUNS_MAX = 300;

/**
 * A schedule of fewer actions that still fails, by delta debugging: ever smaller parts are left out for as long as the rest
 * fails without them. Leaving out any one action of what is returned lets it pass, unless the runs have run out.
 */
export async function shrink(
  schedule: Schedule,
  fails: (schedule: Schedule) => Promise<boolean>,
): Promise<Schedule> {
  let runs = 0;
  const stillFails = (actions: readonly Action[]): Promise<boolean> => {
    runs += 1;
    return fails({ ...schedule, actions });
  };
  let { actions } = schedule;
  let size = Math.ceil(actions.length / 2);
  while (size >= 1 && runs < RUNS_MAX) {
    let isSmaller = false;
    for (let at = 0; at < actions.length && runs < RUNS_MAX;) {
      const rest = [...actions.slice(0, at), ...actions.slice(at + size)];
      if (await stillFails(rest)) {
        actions = rest;
        isSmaller = true;
      } else at += size;
    }
    if (isSmaller && size === 1) continue;
    size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return { ...schedule, actions };
}
