import {
  cleanUp,
  containersOn,
  etcdEntries,
  etcdRevision,
  GUESTBOOK,
  inside,
  lab,
  mustNap,
  names,
  nap,
  newestWrite,
  on,
  ps,
  row,
  settled,
  soon,
  startTimes,
} from './support/cluster.js';

/** The main job: the 2015 guestbook on three hosts, from one command. */

const PROJECT = 'guestbook';

beforeAll(async () => {
  await cleanUp(PROJECT);
});
afterAll(async () => {
  await cleanUp(PROJECT);
});

async function ipOf(container: string): Promise<string> {
  const { host } = await row(PROJECT, container);
  return on(
    host,
    'docker',
    'inspect',
    '-f',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    container,
  );
}

/** What a resolver would answer: the first address of the name in the container's hosts file. */
async function resolves(container: string, name: string): Promise<string | undefined> {
  const text = await inside(PROJECT, container, 'cat /etc/hosts');
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  return lines.find(([, ...found]) => found.includes(name))?.[0];
}

it('nap-controller apply runs its three services on three hosts', async () => {
  await mustNap(['apply', GUESTBOOK, '-p', PROJECT]);
  const rows = await ps(PROJECT);
  expect(rows.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  expect(new Set(rows.map(({ host }) => host)).size).toBe(3);
});

it('starts them in the order of their links, across hosts', async () => {
  const started = async (container: string): Promise<number> => {
    const { host } = await row(PROJECT, container);
    return Date.parse(await on(host, 'docker', 'inspect', '-f', '{{.State.StartedAt}}', container));
  };
  const master = await started('guestbook-redis-master-1');
  const slave = await started('guestbook-redis-slave-1');
  const web = await started('guestbook-web-1');
  expect(master).toBeLessThan(slave);
  expect(slave).toBeLessThan(web);
});

it('gives every container the names of the others, with the addresses that their engines gave them', async () => {
  await settled(PROJECT);
  const master = await ipOf('guestbook-redis-master-1');
  const slave = await ipOf('guestbook-redis-slave-1');
  for (const name of [
    'redis-master',
    'redis-master-1',
    'guestbook-redis-master-1',
    'redis-master_1',
    'guestbook_redis-master_1',
  ]) {
    expect(await inside(PROJECT, 'guestbook-web-1', 'cat /etc/hosts')).toMatch(
      new RegExp(`^${master.replaceAll('.', '\\.')}\\s.*\\b${name}\\b`, 'm'),
    );
  }
  expect(await resolves('guestbook-web-1', 'redis-slave')).toBe(slave);
  expect(await resolves('guestbook-redis-slave-1', 'redis-master')).toBe(master);
  expect(await names(PROJECT)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'redis-master', ip: master, condition: 'ready' }),
      expect.objectContaining({ name: 'redis-slave', ip: slave, condition: 'ready' }),
    ]),
  );
});

it('stores a message through the front end on one host, in the master on another, and reads it from the slave on the third', async () => {
  const { host } = await row(PROJECT, 'guestbook-web-1');
  const { hosts } = await lab.plan();
  const page = `http://${hosts.find(({ name }) => name === host)?.ip ?? ''}`;
  const message = `hello-${Date.now()}`;
  await on(
    'operator',
    'curl',
    '-fsS',
    `${page}/guestbook.php?cmd=set&key=messages&value=${message}`,
  );
  expect(await inside(PROJECT, 'guestbook-redis-master-1', 'redis-cli get messages')).toBe(message);
  await soon('the slave has the message', async () => {
    expect(await inside(PROJECT, 'guestbook-redis-slave-1', 'redis-cli get messages')).toBe(
      message,
    );
  });
  expect(
    await on('operator', 'curl', '-fsS', `${page}/guestbook.php?cmd=get&key=messages`),
  ).toContain(message);
  expect(await inside(PROJECT, 'guestbook-redis-slave-1', 'redis-cli info replication')).toContain(
    'master_host:redis-master',
  );
});

it('applied again writes nothing and restarts nothing', async () => {
  const before = { times: await startTimes(), write: await newestWrite() };
  // The agents write now and then that they have looked; the apply itself leaves etcd's revision alone.
  const revisions: string[][] = [];
  for (let at = 0; at < 4; at += 1) {
    const revision = await etcdRevision();
    const { code, stderr } = await nap(['apply', GUESTBOOK, '-p', PROJECT]);
    expect(stderr).toContain('nothing to change');
    expect(code).toBe(0);
    revisions.push([revision, await etcdRevision()]);
  }
  expect(revisions.some(([first, second]) => first === second)).toBe(true);
  expect({ times: await startTimes(), write: await newestWrite() }).toEqual(before);
});

it('scales 1 → 3 → 1 with addressable replicas, and restarts none of the others', async () => {
  const before = await startTimes();
  await mustNap(['apply', GUESTBOOK, '-p', PROJECT, '--scale', 'redis-slave=3']);
  await settled(PROJECT);
  const rows = (await ps(PROJECT)).filter(({ service }) => service === 'redis-slave');
  expect(rows.map(({ name }) => name)).toEqual(
    [1, 2, 3].map((index) => `guestbook-redis-slave-${index}`),
  );
  expect(new Set(rows.map(({ host }) => host)).size).toBe(3);
  const hosts = await inside(PROJECT, 'guestbook-web-1', 'cat /etc/hosts');
  for (const { ip = '', name } of rows) {
    expect(hosts).toMatch(new RegExp(`^${ip.replaceAll('.', '\\.')}\\s.*\\b${name}\\b`, 'm'));
    expect(hosts).toMatch(
      new RegExp(`^${ip.replaceAll('.', '\\.')}\\s+(\\S+ )*redis-slave\\b`, 'm'),
    );
  }
  await mustNap(['apply', GUESTBOOK, '-p', PROJECT, '--scale', 'redis-slave=1']);
  await settled(PROJECT);
  expect(await startTimes()).toEqual(before);
  expect(await inside(PROJECT, 'guestbook-web-1', 'cat /etc/hosts')).not.toMatch(
    /^\d.*redis-slave-[23]/m,
  );
});

it('recreates just the service whose environment changed', async () => {
  const before = await startTimes();
  const { stdout: yaml } = await lab.exec('operator', ['cat', GUESTBOOK]);
  const changed = yaml.replace(
    'image: guestbook\n',
    'image: guestbook\n  environment: { GREETING: hi }\n',
  );
  await mustNap(['apply', '-f', '-', '-p', PROJECT], changed);
  const after = await startTimes();
  const different = Object.keys({ ...before, ...after }).filter(
    (key) => before[key] !== after[key],
  );
  expect(different).toHaveLength(1);
  expect(different[0]).toContain('guestbook-web-1');
  expect(await inside(PROJECT, 'guestbook-web-1', 'echo $GREETING $NAP_SERVICE $NAP_INDEX')).toBe(
    'hi web 1',
  );
});

it('down leaves nothing behind', async () => {
  await mustNap(['down', '-p', PROJECT]);
  for (const host of await lab.hosts()) {
    expect((await containersOn(host)).filter((name) => name.startsWith('guestbook-'))).toEqual([]);
  }
  const left = [...(await etcdEntries()).keys()].filter((key) => /\/guestbook[./]/.test(key));
  expect(left).toEqual([]);
});
