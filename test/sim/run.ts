import { parseArgs } from 'node:util';
import { explain } from './explain.js';
import { makeSchedule } from './make-schedule.js';
import { simulate } from './simulate.js';

/** `npm run sim -- --seed S --seeds N [--trace]`: runs N histories from seed S on, and explains those that fail. */

const USAGE = `usage: npm run sim -- [--seed S] [--seeds N] [--trace]
  --seed S    the first seed (default 1)
  --seeds N   how many, one after the other (default 1)
  --trace     print everything that happens`;
/** A line on standard error so often. */
const PROGRESS_EVERY = 100;

interface Wanted {
  readonly first: number;
  readonly count: number;
  readonly trace: boolean;
}

function wanted(): Wanted | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        seeds: { type: 'string', default: '1' },
        trace: { type: 'boolean', default: false },
      },
    });
    const [first, count] = [Number(values.seed), Number(values.seeds)];
    const areNumbers = Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0;
    return areNumbers ? { first, count, trace: values.trace } : undefined;
  } catch {
    // Unknown or incomplete flags are answered by the usage.
    return undefined;
  }
}

async function main(): Promise<number> {
  const asked = wanted();
  if (asked === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const { first, count, trace } = asked;
  const failed: number[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = await simulate(makeSchedule(seed));
    if (trace) process.stdout.write(`${outcome.trace.join('\n')}\n`);
    if (outcome.violation !== undefined) {
      failed.push(seed);
      process.stdout.write(`${(await explain(seed)).join('\n')}\n\n`);
    }
    const done = seed - first + 1;
    if (done % PROGRESS_EVERY === 0 && process.stderr.isTTY) {
      process.stderr.write(`${done} of ${count}, ${failed.length} failed\n`);
    }
  }
  process.stdout.write(
    failed.length === 0
      ? `${count} histories, all rules held\n`
      : `${failed.length} of ${count} histories failed: seeds ${failed.join(' ')}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
