import {
  apply,
  cleanUp,
  inside,
  lab,
  nap,
  ps,
  row,
  settled,
  soon,
} from '../e2e/support/cluster.js';

/** Something stands still in the middle of a roll, with its connections open: nothing is refused, nothing is answered. */

const P = 'frozen';
const yaml = (version: string): string => `
services:
  web:
    image: busybox
    restart: always
    stop_grace_period: 1s
    environment: { VERSION: "${version}" }
    deploy: { replicas: 6, update_config: { order: start-first, monitor: 1s } }
    x-nap: { drain: 1s }
`;

beforeEach(async () => {
  await cleanUp(P);
  await apply(P, yaml('1'));
  await settled(P);
});
afterEach(async () => {
  await lab.thawEtcd();
  for (const host of await lab.hosts()) await lab.dockerd(host, 'thaw');
});
afterAll(async () => {
  await cleanUp(P);
});

const waitS = async (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function allRun(version: string): Promise<void> {
  await settled(P);
  const rows = await ps(P);
  expect(rows).toHaveLength(6);
  for (const { name } of rows) expect(await inside(P, name, 'echo $VERSION')).toBe(version);
}

async function hasBegun(): Promise<void> {
  await soon('the roll has begun', async () => {
    const { stdout } = await nap(['ps', P, '--format', 'json']);
    expect(stdout).toMatch(/starting|stopping|replac|yielding|pending/);
  });
}

it('a member of etcd that is frozen does not hold up a roll', async () => {
  const { etcd } = await lab.plan();
  for (const [at, { name }] of etcd.entries()) {
    if (etcd.length === 1) return;
    const rolled = nap(['apply', '-f', '-', '-p', P, '--timeout', '120'], yaml(`member-${at}`));
    await waitS(2);
    await lab.freezeEtcd(name);
    const { code, stderr } = await rolled;
    await lab.thawEtcd(name);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    await allRun(`member-${at}`);
  }
});

it('a dockerd that is frozen holds up a roll only as long as it stands still', async () => {
  const { host } = await row(P, `${P}-web-1`);
  const rolled = nap(['apply', '-f', '-', '-p', P, '--timeout', '180'], yaml('2'));
  await hasBegun();
  await lab.dockerd(host, 'freeze');
  await waitS(20);
  await lab.dockerd(host, 'thaw');
  const { code, stderr } = await rolled;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  await allRun('2');
});
