import { jest } from '@jest/globals';
import { STORE_LIMITS, type Snapshot } from '@nap/shared/store';
import { CliBed } from '../testing/cli-bed.js';
import { VIEW_PREFIXES } from '../plan/cluster-view.js';
import { ReadMemory } from './read-view.js';

/** How much of etcd a command reads. */

jest.setTimeout(120_000);

let bed: CliBed;
beforeAll(async () => {
  bed = await CliBed.open('host-a', 'host-b');
  await bed.file('p.yml', 'name: big\nservices: {web: {image: busybox, scale: 500}}\n');
  await bed.run('apply', `${bed.directory}/p.yml`, '-d');
});
afterAll(() => bed.close());

async function sentBytes(): Promise<number> {
  const text = await (await fetch(`${bed.cluster.first.endpoint}/metrics`)).text();
  return Number(/^etcd_network_client_grpc_sent_bytes_total (\S+)$/m.exec(text)?.[1]);
}

async function bytesOf(...argv: readonly string[]): Promise<number> {
  const before = await sentBytes();
  expect(await bed.run(...argv)).toMatchObject({ exit: 0 });
  return (await sentBytes()) - before;
}

it('one that plans, writes and waits reads the cluster once, as one that only plans', async () => {
  const once = await bytesOf('plan', `${bed.directory}/p.yml`);
  expect(once).toBeGreaterThan(300_000);
  expect(await bytesOf('scale', 'web=501', '-d')).toBeLessThan(1.3 * once);
});

it('of other projects one reads where their instances are, and not what they are and were', async () => {
  await bed.file('small.yml', 'name: small\nservices: {web: {image: busybox}}\n');
  const commands = [
    ['plan', `${bed.directory}/small.yml`],
    ['apply', `${bed.directory}/small.yml`, '-d'],
    ['scale', 'web=0', '-p', 'small', '-d'],
    ['down', '-p', 'small', '-d'],
  ];
  const before: number[] = [];
  for (const argv of commands) before.push(await bytesOf(...argv));
  const text = 'x'.repeat(50_000);
  for (let revision = 0; revision < 6; revision += 1) {
    const variables = `{text: "${text}", revision: "${revision}"}`;
    const web = `{image: busybox, scale: 0, environment: ${variables}}`;
    await bed.file('large.yml', `name: large\nservices: {web: ${web}}\n`);
    await bed.run('apply', `${bed.directory}/large.yml`, '-d');
  }
  for (const [at, argv] of commands.entries()) {
    expect((await bytesOf(...argv)) - (before[at] ?? 0)).toBeLessThan(text.length);
  }
});

it('what a process that lives on has read is not kept for longer than it is of use', () => {
  const memory = new ReadMemory();
  const origin = { etcd: '1/2', askedAtMs: 1_000 };
  const snapshot: Snapshot = { revision: 1n, entries: new Map(), origin };
  memory.remember({ prefixes: VIEW_PREFIXES, snapshot });
  memory.forgetOld(1_000 + STORE_LIMITS.changesWithinMs);
  expect(memory.before?.snapshot).toBe(snapshot);
  memory.forgetOld(1_001 + STORE_LIMITS.changesWithinMs);
  expect(memory.before).toBeUndefined();
});
