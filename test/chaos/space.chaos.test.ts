import {
  apply,
  cleanUp,
  controllerEntries,
  lab,
  mustNap,
  nap,
  on,
  ps,
  settled,
  soon,
  startTimes,
} from '../e2e/support/cluster.js';
import { fillEtcd, freeEtcd } from './etcd-space.js';

/** No room: on the disk of a host, and in etcd. */

const P = 'space';
const yaml = (version: string): string => `
services:
  web:
    image: busybox
    restart: always
    stop_grace_period: 1s
    environment: { VERSION: "${version}" }
    configs: [{ source: settings, target: /settings }]
    deploy: { mode: global }
configs: { settings: { content: "version ${version}" } }
`;

beforeEach(async () => {
  await cleanUp(P);
  await apply(P, yaml('1'));
  await settled(P);
});
afterAll(async () => {
  await cleanUp(P);
});

const settingsOn = async (host: string): Promise<string> => {
  const row = (await ps(P)).find((it) => it.host === host);
  return on(host, 'docker', 'exec', row?.name ?? '', 'cat', '/settings');
};

it('a host whose disk is full keeps what it runs, says so, and goes on when there is room again', async () => {
  const [host = '', ...others] = await lab.hosts();
  const before = await startTimes([host]);
  await lab.fillDisk(host);
  try {
    const { code, stderr } = await nap(['apply', '-f', '-', '-p', P, '--timeout', '25'], yaml('2'));
    expect(code).toBe(7);
    expect(stderr).toContain(host);
    const row = (await ps(P)).find((it) => it.host === host);
    expect(row?.message).toMatch(/cannot write \/.*(ENOSPC|no space)/i);
    expect(await startTimes([host])).toEqual(before);
    // What an agent knows is in its memory and on the disk: it starts without being able to write.
    await lab.agent(host, 'kill');
    await soon('the agent is back', async () => {
      const { stdout } = await nap(['host', 'ls', '--format', 'json']);
      expect(stdout).not.toContain('"away"');
      expect(await on(host, 'systemctl', 'is-active', 'nap-agent')).toBe('active');
    });
    expect(await startTimes([host])).toEqual(before);
  } finally {
    await lab.freeDisk(host);
  }
  await settled(P);
  await apply(P, yaml('2'));
  await settled(P);
  for (const each of [host, ...others]) expect(await settingsOn(each)).toBe('version 2');
});

it('an engine whose disk is full keeps what it runs and its names, and goes on when there is room again', async () => {
  // Elsewhere the engines' disk is the machine's own, which is not to be filled.
  if ((await lab.settings()).disk === 0) return;
  const [host = '', ...others] = await lab.hosts();
  const before = await startTimes([host]);
  await lab.fillEngineDisk(host);
  try {
    const { code } = await nap(['apply', '-f', '-', '-p', P, '--timeout', '25'], yaml('2'));
    expect(code).toBe(7);
    const { message } = (await ps(P)).find((it) => it.host === host) ?? { message: '' };
    expect(message).toMatch(/no space left/i);
    expect(await startTimes([host])).toEqual(before);
    const row = (await ps(P)).find((it) => it.host === host);
    const names = await on(host, 'docker', 'exec', row?.name ?? '', 'cat', '/etc/hosts');
    expect(names).toContain('web');
  } finally {
    await lab.freeEngineDisk(host);
  }
  await settled(P);
  await apply(P, yaml('2'));
  await settled(P);
  for (const each of [host, ...others]) expect(await settingsOn(each)).toBe('version 2');
});

it('an apply while etcd has no space changes nothing, and says what to do; after that it goes through', async () => {
  const before = await startTimes();
  const written = await controllerEntries();
  await fillEtcd(lab);
  try {
    const { code, stderr } = await nap(['apply', '-f', '-', '-p', P, '--timeout', '20'], yaml('3'));
    expect(code).toBe(5);
    expect(stderr).toMatch(/space/);
    expect(stderr).toMatch(/compact/);
    expect(stderr).toMatch(/defrag/);
    expect(stderr).toMatch(/alarm disarm/);
    const now = new Map(await controllerEntries());
    expect(now).toEqual(written);
    const doctor = await nap(['doctor']);
    expect(doctor.code).toBe(10);
    expect(doctor.stdout).toMatch(/takes no writes/);
    // What runs is none of etcd's business.
    const [host = ''] = await lab.hosts();
    const row = (await ps(P)).find((it) => it.host === host);
    await on(host, 'docker', 'kill', row?.name ?? '');
    await soon('it runs again', async () => {
      expect(await on(host, 'docker', 'ps', '--format', '{{.Names}}')).toContain(row?.name ?? '');
    });
  } finally {
    await freeEtcd(lab);
  }
  await settled(P);
  const after = await startTimes();
  expect(Object.keys(after)).toEqual(Object.keys(before));
  await mustNap(['apply', '-f', '-', '-p', P], yaml('3'));
  await settled(P);
  for (const each of await lab.hosts()) expect(await settingsOn(each)).toBe('version 3');
});
