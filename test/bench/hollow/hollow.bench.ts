import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCluster, type ClusterResult } from './measure-cluster.js';
import { markdown } from './report.js';

/**
 * Hollow clusters on this machine: real agents on hosts that are not there, against one real etcd, from nothing to the loss of
 * a tenth of the hosts. Needs etcd, and no lab.
 *
 *   npm run bench:hollow -- --hosts 10,100,1000 --out hollow.json
 */

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '5' },
    'idle-s': { type: 'string', default: '30' },
    'patience-s': { type: 'string', default: '300' },
    /** By how much longer agents wait between probes, renewals and looks: for more of them than the machine can carry. */
    patience: { type: 'string', default: '1' },
    batch: { type: 'string', default: '10' },
    /** Where to write all that was measured, as JSON. */
    out: { type: 'string' },
    /** Directory for profiles of workers and daemon. */
    profile: { type: 'string' },
  },
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const { profile } = values;
const patience = Number(values.patience);
const results: ClusterResult[] = [];
for (const hosts of values.hosts.split(',').map(Number)) {
  say(`${hosts} hosts`);
  const loadBefore = loadavg()[0] ?? 0;
  const result = await measureCluster({
    ...{ hosts, say, resyncMs: 30_000 * patience, patience },
    batch: Number(values.batch),
    rounds: Number(values.rounds),
    idleMs: Number(values['idle-s']) * 1000,
    patienceMs: Number(values['patience-s']) * 1000,
    execArgv: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  });
  say(`  load of the machine before: ${loadBefore.toFixed(1)}`);
  results.push(result);
  if (values.out !== undefined) {
    const machine = { cpus: cpus().length, memoryBytes: totalmem(), node: process.version };
    writeFileSync(values.out, JSON.stringify({ machine, results }, null, 2));
  }
}
process.stdout.write(`${markdown(results)}\n`);
process.exit(0);
