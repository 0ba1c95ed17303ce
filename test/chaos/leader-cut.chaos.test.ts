import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  controllerEntries,
  etcdEntries,
  lab,
  on,
  ps,
  settled,
  soon,
  startNap,
} from '../e2e/support/cluster.js';

/** The active daemon runs on a host of the cluster, and that host is cut off: another daemon decides, and the first changes nothing when it is back. */

const P = 'leading';
const LEADER = 'host-a';
const REPLICAS = 6;
const yaml = `services:\n  web: { image: busybox, restart: always, scale: ${REPLICAS} }\n`;

const daemons: RunningProcess[] = [];

async function activeDaemon(): Promise<string> {
  return [...(await etcdEntries('/nap/v1/daemon')).values()].join('\n');
}

async function isActive(where: string): Promise<void> {
  await soon(`the daemon on ${where} is active`, async () => {
    expect(await activeDaemon()).toContain(`on ${where} `);
  });
}

function keep(daemon: RunningProcess): RunningProcess {
  daemon.stdout.resume();
  daemon.stderr.resume();
  daemons.push(daemon);
  return daemon;
}

const places = async (): Promise<readonly string[]> =>
  (await ps(P)).map(({ name, host, state }) => `${name} ${host} ${state}`);

beforeAll(async () => {
  await cleanUp(P);
  const etcd = (await lab.etcdEndpoints()).join(',');
  const main = '/usr/lib/nap/packages/controller/dist/main.js';
  keep(await lab.spawn(LEADER, ['node', main, 'serve', '--etcd', etcd]));
  await isActive(LEADER);
  keep(await startNap(['serve']));
  await apply(P, yaml);
  await settled(P);
});
afterAll(async () => {
  await lab.heal(LEADER);
  for (const daemon of daemons) await daemon.stop('SIGTERM');
  await cleanUp(P);
});

it('is followed by another, which moves what the host ran; back again, it writes nothing', async () => {
  expect((await places()).join('\n')).toContain(LEADER);
  await lab.cut(LEADER);
  await soon(`nothing is placed on ${LEADER}, and all runs`, async () => {
    const rows = await ps(P);
    expect(rows.map(({ host }) => host)).not.toContain(LEADER);
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
  });
  const successor = await activeDaemon();
  expect(successor).not.toContain(LEADER);
  const written = await controllerEntries();
  const before = await places();
  await lab.heal(LEADER);
  await soon('its old containers are gone', async () => {
    const left = `docker ps -aq --filter label=nap.project=${P}`;
    expect(await on(LEADER, 'sh', '-c', left)).toBe('');
  });
  await sleep(5_000);
  expect(await controllerEntries()).toEqual(written);
  expect(await places()).toEqual(before);
  expect(await activeDaemon()).toBe(successor);
});
