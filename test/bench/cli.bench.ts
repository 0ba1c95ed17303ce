import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEtcd } from '@nap/shared/testing';
import { spread } from './statistics.js';

/**
 * How long a command keeps whoever typed it, against the start of Node itself and against `docker ps`, where a Docker answers
 * (DOCKER_HOST). An etcd of its own on this machine, and nothing in it; needs no lab. One of each a round, one after another.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const MAIN = resolve('packages/controller/dist/main.js');

interface Timed {
  readonly wallMs: number;
  /** Of all threads: what other work on the machine does not lengthen as much. */
  readonly cpuMs: number;
}

const home = mkdtempSync(join(tmpdir(), 'nap-bench-'));
const cluster = await startEtcd();
const env = {
  ...{ PATH: process.env['PATH'], HOME: home, NAP_ETCD: cluster.endpoints.join(',') },
  ...{ DOCKER_HOST: process.env['DOCKER_HOST'] },
};

/** Bash measures what it runs. */
function timed(command: string): Timed | undefined {
  const script = `TIMEFORMAT='%R %U %S'; time ${command} >/dev/null 2>&1 || exit 1`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [real = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return { wallMs: real * 1000, cpuMs: (user + system) * 1000 };
}

const node = `'${process.execPath}'`;
const commands: Readonly<Record<string, string>> = {
  'node -e 0': `${node} -e 0`,
  'nap-controller version': `${node} '${MAIN}' version`,
  'nap-controller --help': `${node} '${MAIN}' --help`,
  'nap-controller ps': `${node} '${MAIN}' ps`,
  'docker ps': 'docker ps',
};

/** Of every command that works here. */
function measured(): ReadonlyMap<string, readonly Timed[]> {
  const times = new Map<string, Timed[]>();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const taken = timed(command);
      // The first round warms the disk's cache, and Node's own of what it compiled.
      if (taken !== undefined && round > 0) times.set(name, [...(times.get(name) ?? []), taken]);
    }
  }
  return times;
}

try {
  const times = measured();
  const bare = times.get('node -e 0') ?? [];
  for (const [name, list] of times) {
    const added = list.map(({ wallMs }, at) => wallMs - (bare[at]?.wallMs ?? Number.NaN));
    const addedCpu = list.map(({ cpuMs }, at) => cpuMs - (bare[at]?.cpuMs ?? Number.NaN));
    process.stdout.write(
      `${name}: ${spread(list.map(({ wallMs }) => wallMs))} ms, of processors ${spread(list.map(({ cpuMs }) => cpuMs))} ms; ` +
        `over node ${spread(added)} ms, of processors ${spread(addedCpu)} ms\n`,
    );
  }
  if (!times.has('docker ps')) process.stdout.write('docker ps: no Docker answers here\n');
} finally {
  await cluster.close();
  rmSync(home, { recursive: true });
}
