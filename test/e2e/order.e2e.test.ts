import {
  apply,
  cleanUp,
  inside,
  lab,
  nap,
  on,
  ps,
  row,
  settled,
  soon,
  startNap,
} from './support/cluster.js';

/** Dependency order across hosts, evaluated by each agent on what etcd says. */

const P = 'order';

afterEach(async () => {
  await cleanUp(P);
});

async function startedAtMs(container: string): Promise<number> {
  const { host } = await row(P, container);
  return Date.parse(await on(host, 'docker', 'inspect', '-f', '{{.State.StartedAt}}', container));
}

it('waits for a dependency on another host to be healthy', async () => {
  await apply(
    P,
    `services:
  db:
    image: busybox
    command: sh -c 'trap exit TERM; sleep 3; touch /ready; while :; do sleep 1; done'
    healthcheck: { test: test -e /ready, interval: 500ms, timeout: 1s, retries: 20 }
  web:
    image: busybox
    depends_on:
      db: { condition: service_healthy }
`,
  );
  expect((await row(P, 'order-db-1')).host).not.toBe((await row(P, 'order-web-1')).host);
  expect((await row(P, 'order-db-1')).health).toBe('healthy');
  expect((await startedAtMs('order-web-1')) - (await startedAtMs('order-db-1'))).toBeGreaterThan(
    2_500,
  );
});

it('waits for a one-shot on another host to complete, once, and does not hang on it', async () => {
  const yaml = `services:
  migrate:
    image: busybox
    command: sh -c 'sleep 2; echo migrated'
  web:
    image: busybox
    depends_on:
      migrate: { condition: service_completed_successfully }
`;
  await apply(P, yaml);
  expect((await row(P, 'order-migrate-1')).state).toBe('completed');
  const { host } = await row(P, 'order-migrate-1');
  const finished = Date.parse(
    await on(host, 'docker', 'inspect', '-f', '{{.State.FinishedAt}}', 'order-migrate-1'),
  );
  expect(await startedAtMs('order-web-1')).toBeGreaterThan(finished);
  const before = await startedAtMs('order-migrate-1');
  await apply(P, yaml);
  await lab.agent(host, 'restart');
  await soon('the agent is back', async () => {
    expect((await row(P, 'order-migrate-1')).state).toBe('completed');
  });
  expect(await startedAtMs('order-migrate-1')).toBe(before);
});

it('does not start what depends on a one-shot that failed, and says so', async () => {
  const { code, stderr } = await nap(
    ['apply', '-f', '-', '-p', P, '--timeout', '60'],
    `services:
  migrate:
    image: busybox
    command: sh -c 'exit 4'
  web:
    image: busybox
    depends_on:
      migrate: { condition: service_completed_successfully }
`,
  );
  expect(code).toBe(7);
  expect(stderr).toMatch(/migrate/);
  const web = await row(P, 'order-web-1');
  expect(web.state).toBe('pending');
  expect(web.message).toMatch(/migrate/);
});

it('keeps the order after all hosts lost power at once', async () => {
  await apply(
    P,
    `services:
  db: { image: busybox }
  api: { image: busybox, depends_on: [db] }
  web: { image: busybox, depends_on: [api] }
`,
  );
  const hosts = await lab.hosts();
  const before = await startedAtMs('order-web-1');
  await Promise.all(hosts.map((host) => lab.kill(host)));
  await Promise.all(hosts.map((host) => lab.start(host)));
  await soon('all run again', async () => {
    expect(await startedAtMs('order-web-1')).toBeGreaterThan(before);
  });
  await settled(P);
  expect(await startedAtMs('order-db-1')).toBeLessThan(await startedAtMs('order-api-1'));
  expect(await startedAtMs('order-api-1')).toBeLessThan(await startedAtMs('order-web-1'));
});

it('a link of an external project resolves across projects and hosts', async () => {
  const other = 'order-db';
  try {
    await apply(other, 'services:\n  db: { image: busybox }\n');
    await apply(
      P,
      `services:
  web: { image: busybox, external_links: ["${other}-db-1:database"] }
`,
    );
    const { ip = '' } = await row(other, `${other}-db-1`);
    await soon('the alias is in the hosts file', async () => {
      expect(await inside(P, 'order-web-1', 'cat /etc/hosts')).toMatch(
        new RegExp(`^${ip.replaceAll('.', '\\.')}\\s.*\\bdatabase\\b`, 'm'),
      );
    });
  } finally {
    await cleanUp(other);
  }
});

it('interrupted in the middle, an apply leaves nothing that the next one does not finish', async () => {
  const yaml = `services:
  a: { image: busybox }
  b: { image: busybox, depends_on: [a] }
  c: { image: busybox, depends_on: [b] }
`;
  for (const delayMs of [200, 600, 1200]) {
    const process = await startNap(['apply', '-f', '-', '-p', P]);
    process.stdin.end(yaml);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await process.stop('SIGKILL');
    await apply(P, yaml);
    expect((await ps(P)).map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    await cleanUp(P);
  }
});
