import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  containersOf,
  lab,
  mustNap,
  newestWrite,
  on,
  ps,
  row,
  soon,
  startDaemon,
  startNap,
  type ContainerTimes,
} from './support/cluster.js';

/** What is stopped is stopped in order, and stays so until somebody starts it: docs/stop-and-restart.md. */

const P = 'halt';
const yaml = `services:
  db: { image: busybox }
  api: { image: busybox, depends_on: [db], scale: 2 }
  web: { image: busybox, depends_on: [api], scale: 3 }
`;

const of = (
  containers: readonly ContainerTimes[],
  service: string,
  time: 'startedAtMs' | 'finishedAtMs',
): readonly number[] =>
  containers.filter(({ name }) => name.startsWith(`${P}-${service}-`)).map((it) => it[time]);

const first = (...args: Parameters<typeof of>): number => Math.min(...of(...args));
const last = (...args: Parameters<typeof of>): number => Math.max(...of(...args));
const states = async (): Promise<ReadonlySet<string>> =>
  new Set((await ps(P)).map(({ state }) => state));
const running = async (): Promise<readonly string[]> =>
  (await containersOf(P)).filter(({ state }) => state === 'running').map(({ name }) => name);

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, yaml);
});
afterAll(async () => {
  await cleanUp(P);
});

async function stopsAndStartsInOrder(...flags: readonly string[]): Promise<void> {
  const before = await containersOf(P);
  await mustNap(['stop', P, ...flags]);
  await soon('all is stopped', async () => {
    expect(await states()).toEqual(new Set(['stopped']));
  });
  const stopped = await containersOf(P);
  expect(last(stopped, 'web', 'finishedAtMs')).toBeLessThan(first(stopped, 'api', 'finishedAtMs'));
  expect(last(stopped, 'api', 'finishedAtMs')).toBeLessThan(first(stopped, 'db', 'finishedAtMs'));
  await mustNap(['start', P, ...flags]);
  await soon('all runs', async () => {
    expect(await states()).toEqual(new Set(['running']));
  });
  const started = await containersOf(P);
  expect(last(started, 'db', 'startedAtMs')).toBeLessThan(first(started, 'api', 'startedAtMs'));
  expect(last(started, 'api', 'startedAtMs')).toBeLessThan(first(started, 'web', 'startedAtMs'));
  expect(started.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
}

it('stops what depends on others first and starts it last, over hosts, in the same containers', async () => {
  expect(new Set((await ps(P)).map(({ host }) => host)).size).toBeGreaterThan(1);
  await stopsAndStartsInOrder();
});

it('does not wait for the end with -d: a daemon goes on with the order', async () => {
  const daemon: RunningProcess = await startDaemon();
  try {
    await stopsAndStartsInOrder('-d');
  } finally {
    await daemon.stop('SIGTERM');
  }
});

it('interrupted half way it says what runs on, and `wait` goes on with that', async () => {
  const deaf = `services:
  db: { image: busybox }
  web:
    image: busybox
    command: sh -c 'trap "" TERM; while :; do sleep 1; done'
    depends_on: [db]
    stop_grace_period: 3s
`;
  await apply('half', deaf);
  try {
    const stopping = await startNap(['stop', 'half']);
    let said = '';
    for await (const chunk of stopping.stderr) {
      said += String(chunk);
      if (said.includes('stop half.web.1')) stopping.signal('SIGINT');
    }
    expect(await stopping.exited).toBe(130);
    expect(said).toContain('half.db.1: waits for web to be stopped');
    expect(said).toContain('nap-controller wait -p half goes on with it');
    await soon('web is stopped', async () => {
      expect((await row('half', 'half-web-1')).state).toBe('stopped');
    });
    expect((await row('half', 'half-db-1')).state).toBe('running');
    await mustNap(['wait', '-p', 'half']);
    expect((await row('half', 'half-db-1')).state).toBe('stopped');
  } finally {
    await cleanUp('half');
  }
});

it('stops one service, or one instance, and nothing else; asked again it writes nothing', async () => {
  await mustNap(['stop', P, 'web', 'api/2']);
  expect(await running()).toEqual(['halt-api-1', 'halt-db-1']);
  const written = await newestWrite();
  await mustNap(['stop', P, 'web', 'api/2']);
  expect(await newestWrite()).toBe(written);
  await mustNap(['start', P, 'web/3']);
  expect(await running()).toEqual(['halt-api-1', 'halt-db-1', 'halt-web-3']);
  await mustNap(['start', P]);
  expect((await running()).length).toBe(6);
});

it('stays stopped over `docker start`, an agent that starts again, and a host that boots', async () => {
  await mustNap(['stop', P, 'web']);
  const { host, name } = await row(P, 'halt-web-1');
  const id = (await containersOf(P)).find((it) => it.name === name)?.id;
  await on(host, 'docker', 'start', name);
  await soon('it is stopped again', async () => {
    expect(await running()).not.toContain(name);
  });
  await lab.agent(host, 'restart');
  await lab.kill(host);
  await lab.start(host);
  // What else runs there runs again: the agent is through with what it starts.
  const others = (await ps(P)).filter((it) => it.host === host && it.service !== 'web');
  await soon('the host is back', async () => {
    const now = await running();
    for (const other of others) expect(now).toContain(other.name);
    expect((await row(P, name)).state).toBe('stopped');
  });
  expect((await running()).filter((it) => it.startsWith('halt-web'))).toEqual([]);
  expect((await containersOf(P)).find((it) => it.name === name)?.id).toBe(id);
  await apply(P, yaml);
  expect((await running()).length).toBe(6);
});
