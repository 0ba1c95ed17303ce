import { actionText } from './actions.js';
import { makeSchedule } from './make-schedule.js';
import { shrink } from './shrink.js';
import type { Seams } from './sim-host.js';
import { simulate } from './simulate.js';

/** Lines of the trace that are shown: what came right before. */
const TAIL_LINES = 60;

/** What a person needs to understand why a seed fails, as lines: the fewest actions, and what happened under them. */
export async function explain(seed: number, seams?: Seams): Promise<readonly string[]> {
  const run = (schedule: ReturnType<typeof makeSchedule>) => simulate(schedule, seams);
  const schedule = makeSchedule(seed);
  const { violation } = await run(schedule);
  if (violation === undefined) return [`seed ${seed}: all is well`];
  const fewest = await shrink(schedule, async (it) => (await run(it)).violation !== undefined);
  const outcome = await run(fewest);
  return [
    `seed ${seed}: ${violation}`,
    `with ${fewest.actions.length} of its ${schedule.actions.length} actions: ${outcome.violation ?? ''}`,
    ...fewest.actions.map((action) => `  ${actionText(action)}`),
    'and this happened last:',
    ...outcome.trace.slice(-TAIL_LINES).map((line) => `  ${line}`),
    `again: npm run sim -- --seed ${seed}`,
  ];
}
