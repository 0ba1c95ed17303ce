import {
  apply,
  cleanUp,
  etcdctl,
  inside,
  lab,
  mustNap,
  nap,
  on,
  ps,
  row,
  settled,
  soon,
  startTimes,
} from '../e2e/support/cluster.js';

/** After each fault: what should run kept running (same start times), and the state converges. */

const P = 'faults';
const yaml = (scale = 1, version = '1'): string => `services:
  db: { image: busybox, restart: always, environment: { VERSION: "${version}" } }
  web: { image: busybox, restart: always, depends_on: [db], scale: ${scale} }
  worker: { image: busybox, restart: always, links: ["db:store"] }
`;

const waitS = async (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, yaml(3));
  await settled(P);
});
afterAll(async () => {
  await cleanUp(P);
});

/** The cluster takes a change, and all of it is as wanted: the proof that nothing was left broken. */
async function stillWorks(version: string): Promise<void> {
  await settled(P);
  await apply(P, yaml(3, version));
  await settled(P);
  expect(await inside(P, 'faults-db-1', 'echo $VERSION')).toBe(version);
}

it('an agent killed in the middle of an apply finishes it after its restart', async () => {
  const { host } = await row(P, 'faults-db-1');
  const applied = apply(P, yaml(6, 'killed'));
  await waitS(1);
  await lab.agent(host, 'kill');
  await applied;
  await settled(P);
  expect((await ps(P)).filter(({ service }) => service === 'web')).toHaveLength(6);
  await stillWorks('after-kill');
});

it('no container notices that etcd is stopped for 30 s', async () => {
  const before = await startTimes();
  await lab.stopEtcd();
  await waitS(30);
  expect(await startTimes()).toEqual(before);
  await lab.startEtcd();
  await settled(P);
  expect(await startTimes()).toEqual(before);
  await stillWorks('after-etcd-stop');
});

it('no container notices that etcd is frozen for 20 s', async () => {
  const before = await startTimes();
  await lab.freezeEtcd();
  await waitS(20);
  await lab.thawEtcd();
  await settled(P);
  expect(await startTimes()).toEqual(before);
  await stillWorks('after-etcd-freeze');
});

it('a crashed instance comes back while etcd is away', async () => {
  const { host } = await row(P, 'faults-worker-1');
  await lab.stopEtcd();
  try {
    const pid = await on(host, 'docker', 'inspect', '-f', '{{.State.Pid}}', 'faults-worker-1');
    await on(host, 'kill', '-9', pid);
    await soon('it runs again', async () => {
      const now = await on(
        host,
        'docker',
        'inspect',
        '-f',
        '{{.State.Running}} {{.State.Pid}}',
        'faults-worker-1',
      );
      expect(now).toMatch(/^true/);
      expect(now).not.toContain(` ${pid}`);
    });
  } finally {
    await lab.startEtcd();
  }
  await settled(P);
});

it('an agent that was away during a compaction lists again and misses nothing', async () => {
  const { host } = await row(P, 'faults-web-1');
  await lab.agent(host, 'stop');
  await nap(['apply', '-f', '-', '-p', P, '--detach'], yaml(3, 'compacted'));
  for (let at = 0; at < 50; at += 1) await etcdctl('put', '/nap-test/noise', String(at));
  await lab.compactEtcd();
  await lab.agent(host, 'start');
  await stillWorks('after-compaction');
});

it('comes back after its dockerd was restarted and killed', async () => {
  const { host } = await row(P, 'faults-web-1');
  const others = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(await startTimes()).filter(([key]) => !key.startsWith(`${host}/`)),
    );
  const before = await others();
  await lab.dockerd(host, 'restart');
  await settled(P);
  await lab.dockerd(host, 'kill');
  await settled(P);
  expect(await others()).toEqual(before);
  await stillWorks('after-dockerd');
});

it('comes back after its host lost power, also while etcd is away', async () => {
  const { host } = await row(P, 'faults-web-1');
  await lab.kill(host);
  await lab.start(host);
  await settled(P);
  await lab.kill(host);
  await lab.stopEtcd();
  try {
    await lab.start(host);
    await soon('it starts from its cache', async () => {
      expect(await on(host, 'docker', 'ps', '--format', '{{.Names}}')).toContain('faults-web-1');
    });
  } finally {
    await lab.startEtcd();
  }
  await settled(P);
  await stillWorks('after-reboot');
});

it('does not stop a container when the data of etcd is lost, and adopts them when the file is applied again', async () => {
  await apply(P, yaml(3, 'before-wipe'));
  await settled(P);
  const before = await startTimes();
  await lab.wipeEtcd();
  await waitS(15);
  expect(await startTimes()).toEqual(before);
  await soon('the agents have registered again', async () => {
    const hosts = JSON.parse(await mustNap(['host', 'ls', '--format', 'json'])) as {
      state: string;
    }[];
    expect(hosts.map(({ state }) => state)).toEqual(['active', 'active', 'active']);
  });
  await apply(P, yaml(3, 'before-wipe'));
  await settled(P);
  expect(await startTimes()).toEqual(before);
});
