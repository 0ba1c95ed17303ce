import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Lab } from '@nap/lab';
import { processSignals } from '@nap/shared/runtime';
import { PROJECTS } from '../chaos/actions.js';
import { labDifferences } from '../chaos/etcd-state.js';
import { ChaosLog } from '../chaos/log.js';
import { makeWish } from '../chaos/make-chaos.js';
import { Operators } from '../chaos/operators.js';
import { withLab } from '../chaos/with-lab.js';
import { Dice } from '../sim/dice.js';
import { Course } from './course.js';
import { measure } from './measure.js';

/** `npm run soak -- --hours N`: operators who never rest, no faults; memory and databases have to stay within bounds. */

const USAGE = `usage: npm run soak -- [--hours N] [--seed S] [--hosts H] [--etcd 1|3]
  --hours N    for so long (default 1; 0.25 is a quarter of an hour)
  --seed S     what the operators do (default 1)
  --hosts H, --etcd E   the lab that is brought up, and taken down afterwards, unless one is up (default 3 and 3)`;
const HOUR_MS = 3_600_000;
/** Between two commands. */
const REST_MS = 2_000;
const SAMPLES = 240;
const SAMPLE_EVERY_MIN_MS = 5_000;
const CALM_MS = 180_000;
/** Of what was measured so far. */
const TELL_EVERY_MS = 600_000;

interface Wanted {
  readonly hours: number;
  readonly seed: number;
  readonly hosts: number;
  readonly etcd: 1 | 3;
}

const text = (value: string): { readonly type: 'string'; readonly default: string } => ({
  type: 'string',
  default: value,
});

function wanted(): Wanted | undefined {
  try {
    const options = { hours: text('1'), seed: text('1'), hosts: text('3'), etcd: text('3') };
    const { values } = parseArgs({ options });
    const [hours, seed, hosts] = [Number(values.hours), Number(values.seed), Number(values.hosts)];
    const etcd = Number(values.etcd);
    const areNumbers = hours > 0 && Number.isSafeInteger(seed) && hosts > 0;
    return areNumbers && (etcd === 1 || etcd === 3) ? { hours, seed, hosts, etcd } : undefined;
  } catch {
    // Unknown or incomplete flags are answered by the usage.
    return undefined;
  }
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const sayAll = (lines: readonly string[]): void => {
  for (const line of lines) say(line);
};
const pause = async (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

async function main(): Promise<number> {
  const asked = wanted();
  if (asked === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const { hosts, etcd } = asked;
  const course = new Course();
  // Before the lab's own answer to a signal: hours of measuring are not lost with what ends them.
  const unsubscribe = processSignals(() => {
    sayAll(course.table());
  });
  try {
    return await withLab({ hosts, etcd }, async (lab) => soak(lab, asked, course));
  } finally {
    unsubscribe();
  }
}

async function soak(lab: Lab, { hours, seed }: Wanted, course: Course): Promise<number> {
  const directory = resolve('test-results/soak', `seed-${seed}-${Date.now()}`);
  const log = new ChaosLog(join(directory, 'log.jsonl'));
  const operators = new Operators(lab, log, directory);
  const untilMs = Date.now() + hours * HOUR_MS;
  try {
    await operators.startDaemon(0);
    await operators.startDaemon(1);
    const isOver = (signal: AbortSignal): boolean => signal.aborted || Date.now() >= untilMs;
    const everyMs = Math.max(SAMPLE_EVERY_MIN_MS, (untilMs - Date.now()) / SAMPLES);
    await untilOneFails([
      async (signal) => sample({ lab, operators, course, log }, everyMs, () => isOver(signal)),
      async (signal) => churn({ lab, operators, course }, seed, () => isOver(signal)),
    ]);
    const complaints = [...operators.bugs, ...(await unsettled(lab, operators))];
    sayAll([...course.table(), ...complaints]);
    return complaints.length > 0 || course.isUnbounded ? 1 : 0;
  } catch (err) {
    sayAll(course.table());
    throw err;
  } finally {
    say(`see ${directory}`);
    await operators.stopDaemons();
  }
}

/** One that fails tells the others to stop; throws what it threw, once all have. */
async function untilOneFails(
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const watched = works.map(async (work) => {
    try {
      await work(stop.signal);
    } catch (err) {
      stop.abort();
      throw err;
    }
  });
  const ended = await Promise.allSettled(watched);
  for (const it of ended) if (it.status === 'rejected') throw it.reason;
}

interface Parts {
  readonly lab: Lab;
  readonly operators: Operators;
  readonly course: Course;
}

async function churn(
  { lab, operators, course }: Parts,
  seed: number,
  isOver: () => boolean,
): Promise<void> {
  const dice = new Dice(seed);
  const hosts = await lab.hosts();
  while (!isOver()) {
    const wish = makeWish(dice, hosts);
    // An agent that starts anew has forgotten what it has leaked.
    if (wish.kind === 'restart-agent') continue;
    operators.wish(wish);
    await operators.idle();
    course.commands += 1;
    await pause(REST_MS);
  }
}

async function sample(
  { lab, operators, course, log }: Parts & { readonly log: ChaosLog },
  everyMs: number,
  isOver: () => boolean,
): Promise<void> {
  let toldAtMs = Date.now();
  while (!isOver()) {
    const measured = await measure(lab, operators.daemonPids);
    log.add('measured', Object.fromEntries(measured));
    const nowMs = Date.now();
    course.add(measured, nowMs);
    if (nowMs - toldAtMs >= TELL_EVERY_MS) {
      say(course.soFar(nowMs));
      toldAtMs = nowMs;
    }
    for (let leftMs = everyMs; leftMs > 0 && !isOver(); leftMs -= REST_MS) {
      await pause(Math.min(REST_MS, leftMs));
    }
  }
}

/** After all this the cluster is well. */
async function unsettled(lab: Lab, operators: Operators): Promise<readonly string[]> {
  for (const host of await lab.hosts()) await operators.nap(['host', 'activate', host]);
  const untilMs = Date.now() + CALM_MS;
  let left: readonly string[] = ['nothing was looked at'];
  while (Date.now() < untilMs && left.length > 0) {
    left = await labDifferences(lab).catch((err: unknown) => [String(err)]);
    await pause(REST_MS);
  }
  for (const project of PROJECTS) await operators.nap(['down', '-p', project, '--volumes']);
  return left;
}

process.exitCode = await main();
