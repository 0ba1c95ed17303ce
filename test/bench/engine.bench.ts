import { resolve } from 'node:path';
import { cleanUp, lab, mustNap, on } from '../e2e/support/cluster.js';
import { median, spread } from './statistics.js';

/**
 * 30 containers on one host: the bare Engine API against nap, at the same concurrency, alternating in one run. The ratio
 * is what counts: the machine is shared. Needs a lab of one host: nap-lab up --hosts 1.
 */

const COUNT = 30;
const CONCURRENCY = 4;
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const PROJECT = 'bench';
const FILE = `services:\n  box: { image: busybox, scale: ${COUNT} }\n`;
const ENGINE = resolve('test/bench/on-host/engine.mjs');

async function engineMs(host: string): Promise<number> {
  return Number(await on(host, 'node', ENGINE, String(COUNT), String(CONCURRENCY)));
}

interface NapTimes {
  /** The whole command, as an operator waits for it. */
  readonly commandMs: number;
  /** From the first container's creation to the last one's start, as dockerd says. */
  readonly agentMs: number;
}

async function napTimes(host: string): Promise<NapTimes> {
  const started = performance.now();
  await mustNap(['apply', '-f', '-', '-p', PROJECT, '--progress', 'quiet'], FILE);
  const commandMs = performance.now() - started;
  const times = await on(
    host,
    'sh',
    '-c',
    `docker ps -q --filter label=nap.project=${PROJECT} | xargs docker inspect -f '{{.Created}} {{.State.StartedAt}}'`,
  );
  const pairs = times.split('\n').map((line) => line.split(' ').map((time) => Date.parse(time)));
  const agentMs =
    Math.max(...pairs.map(([, start = 0]) => start)) -
    Math.min(...pairs.map(([created = 0]) => created));
  await cleanUp(PROJECT);
  return { commandMs, agentMs };
}

async function main(): Promise<void> {
  const [host = ''] = await lab.hosts();
  await on(host, 'docker', 'pull', '-q', 'busybox');
  await cleanUp(PROJECT);
  const engine: number[] = [];
  const nap: NapTimes[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    engine.push(await engineMs(host));
    nap.push(await napTimes(host));
    const last = nap.at(-1);
    process.stderr.write(
      `round ${round + 1}: engine ${engine.at(-1)?.toFixed(0)} ms, nap ${last?.commandMs.toFixed(0)} ms (agent ${last?.agentMs.toFixed(0)} ms)\n`,
    );
  }
  const ratios = (pick: (times: NapTimes) => number): number[] =>
    nap.map((times, at) => pick(times) / (engine[at] ?? Number.NaN));
  const command = nap.map(({ commandMs }) => commandMs);
  const agent = nap.map(({ agentMs }) => agentMs);
  process.stdout.write(
    [
      `${COUNT} containers, ${CONCURRENCY} at once, ${ROUNDS} rounds; min / median / max`,
      `bare Engine API                 ${spread(engine)} ms`,
      `nap, first create to last start ${spread(agent)} ms   ratio ${spread(
        ratios(({ agentMs }) => agentMs),
        2,
      )}`,
      `nap, the whole command          ${spread(command)} ms   ratio ${spread(
        ratios(({ commandMs }) => commandMs),
        2,
      )}`,
      `ratio of medians                ${(median(agent) / median(engine)).toFixed(2)} and ${(median(command) / median(engine)).toFixed(2)}`,
      '',
    ].join('\n'),
  );
}

await main();
