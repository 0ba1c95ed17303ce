import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Lab } from '@nap/lab';
import { PROJECTS } from '../chaos/actions.js';
import { labDifferences } from '../chaos/etcd-state.js';
import { ChaosLog } from '../chaos/log.js';
import { makeWish } from '../chaos/make-chaos.js';
import { Operators } from '../chaos/operators.js';
import { withLab } from '../chaos/with-lab.js';
import { Dice } from '../sim/dice.js';
import { growthOf, type Growth, type Sample } from './growth.js';
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
const MIB = 1024 * 1024;

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
const pause = async (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

async function main(): Promise<number> {
  const asked = wanted();
  if (asked === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const { hosts, etcd } = asked;
  return withLab({ hosts, etcd }, async (lab) => soak(lab, asked));
}

async function soak(lab: Lab, { hours, seed }: Wanted): Promise<number> {
  const directory = resolve('test-results/soak', `seed-${seed}-${Date.now()}`);
  const log = new ChaosLog(join(directory, 'log.jsonl'));
  const operators = new Operators(lab, log, directory);
  const samples = new Map<string, Sample[]>();
  const untilMs = Date.now() + hours * HOUR_MS;
  await operators.startDaemon(0);
  await operators.startDaemon(1);
  try {
    const sampling = sample(lab, operators, samples, untilMs, log);
    const commands = await churn(lab, operators, seed, untilMs);
    await sampling;
    return verdict(samples, [...operators.bugs, ...(await unsettled(lab, operators))], commands);
  } finally {
    say(`see ${directory}`);
    await operators.stopDaemons();
  }
}

async function churn(
  lab: Lab,
  operators: Operators,
  seed: number,
  untilMs: number,
): Promise<number> {
  const dice = new Dice(seed);
  const hosts = await lab.hosts();
  let commands = 0;
  while (Date.now() < untilMs) {
    const wish = makeWish(dice, hosts);
    // An agent that starts anew has forgotten what it has leaked.
    if (wish.kind === 'restart-agent') continue;
    operators.wish(wish);
    await operators.idle();
    commands += 1;
    await pause(REST_MS);
  }
  return commands;
}

async function sample(
  lab: Lab,
  operators: Operators,
  samples: Map<string, Sample[]>,
  untilMs: number,
  log: ChaosLog,
): Promise<void> {
  const everyMs = Math.max(SAMPLE_EVERY_MIN_MS, (untilMs - Date.now()) / SAMPLES);
  while (Date.now() < untilMs) {
    const measured = await measure(lab, operators.daemonPids);
    log.add('measured', Object.fromEntries(measured));
    for (const [name, bytes] of measured) {
      const list = samples.get(name) ?? [];
      samples.set(name, [...list, { atMs: Date.now(), bytes }]);
    }
    await pause(everyMs);
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

function verdict(
  samples: ReadonlyMap<string, readonly Sample[]>,
  complaints: readonly string[],
  commands: number,
): number {
  const rows = [...samples].map(([name, list]) => ({ name, growth: growthOf(list) }));
  say(`${commands} commands`);
  say('what, MiB                     first    last highest  per hour');
  for (const { name, growth } of rows) say(rowText(name, growth));
  for (const complaint of complaints) say(complaint);
  const isBad = complaints.length > 0 || rows.some(({ growth }) => growth.isUnbounded);
  return isBad ? 1 : 0;
}

function rowText(
  name: string,
  { first, last, highest, bytesPerHour, isUnbounded }: Growth,
): string {
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1).padStart(8);
  const slope = bytesPerHour === undefined ? 'too few'.padStart(9) : ` ${mib(bytesPerHour)}`;
  const numbers = [first, last, highest].map(mib).join('');
  return `${name.padEnd(26)}${numbers}${slope}${isUnbounded ? '  GROWS' : ''}`;
}

process.exitCode = await main();
