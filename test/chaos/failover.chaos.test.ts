import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  inside,
  lab,
  mustNap,
  nap,
  names,
  on,
  ps,
  row,
  settled,
  soon,
  startNap,
  startTimes,
} from '../e2e/support/cluster.js';

/** Hosts that die, with the daemon running: what they ran runs elsewhere, and what must not move does not. */

const P = 'failover';
const yaml = `
services:
  web: { image: busybox, restart: always, scale: 6 }
  db: { image: busybox, restart: always, volumes: ["data:/data"] }
volumes: { data: {} }
`;

let daemon: RunningProcess;

beforeAll(async () => {
  await cleanUp(P);
  daemon = await startNap(['serve']);
});
afterAll(async () => {
  await daemon.stop('SIGTERM');
  await cleanUp(P);
});
beforeEach(async () => {
  await soon('all hosts are there', async () => {
    expect(await hostStates()).toEqual(['active', 'active', 'active']);
  });
  await apply(P, yaml);
  await settled(P);
});

/** A test that failed half way leaves no fault behind for the next. */
afterEach(async () => {
  for (const host of await lab.hosts()) {
    await lab.heal(host);
    await lab.start(host);
  }
});

const waitS = async (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function hostStates(): Promise<readonly string[]> {
  const hosts = JSON.parse(await mustNap(['host', 'ls', '--format', 'json'])) as {
    state: string;
  }[];
  return hosts.map(({ state }) => state);
}

async function webHosts(): Promise<readonly string[]> {
  return (await ps(P)).filter(({ service }) => service === 'web').map(({ host }) => host);
}

/** A host that runs some of it, and does not hold the data of the database. */
async function hostWithoutData(): Promise<string> {
  const { host } = await row(P, 'failover-db-1');
  const other = (await webHosts()).find((name) => name !== host);
  if (other === undefined) throw new Error(`all of it is on ${host}`);
  return other;
}

async function movedAndNamed(lost: string): Promise<void> {
  await soon(`nothing is on ${lost}, and all is named`, async () => {
    const rows = await ps(P);
    expect(rows.map(({ host }) => host)).not.toContain(lost);
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
    const map = new Map((await names(P)).map(({ name, ip }) => [name, ip]));
    for (const { name, ip } of rows) expect(map.get(name)).toBe(ip);
    const file = await inside(P, 'failover-db-1', 'cat /etc/hosts');
    for (const { ip = '' } of rows) expect(file).toContain(ip);
  });
}

it('what a host ran that lost power runs elsewhere, and stays there when the host comes back', async () => {
  const lost = await hostWithoutData();
  await lab.kill(lost);
  await movedAndNamed(lost);
  const others = (await lab.hosts()).filter((host) => host !== lost);
  const before = await startTimes(others);
  await lab.start(lost);
  await soon('its old containers are gone', async () => {
    const left = await on(lost, 'docker', 'ps', '-a', '--format', '{{.Names}}');
    expect(left).not.toContain('failover-');
    expect(await hostStates()).toEqual(['active', 'active', 'active']);
  });
  await waitS(3);
  expect(await startTimes(others)).toEqual(before);
});

it('a cable that is out for 5 s moves nothing', async () => {
  const host = await hostWithoutData();
  const before = await startTimes();
  await lab.cut(host);
  await waitS(5);
  await lab.heal(host);
  await waitS(8);
  expect(await startTimes()).toEqual(before);
});

it('a cable that is out for longer moves what the host ran; back again, it gives way', async () => {
  const host = await hostWithoutData();
  await lab.cut(host);
  await movedAndNamed(host);
  await lab.heal(host);
  await soon('its old containers are gone', async () => {
    expect(await on(host, 'docker', 'ps', '-a', '--format', '{{.Names}}')).not.toContain(
      'failover-',
    );
  });
  await settled(P);
});

it('an instance stays with its data, is said to, and goes on with it when the host is back', async () => {
  const { host } = await row(P, 'failover-db-1');
  await inside(P, 'failover-db-1', 'echo precious > /data/x');
  await lab.kill(host);
  await soon('the others have moved', async () => {
    expect(await webHosts()).not.toContain(host);
  });
  expect(await row(P, 'failover-db-1')).toMatchObject({ host, state: 'away' });
  const { stderr } = await nap(['apply', '-f', '-', '-p', P, '--timeout', '60'], yaml);
  expect(stderr).toMatch(/db\.1 stays on .*volume failover_data is there/);
  await lab.start(host);
  await settled(P);
  expect(await inside(P, 'failover-db-1', 'cat /data/x')).toBe('precious');
});

it('nothing moves while more than half of the hosts are away', async () => {
  const before = await webHosts();
  const [first = '', second = ''] = (await lab.hosts()).slice(0, 2);
  await Promise.all([lab.cut(first), lab.cut(second)]);
  try {
    await waitS(20);
    expect(await webHosts()).toEqual(before);
    const { stdout } = await nap(['plan', '-f', '-', '-p', P], yaml);
    expect(stdout).toMatch(/2 of 3 hosts are away/);
  } finally {
    await Promise.all([lab.heal(first), lab.heal(second)]);
  }
  await settled(P);
  expect(await webHosts()).toEqual(before);
});

it('a drained host ends empty, and takes part again once it is activated', async () => {
  const host = await hostWithoutData();
  await mustNap(['host', 'drain', host]);
  await soon('no container is left there', async () => {
    expect(await on(host, 'docker', 'ps', '-a', '--format', '{{.Names}}')).not.toContain(
      'failover-',
    );
  });
  await settled(P);
  await mustNap(['host', 'activate', host]);
  await waitS(2);
  expect(await webHosts()).not.toContain(host);
});

it('of two daemons the second takes over when the first is frozen; it wakes up and changes nothing', async () => {
  const second = await startNap(['serve']);
  try {
    await waitS(1);
    daemon.signal('SIGSTOP');
    const lost = await hostWithoutData();
    await lab.kill(lost);
    await movedAndNamed(lost);
    const before = await webHosts();
    daemon.signal('SIGCONT');
    await waitS(5);
    expect(await webHosts()).toEqual(before);
    await lab.start(lost);
    await settled(P);
  } finally {
    await second.stop('SIGTERM');
  }
});

it('an instance that must not run twice is stopped on a host that is cut off before it starts elsewhere', async () => {
  const once = `
services:
  once:
    image: busybox
    restart: always
    stop_grace_period: 1s
    x-nap: { on_partition: { stop_after: 10s } }
`;
  const name = 'failover-once-once-1';
  const at = async (host: string, field: string): Promise<number> =>
    Date.parse(await on(host, 'docker', 'inspect', '-f', `{{.State.${field}}}`, name));
  try {
    await apply('failover-once', once);
    const { host } = await row('failover-once', name);
    await lab.cut(host);
    await soon('it runs elsewhere', async () => {
      const now = await row('failover-once', name);
      expect(now.host).not.toBe(host);
      expect(now.state).toBe('running');
    });
    // All hosts of the lab share one clock.
    const stopped = await at(host, 'FinishedAt');
    const started = await at((await row('failover-once', name)).host, 'StartedAt');
    expect(stopped).toBeLessThan(started);
    await lab.heal(host);
    await settled('failover-once');
  } finally {
    await cleanUp('failover-once');
  }
});

it('all hosts that lose power at once come back to what each had', async () => {
  const hosts = await lab.hosts();
  const placed = async (): Promise<readonly string[]> =>
    (await ps(P)).map(({ name, host }) => `${name} on ${host}`).sort();
  const before = await placed();
  const db = (await row(P, 'failover-db-1')).host;
  await inside(P, 'failover-db-1', 'echo kept > /data/file');
  await Promise.all(hosts.map((host) => lab.kill(host)));
  // Longer than a lease and the grace: a daemon without a brake would call all of them lost.
  await waitS(16);
  await Promise.all(hosts.map((host) => lab.start(host)));
  await soon('all of it runs again, where it was', async () => {
    const rows = await ps(P);
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
    expect(await placed()).toEqual(before);
  });
  await waitS(5);
  expect(await placed()).toEqual(before);
  expect(await inside(P, 'failover-db-1', 'cat /data/file')).toBe('kept');
  const inspected = await mustNap(['inspect', 'failover.db.1', '--format', 'json']);
  const [found] = JSON.parse(inspected) as { placements: { decisions: { kind: string }[] }[] }[];
  expect(found?.placements[0]?.decisions.map(({ kind }) => kind)).toEqual(['placed']);
  expect((await row(P, 'failover-db-1')).host).toBe(db);
});
