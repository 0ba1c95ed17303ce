import { parseArgs } from 'node:util';
import type { Lab } from '@nap/lab';
import { runEpisode } from './episode.js';
import { withLab } from './with-lab.js';

/** `npm run chaos -- --minutes N`: one schedule after the other on the lab, each from a seed of its own, until the time is up. */

const USAGE = `usage: npm run chaos -- [--minutes N] [--seed S] [--episode M] [--hosts H] [--etcd 1|3]
  --minutes N   go on for so long (default 10); a schedule that was begun is finished
  --seed S      the first seed (default 1); the next schedule has the next one
  --episode M   minutes of one schedule (default 2): with the seed it says what happens
  --hosts H, --etcd E   the lab that is brought up, and taken down afterwards, unless one is up (default 3 and 3)`;

interface Wanted {
  readonly minutes: number;
  readonly seed: number;
  readonly episode: number;
  readonly hosts: number;
  readonly etcd: number;
}

function wanted(): Wanted | undefined {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: '1' },
        episode: { type: 'string', default: '2' },
        hosts: { type: 'string', default: '3' },
        etcd: { type: 'string', default: '3' },
      },
    });
    const asked = {
      minutes: Number(values.minutes),
      seed: Number(values.seed),
      episode: Number(values.episode),
      hosts: Number(values.hosts),
      etcd: Number(values.etcd),
    };
    return Object.values(asked).every((it) => Number.isFinite(it) && it > 0) ? asked : undefined;
  } catch {
    // Unknown or incomplete flags are answered by the usage.
    return undefined;
  }
}

/** Images, containers, and what they write: little. */
const ENGINE_DISK_MIB = 2_048;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<number> {
  const asked = wanted();
  if (asked === undefined || (asked.etcd !== 1 && asked.etcd !== 3)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const { hosts, etcd } = asked;
  return withLab({ hosts, etcd, disk: ENGINE_DISK_MIB }, async (lab) => runAll(lab, asked));
}

async function runAll(lab: Lab, { minutes, seed: first, episode }: Wanted): Promise<number> {
  const untilMs = Date.now() + minutes * 60_000;
  let failed = 0;
  let seed = first;
  for (; seed === first || Date.now() < untilMs; seed += 1) {
    const { violations, directory, calmMs, actions } = await runEpisode(lab, {
      ...{ seed, minutes: episode },
    });
    if (violations.length === 0) {
      say(
        `seed ${seed}: ${actions} actions, all rules held; calm after ${(calmMs / 1000).toFixed(0)} s`,
      );
      continue;
    }
    failed += 1;
    say(`seed ${seed}: ${actions} actions, and what is wrong:`);
    for (const sentence of violations) say(`  ${sentence}`);
    say(
      `  see ${directory}; again: npm run chaos -- --seed ${seed} --episode ${episode} --minutes 1`,
    );
  }
  say(`${seed - first} schedules, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
