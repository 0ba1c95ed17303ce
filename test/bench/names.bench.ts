import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { apply, cleanUp, lab, on, ps, row, settled } from '../e2e/support/cluster.js';
import { percentile, spread } from './statistics.js';

/**
 * From the start of a container to its name in a hosts file on every other host. All hosts of the lab share one clock, so
 * the difference is exact. Needs a lab of three hosts: nap-lab up.
 */

const COUNT = 30;
const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
const PROJECT = 'bench';
const WATCHER = resolve('test/bench/on-host/watch-names.mjs');
const file = (scale: number): string =>
  `services:\n  watcher: { image: busybox, scale: 3 }\n  box: { image: busybox, scale: ${scale} }\n`;

/** At once: the processors are busy with starts. One by one: what a name takes when nothing else is to do. */
type Manner = 'at once' | 'one by one';

/** Latencies in ms of scaling up, one for each pair of a new container and another host. */
async function round(manner: Manner): Promise<readonly number[]> {
  await apply(PROJECT, file(0));
  await settled(PROJECT);
  const watchers = await Promise.all(
    [1, 2, 3].map(async (index) => {
      const name = `${PROJECT}-watcher-${index}`;
      const { host } = await row(PROJECT, name);
      const path = await on(host, 'docker', 'inspect', '-f', '{{.HostsPath}}', name);
      const process = await lab.spawn(host, ['node', WATCHER, path]);
      const output = text(process.stdout);
      const stop = async (): Promise<Record<string, number>> => {
        await process.stop();
        return JSON.parse(await output) as Record<string, number>;
      };
      return { host, stop };
    }),
  );
  for (let scale = manner === 'at once' ? COUNT : 1; scale <= COUNT; scale += 1) {
    await apply(PROJECT, file(scale));
  }
  await settled(PROJECT);
  const boxes = (await ps(PROJECT)).filter(({ service }) => service === 'box');
  const started = new Map(
    await Promise.all(
      boxes.map(async ({ host, name }) => {
        const time = await on(host, 'docker', 'inspect', '-f', '{{.State.StartedAt}}', name);
        return [name, { host, atMs: Date.parse(time) }] as const;
      }),
    ),
  );
  const latencies: number[] = [];
  for (const watcher of watchers) {
    const seen = await watcher.stop();
    for (const [name, { host, atMs }] of started) {
      if (host === watcher.host) continue;
      const seenAtMs = seen[name];
      if (seenAtMs === undefined) throw new Error(`${name} was never seen on ${watcher.host}`);
      latencies.push(seenAtMs - atMs);
    }
  }
  return latencies;
}

async function measure(manner: Manner, rounds: number): Promise<void> {
  const all: number[] = [];
  for (let at = 0; at < rounds; at += 1) {
    const latencies = await round(manner);
    all.push(...latencies);
    process.stderr.write(`${manner}, round ${at + 1}: ${spread(latencies)} ms\n`);
  }
  const parts = [50, 90, 99, 100].map((p) => `p${p} ${percentile(all, p)} ms`);
  process.stdout.write(
    `start → name in a hosts file on another host, ${COUNT} starts ${manner}, ${all.length} pairs: ${parts.join(', ')}\n`,
  );
}

await cleanUp(PROJECT);
await measure('one by one', 1);
await measure('at once', ROUNDS);
await cleanUp(PROJECT);
