import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  lab,
  mustNap,
  nap,
  on,
  ps,
  settled,
  soon,
  startDaemon,
} from '../e2e/support/cluster.js';

/**
 * The daemon is killed in the middle of a drain, where each instance starts elsewhere before it stops: whoever is left ends
 * it. At no moment an instance runs nowhere; in the end each runs once, and the host is empty.
 */

const P = 'drained';
const REPLICAS = 9;

const yaml = `services:
  web:
    image: web
    init: true
    stop_grace_period: 2s
    healthcheck: { test: wget -qO- http://127.0.0.1/health, interval: 500ms, retries: 4 }
    x-nap: { drain: 3s }
    deploy:
      replicas: ${REPLICAS}
      update_config: { order: start-first, parallelism: 1 }
`;
const all = Array.from({ length: REPLICAS }, (_, at) => `${P}.web.${at + 1}`).sort();

/** The one that has run for longest is active. */
const daemons: RunningProcess[] = [];

async function oneMore(): Promise<void> {
  daemons.push(await startDaemon());
}

/** Instances with a container that runs on the host, as its engine says; one line for each container. */
async function runningOn(host: string): Promise<readonly string[]> {
  const format = '{{.Label "nap.instance"}}';
  const text = await on(
    host,
    ...['docker', 'ps', '--filter', `label=nap.project=${P}`, '--format', format],
  );
  return text.split('\n').filter(Boolean);
}

/** The drained host is asked first: what has stopped there runs elsewhere already. */
async function running(drained: string): Promise<readonly string[]> {
  const there = await runningOn(drained);
  const others = (await lab.hosts()).filter((host) => host !== drained);
  const elsewhere = await Promise.all(others.map(runningOn));
  return [...there, ...elsewhere.flat()].sort();
}

/** Looks at the engines until the work is over; what ran nowhere at some moment. */
async function missedDuring(drained: string, work: Promise<unknown>): Promise<readonly string[]> {
  const missed = new Set<string>();
  const over = new AbortController();
  const ended = work.finally(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    const now = new Set(await running(drained));
    for (const instance of all) if (!now.has(instance)) missed.add(instance);
    await sleep(200);
  }
  await ended;
  return [...missed];
}

async function hostWithSome(): Promise<string> {
  const [first] = await ps(P);
  if (first === undefined) throw new Error('nothing runs');
  return first.host;
}

/** The first instance runs elsewhere too, and those of the host are there for their drain time yet. */
async function killInTheMiddle(drained: string): Promise<void> {
  await soon('one runs elsewhere', async () => {
    expect((await running(drained)).length).toBeGreaterThan(REPLICAS);
  });
  await daemons.shift()?.stop('SIGKILL');
  expect((await runningOn(drained)).length).toBeGreaterThan(0);
}

/** Each instance once, none on the drained host, and it stays so. */
async function isDrained(host: string): Promise<void> {
  await soon(`${host} is empty, and each instance runs once`, async () => {
    const left = `docker ps -aq --filter label=nap.project=${P}`;
    expect(await on(host, 'sh', '-c', left)).toBe('');
    expect(await running(host)).toEqual(all);
  });
  await settled(P);
  await sleep(3_000);
  expect(await running(host)).toEqual(all);
}

beforeAll(async () => {
  await cleanUp(P);
  await oneMore();
  await sleep(1_000);
});
beforeEach(async () => {
  await apply(P, yaml);
  await settled(P);
});
afterEach(async () => {
  for (const host of await lab.hosts()) await mustNap(['host', 'activate', host]);
});
afterAll(async () => {
  for (const daemon of daemons) await daemon.stop('SIGTERM');
  await cleanUp(P);
});

it('another daemon ends a drain whose daemon is killed in the middle of it', async () => {
  await oneMore();
  const host = await hostWithSome();
  const work = async (): Promise<void> => {
    await mustNap(['host', 'drain', host, '--detach']);
    await killInTheMiddle(host);
    await isDrained(host);
  };
  expect(await missedDuring(host, work())).toEqual([]);
});

it('where there is no other daemon, the command that waits ends it', async () => {
  const host = await hostWithSome();
  const work = async (): Promise<void> => {
    const command = nap(['host', 'drain', host]);
    await killInTheMiddle(host);
    const { code, stderr } = await command;
    expect(stderr).toContain(`${host} is empty`);
    expect(code).toBe(0);
    await isDrained(host);
  };
  expect(await missedDuring(host, work())).toEqual([]);
});
