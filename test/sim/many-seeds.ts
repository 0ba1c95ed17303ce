import { explain } from './explain.js';
import { makeSchedule } from './make-schedule.js';
import { simulate } from './simulate.js';

/** Seeds of one block, each a test of its own kind of luck. */
export const BLOCK = 250;

/** Runs the seeds of a block; returns why those that failed did. Blocks are files, so that they run side by side. */
export async function runBlock(block: number): Promise<readonly string[]> {
  const first = block * BLOCK + 1;
  for (let seed = first; seed < first + BLOCK; seed += 1) {
    const { violation } = await simulate(makeSchedule(seed));
    // The first is explained; whoever wants to see more runs `npm run sim`.
    if (violation !== undefined) return explain(seed);
  }
  return [];
}
