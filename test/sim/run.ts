import { makeSchedule } from './make-schedule.js';
import { simulate } from './simulate.js';

const seed = Number(process.argv[2] ?? 1);
const n = Number(process.argv[3] ?? 1);
for (let s = seed; s < seed + n; s += 1) {
  const t = Date.now();
  const outcome = await simulate(makeSchedule(s));
  console.log(
    s,
    Date.now() - t,
    outcome.durationMs,
    outcome.trace.length,
    outcome.violation ?? 'ok',
  );
  if (n === 1) console.log(outcome.trace.join('\n'));
}
