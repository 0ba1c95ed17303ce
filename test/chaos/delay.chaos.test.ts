import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  inside,
  lab,
  mustNap,
  on,
  ps,
  settled,
  soon,
  startDaemon,
  startTimes,
} from '../e2e/support/cluster.js';

/** One host is far away from etcd, with the daemon running. */

const P = 'delayed';
const FAR = 'host-b';
const yaml = (version: string): string => `services:
  web: { image: busybox, restart: always, scale: 4, environment: { VERSION: "${version}" } }
  db: { image: busybox, restart: always }
`;

/** More than a first attempt allows: a new connection and the first call on it are two answers; and more than anything may take. */
const SLOW_MS = 1_000;
const HOPELESS_MS = 12_000;
/** A lease, its grace, and what a move takes. */
const LONG_MS = 15_000;

let daemon: RunningProcess;

beforeAll(async () => {
  await cleanUp(P);
  daemon = await startDaemon();
});
afterAll(async () => {
  await lab.heal(FAR);
  await daemon.stop('SIGTERM');
  await cleanUp(P);
});
beforeEach(async () => {
  await apply(P, yaml('0'));
  await settled(P);
});

/** What one question to etcd takes on the far host, the start of the command with it. */
async function answerMs(): Promise<number> {
  const [endpoint = ''] = await lab.etcdEndpoints();
  const sinceMs = performance.now();
  await on(FAR, 'curl', '-sf', '-m', '30', `${endpoint}/version`);
  return performance.now() - sinceMs;
}

async function hostStates(): Promise<readonly string[]> {
  const text = await mustNap(['host', 'ls', '--format', 'json']);
  return (JSON.parse(text) as { state: string }[]).map(({ state }) => state);
}

const onFar = async (): Promise<number> => (await ps(P)).filter(({ host }) => host === FAR).length;

async function runsEverywhere(version: string): Promise<void> {
  await settled(P);
  for (const { name, service } of await ps(P)) {
    if (service === 'web') expect(await inside(P, name, 'echo $VERSION')).toBe(version);
  }
}

it('a host whose etcd is a second away is not lost, and takes a change', async () => {
  const before = await startTimes();
  expect(await onFar()).toBeGreaterThan(0);
  await lab.delay(FAR, SLOW_MS);
  expect(await answerMs()).toBeGreaterThanOrEqual(SLOW_MS);
  await sleep(LONG_MS);
  expect(await startTimes()).toEqual(before);
  expect(new Set(await hostStates())).toEqual(new Set(['active']));
  await apply(P, yaml('slow'));
  await runsEverywhere('slow');
  expect(await onFar()).toBeGreaterThan(0);
  await lab.heal(FAR);
  await soon('an answer is quick again', async () => {
    expect(await answerMs()).toBeLessThan(SLOW_MS);
  });
  await apply(P, yaml('quick'));
  await runsEverywhere('quick');
});

it('one that no answer reaches in time is as one that is cut off: it leaves alone what it runs, and gives way when it is healed', async () => {
  const before = await startTimes([FAR]);
  expect(await onFar()).toBeGreaterThan(0);
  await lab.delay(FAR, HOPELESS_MS);
  await soon(`nothing is placed on ${FAR}, and all runs`, async () => {
    const rows = await ps(P);
    expect(rows.map(({ host }) => host)).not.toContain(FAR);
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
  });
  await sleep(HOPELESS_MS);
  expect(await startTimes([FAR])).toEqual(before);
  await lab.heal(FAR);
  await soon('it is there again, and its old containers are gone', async () => {
    expect(new Set(await hostStates())).toEqual(new Set(['active']));
    const left = `docker ps -aq --filter label=nap.project=${P}`;
    expect(await on(FAR, 'sh', '-c', left)).toBe('');
  });
  await apply(P, yaml('after'));
  await runsEverywhere('after');
});
