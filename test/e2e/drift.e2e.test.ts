import {
  apply,
  cleanUp,
  inside,
  lab,
  on,
  row,
  settled,
  soon,
  startTimes,
} from './support/cluster.js';

/** The periodic full pass heals whatever drifted; what is not nap's is left alone. */

const P = 'drift';
const RESYNC_MS = 60_000;

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, 'services:\n  web: { image: busybox }\n  db: { image: busybox }\n');
  await settled(P);
});
afterAll(async () => {
  await cleanUp(P);
});

it.each([
  ['removed', ['docker', 'rm', '-f']],
  ['stopped', ['docker', 'stop']],
  ['killed', ['docker', 'kill']],
])('a container %s by hand comes back', async (_, command) => {
  const { host } = await row(P, 'drift-web-1');
  const before = (await startTimes())[`${host}/drift-web-1`];
  await on(host, ...command, 'drift-web-1');
  await soon('it runs again', async () => {
    expect(await on(host, 'docker', 'ps', '--format', '{{.Names}}')).toContain('drift-web-1');
    expect((await startTimes())[`${host}/drift-web-1`]).not.toBe(before);
  });
  await settled(P);
});

it('a hosts file edited by hand is restored', async () => {
  const file = async (): Promise<string> => inside(P, 'drift-web-1', 'cat /etc/hosts');
  const { ip = '' } = await row(P, 'drift-db-1');
  await inside(P, 'drift-web-1', 'grep -v db /etc/hosts >/tmp/hosts; cat /tmp/hosts >/etc/hosts');
  expect(await file()).not.toContain(ip);
  await soon(
    'the name is back',
    async () => {
      expect(await file()).toMatch(new RegExp(`^${ip.replaceAll('.', '\\.')}\\s.*\\bdb\\b`, 'm'));
    },
    RESYNC_MS * 2,
  );
});

it('a hosts file wiped by a restart through Docker is restored at once', async () => {
  const { host } = await row(P, 'drift-web-1');
  await on(host, 'docker', 'restart', '-t', '1', 'drift-web-1');
  await soon(
    'the name is back',
    async () => {
      expect(await on(host, 'docker', 'exec', 'drift-web-1', 'cat', '/etc/hosts')).toMatch(
        /^\d.*\bdb\b/m,
      );
    },
    10_000,
  );
  await settled(P);
});

it('leaves containers that are not nap’s byte for byte as they are', async () => {
  const [host = ''] = await lab.hosts();
  await on(host, 'docker', 'rm', '-f', 'stranger').catch(() => undefined);
  await on(
    host,
    'docker',
    'run',
    '-d',
    '--name',
    'stranger',
    '--add-host',
    'mine:10.9.9.9',
    'busybox',
  );
  try {
    const state = async (): Promise<string> =>
      (await on(host, 'docker', 'exec', 'stranger', 'cat', '/etc/hosts')) +
      (await on(
        host,
        'docker',
        'inspect',
        '-f',
        '{{json .State}} {{json .Config}} {{json .HostConfig}}',
        'stranger',
      ));
    const before = await state();
    await apply(P, 'services:\n  web: { image: busybox, scale: 4 }\n  db: { image: busybox }\n');
    await settled(P);
    await apply(P, 'services:\n  web: { image: busybox }\n  db: { image: busybox }\n');
    await settled(P);
    expect(await state()).toBe(before);
  } finally {
    await on(host, 'docker', 'rm', '-f', 'stranger');
  }
});

it('leaves a hosts file that the user has mounted himself alone', async () => {
  const own = '127.0.0.1 localhost\n10.9.9.9 mine\n';
  const hosts = await lab.hosts();
  for (const host of hosts) {
    const { code } = await lab.exec(host, ['tee', '/srv/own-hosts'], { input: own });
    expect(code).toBe(0);
  }
  await apply(
    P,
    `services:
  web: { image: busybox, volumes: ["/srv/own-hosts:/etc/hosts"] }
  db: { image: busybox }
`,
  );
  await settled(P);
  expect(await inside(P, 'drift-web-1', 'cat /etc/hosts')).toBe(own.trim());
  const { host } = await row(P, 'drift-web-1');
  expect(await on(host, 'cat', '/srv/own-hosts')).toBe(own.trim());
});
