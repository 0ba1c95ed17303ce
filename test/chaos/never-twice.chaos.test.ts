import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { RunningProcess } from '@nap/lab';
import { apply, cleanUp, lab, on, ps, settled, soon, startDaemon } from '../e2e/support/cluster.js';

/**
 * What must not run twice (`on_partition: stop_after`) when its host is cut off: by the clocks of the engines, which are
 * one clock in the lab, the old container has ended before the new one starts. CUTS=50 for the long proof.
 */

const P = 'once';
const CUTS = Number(process.env['CUTS'] ?? 2);
jest.setTimeout(120_000 + CUTS * 60_000);
const yaml = `
services:
  once:
    image: busybox
    restart: always
    stop_grace_period: 1s
    scale: 6
    x-nap: { on_partition: { stop_after: 3s } }
`;

let daemon: RunningProcess;

beforeAll(async () => {
  await cleanUp(P);
  daemon = await startDaemon();
  await apply(P, yaml);
});
afterAll(async () => {
  for (const host of await lab.hosts()) await lab.heal(host);
  await daemon.stop('SIGTERM');
  await cleanUp(P);
});

const at = async (host: string, name: string, field: string): Promise<number> =>
  Date.parse(await on(host, 'docker', 'inspect', '-f', `{{.State.${field}}}`, name));

/** How long, in ms, after the end of each old container its replacement started. */
async function cutOff(host: string): Promise<readonly number[]> {
  const rows = await ps(P);
  const lost = rows.filter((row) => row.host === host).map(({ name }) => name);
  await lab.cut(host);
  await soon(`all of ${host} runs elsewhere`, async () => {
    const now = await ps(P);
    expect(now.map((row) => row.host)).not.toContain(host);
    expect(now.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
  });
  const moved = (await ps(P)).filter(({ name }) => lost.includes(name));
  const gaps = await Promise.all(
    moved.map(
      async (row) =>
        (await at(row.host, row.name, 'StartedAt')) - (await at(host, row.name, 'FinishedAt')),
    ),
  );
  await lab.heal(host);
  await settled(P);
  return gaps;
}

it(`never runs twice, in ${CUTS} cuts`, async () => {
  const hosts = await lab.hosts();
  const all: number[] = [];
  for (let cut = 0; cut < CUTS; cut += 1) {
    // Nothing moves back by itself: whoever was cut off is empty until another one is.
    const busiest = (await ps(P)).map(({ host }) => host);
    const count = (host: string): number => busiest.filter((name) => name === host).length;
    const [host = ''] = hosts.toSorted((a, b) => count(b) - count(a));
    await sleep(Math.random() * 1_000); // anywhere between two heartbeats
    const gaps = await cutOff(host);
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    all.push(...gaps);
    if (CUTS > 2) process.stderr.write(`cut ${cut + 1}: ${gaps.join(', ')} ms apart\n`);
  }
  const sorted = all.toSorted((a, b) => a - b);
  process.stderr.write(
    `${CUTS} cuts, ${all.length} instances moved; from the end of the old to the start of the new: at least ${sorted[0]} ms, median ${sorted[Math.floor(sorted.length / 2)]} ms\n`,
  );
});
