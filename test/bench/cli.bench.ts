import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FakeCluster, planProject, project, service } from '@nap/controller/testing';
import { openStore } from '@nap/shared/store';
import { startEtcd } from '@nap/shared/testing';
import { spread } from './statistics.js';

/**
 * How long a command keeps whoever typed it, against the start of Node itself and against `docker ps`, where a Docker answers
 * (DOCKER_HOST). An etcd of its own on this machine, with a small cluster in it; needs no lab. One of each a round, one after another.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const DIST = resolve('packages/controller/dist');
const MAIN = join(DIST, 'main.js');

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

/** Three hosts with thirty instances that run. */
async function fillCluster(): Promise<void> {
  const small = new FakeCluster('host-a', 'host-b', 'host-c');
  const services = Array.from({ length: 10 }, (_, at) => service(`web${at}`, { replicas: 3 }));
  const context = { appliedBy: 'bench', files: [], nowMs: 0 };
  small.commit(planProject(small.view, project(...services), context));
  for (const placement of small.view.placements) {
    small.report(placement, { state: 'running', health: 'none', startedAtMs: 0 });
  }
  const store = openStore({ endpoints: cluster.endpoints, root: '/nap/v1' });
  await store.commit([...small.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  await store.close();
}

/** Bash measures what it runs. */
function timed(command: string): Timed | undefined {
  const script = `TIMEFORMAT='%R %U %S'; time ${command} >/dev/null 2>&1 || exit 1`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [real = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return { wallMs: real * 1000, cpuMs: (user + system) * 1000 };
}

/** What is run where there is no bundle of the last build. */
const files = join(home, 'files.mjs');
writeFileSync(
  files,
  `import { runCommandProcess } from '${DIST}/command-process.js'; await runCommandProcess((stack) => stack);`,
);

const node = `'${process.execPath}'`;
const commands: Readonly<Record<string, string>> = {
  'node -e 0': `${node} -e 0`,
  'nap-controller version': `${node} '${MAIN}' version`,
  'nap-controller --help': `${node} '${MAIN}' --help`,
  'nap-controller ps': `${node} '${MAIN}' ps`,
  'nap-controller host ls': `${node} '${MAIN}' host ls`,
  'nap-controller ps, file by file': `${node} '${files}' ps`,
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
  await fillCluster();
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
