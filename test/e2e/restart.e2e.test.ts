import {
  apply,
  cleanUp,
  containersOf,
  mustNap,
  nap,
  ps,
  soon,
  startDaemon,
  type ContainerTimes,
} from './support/cluster.js';

/** Containers are restarted in place, in order, one after the other: docs/stop-and-restart.md. */

const P = 'again';
const yaml = `services:
  db: { image: busybox }
  web:
    image: web
    init: true
    depends_on: [db]
    healthcheck: { test: wget -qO- http://127.0.0.1/health, interval: 300ms, retries: 5 }
    stop_grace_period: 2s
    scale: 3
`;

const named = (containers: readonly ContainerTimes[], name: string): ContainerTimes => {
  const found = containers.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${JSON.stringify(containers)}`);
  return found;
};

/** From the end of the old program of each to the start of the new one, earliest first. */
const gaps = (containers: readonly ContainerTimes[]): readonly (readonly [number, number])[] =>
  containers.map((it) => [it.finishedAtMs, it.startedAtMs] as const).toSorted(([a], [b]) => a - b);

async function restarted(before: readonly ContainerTimes[]): Promise<readonly ContainerTimes[]> {
  await soon('each was started again', async () => {
    for (const { name, startedAtMs } of await containersOf(P)) {
      expect(startedAtMs).toBeGreaterThan(named(before, name).startedAtMs);
    }
    expect(new Set((await ps(P)).map(({ state }) => state))).toEqual(new Set(['running']));
  });
  const after = await containersOf(P);
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  return after;
}

function expectInTurns(after: readonly ContainerTimes[]): void {
  const db = named(after, 'again-db-1');
  const webs = gaps(after.filter(({ name }) => name !== db.name));
  expect(webs.length).toBe(3);
  webs.reduce((readyMs, [endMs, startMs]) => {
    expect(endMs).toBeGreaterThan(readyMs);
    return startMs;
  }, db.startedAtMs);
}

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, yaml);
});
afterAll(async () => {
  await cleanUp(P);
});

it('restarts a dependency first, then one replica at a time, in the same containers', async () => {
  const before = await containersOf(P);
  await mustNap(['restart', P]);
  expectInTurns(await restarted(before));
});

it('with -d a daemon does so', async () => {
  const daemon = await startDaemon();
  try {
    const before = await containersOf(P);
    await mustNap(['restart', P, '-d']);
    expectInTurns(await restarted(before));
  } finally {
    await daemon.stop('SIGTERM');
  }
});

it('restarts one instance and no other; --all-at-once all of a service', async () => {
  const before = await containersOf(P);
  await mustNap(['restart', P, 'web/2']);
  const one = await containersOf(P);
  const changed = one.filter((it) => it.startedAtMs !== named(before, it.name).startedAtMs);
  expect(changed.map(({ name }) => name)).toEqual(['again-web-2']);
  await mustNap(['restart', P, 'web', '--all-at-once']);
  const webs = gaps((await containersOf(P)).filter(({ name }) => name.includes('-web-')));
  expect(Math.max(...webs.map(([end]) => end))).toBeLessThan(
    Math.min(...webs.map(([, start]) => start)) + 1_000,
  );
});

it('stands still when one does not come back, and leaves the others alone', async () => {
  const once = `services:
  once:
    image: busybox
    command: sh -c 'test -e /ran && exit 3; touch /ran; trap exit TERM; while :; do sleep 1 & wait; done'
    scale: 2
`;
  await apply('stuck', once);
  try {
    const before = await containersOf('stuck');
    const { code, stderr } = await nap(['restart', 'stuck']);
    expect({ code, stderr }).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/stands still: stuck\.once\.\d/) as string,
    });
    const after = await containersOf('stuck');
    const same = after.filter((it) => it.startedAtMs === named(before, it.name).startedAtMs);
    expect(same.map(({ state }) => state)).toEqual(['running']);
  } finally {
    await cleanUp('stuck');
  }
});
