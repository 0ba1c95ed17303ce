import { join } from 'node:path';
import {
  apply,
  cleanUp,
  etcdctl,
  inside,
  lab,
  mustNap,
  names,
  on,
  ps,
  row,
  settled,
  soon,
  withFiles,
} from './support/cluster.js';

/** What Compose files ask for beyond images and names, on real hosts: as a program in the container sees it. */

const P = 'attributes';

afterEach(async () => {
  await cleanUp(P);
});

const COMPOSE = `
services:
  web:
    image: busybox
    restart: always
    configs: [{ source: app, target: /etc/app.conf, uid: "1000", mode: 0440 }, inline]
    secrets: [key]
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    ulimits: { nofile: 2048 }
    sysctls: { net.core.somaxconn: 1024 }
    mem_limit: 64m
    tmpfs: ["/scratch:size=1m,uid=1000"]
    shm_size: 32m
    read_only: true
configs:
  app: { file: ./app.conf }
  inline: { content: "who=$\${WHO}" }
secrets:
  key: { file: ./key.txt }
`;

const FILES = { 'compose.yml': COMPOSE, 'app.conf': 'listen 80\n', 'key.txt': 's3cret-Zq7\n' };

const applyIn = (directory: string): Promise<string> =>
  mustNap(['apply', '-f', join(directory, 'compose.yml'), '-p', P]);

it('a container has its configs and secrets, with owner and mode, and what else its service asks for', async () => {
  await withFiles(FILES, applyIn);
  const look = (line: string): Promise<string> => inside(P, 'attributes-web-1', line);
  expect(await look('cat /etc/app.conf /inline /run/secrets/key')).toBe(
    'listen 80\nwho=${WHO}s3cret-Zq7',
  );
  expect(await look('stat -c "%u %a" /etc/app.conf /run/secrets/key')).toBe('1000 440\n0 444');
  expect(await look('ulimit -n; cat /proc/sys/net/core/somaxconn')).toBe('2048\n1024');
  expect(await look('mount')).toMatch(/on \/scratch type tmpfs .*size=1024k.*uid=1000/);
  expect(await look('mount')).toMatch(/on \/dev\/shm type tmpfs .*size=32768k/);
  expect(await look('touch /x 2>&1 || true')).toContain('Read-only');
  expect(await look('grep CapEff /proc/1/status')).toMatch(/0000000000000400$/);
});

it('a secret is in memory on the host, on no disk and in no listing', async () => {
  await withFiles(FILES, applyIn);
  const { host } = await row(P, 'attributes-web-1');
  expect(await inside(P, 'attributes-web-1', 'mount')).toMatch(/tmpfs on \/run\/secrets\/key /);
  expect(
    await on(
      host,
      'sh',
      '-c',
      'grep -rl s3cret-Zq7 /var/lib/nap /etc/nap /var/log 2>/dev/null; true',
    ),
  ).toBe('');
  for (const listing of [
    await on(host, 'docker', 'inspect', 'attributes-web-1'),
    await on(host, 'journalctl', '-u', 'nap-agent', '--no-pager'),
    await mustNap(['ps', P, '--format', 'json']),
    await mustNap(['host', 'inspect', host]),
  ]) {
    expect(listing).not.toContain('s3cret-Zq7');
    expect(listing).not.toContain(Buffer.from('s3cret-Zq7').toString('base64').slice(0, 12));
  }
});

it('a changed config recreates its services, and what nobody needs any more is gone', async () => {
  await withFiles(FILES, applyIn);
  const { host } = await row(P, 'attributes-web-1');
  await withFiles({ ...FILES, 'app.conf': 'listen 81\n' }, applyIn);
  expect(await inside(P, 'attributes-web-1', 'cat /etc/app.conf')).toBe('listen 81');
  await mustNap(['down', '-p', P]);
  const keys = await etcdctl('get', '--prefix', '/nap/v1/', '--keys-only');
  expect(keys).not.toMatch(/\/nap\/v1\/(files|contents)\//);
  await soon('the files on the host are gone', async () => {
    expect(
      await on(
        host,
        'sh',
        '-c',
        'find /var/lib/nap/configs /run/nap* -type f -not -name leases.json 2>/dev/null; true',
      ),
    ).toBe('');
  });
});

it('after a loss of power with etcd away, what has a secret waits for etcd, and all else runs', async () => {
  const more = COMPOSE.replace(
    'services:',
    'services:\n  plain: { image: busybox, restart: always }',
  );
  const host = await withFiles({ ...FILES, 'compose.yml': more }, async (directory) => {
    await applyIn(directory);
    return (await row(P, 'attributes-web-1')).host;
  });
  await settled(P);
  await lab.kill(host);
  await lab.stopEtcd();
  try {
    await lab.start(host);
    await soon('the agent says what it lacks', async () => {
      expect(await on(host, 'journalctl', '-u', 'nap-agent', '--no-pager')).toContain(
        'the secret for /run/secrets/key is not on this host',
      );
    });
    expect(await on(host, 'docker', 'ps', '--format', '{{.Names}}')).not.toContain(
      'attributes-web-1',
    );
  } finally {
    await lab.startEtcd();
  }
  await settled(P);
  expect(await inside(P, 'attributes-web-1', 'cat /run/secrets/key')).toBe('s3cret-Zq7');
});

it('a service that shares the network of another runs beside it, and follows it when it is replaced', async () => {
  const yaml = (version: string): string => `
services:
  web:
    image: busybox
    restart: always
    environment: { VERSION: "${version}" }
    command: ["sh", "-c", "mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www"]
    stop_signal: SIGKILL
  sidecar: { image: busybox, restart: always, network_mode: "service:web" }
  client: { image: busybox, restart: always }
`;
  await apply(P, yaml('1'));
  await settled(P);
  const sidecar = await row(P, 'attributes-sidecar-1');
  expect(sidecar.host).toBe((await row(P, 'attributes-web-1')).host);
  const fetch = 'timeout 2 wget -qO- http://127.0.0.1/';
  expect(await inside(P, 'attributes-sidecar-1', fetch)).toBe('hello');
  // Its name leads to where its network is.
  expect(await inside(P, 'attributes-client-1', 'timeout 2 wget -qO- http://sidecar/')).toBe(
    'hello',
  );
  await apply(P, yaml('2'));
  await settled(P);
  await soon('the sidecar is on the new network', async () => {
    expect(await inside(P, 'attributes-sidecar-1', fetch)).toBe('hello');
  });
  const { host } = await row(P, 'attributes-web-1');
  await on(host, 'docker', 'restart', '-t', '1', 'attributes-web-1');
  await soon('the sidecar was restarted with it', async () => {
    expect(await inside(P, 'attributes-sidecar-1', fetch)).toBe('hello');
  });
});

it('a global service runs once on every host; on their own network its name leads to the hosts', async () => {
  await apply(
    P,
    'services:\n  node: { image: busybox, restart: always, network_mode: host, deploy: { mode: global } }\n',
  );
  const rows = await ps(P);
  expect(rows.map(({ host }) => host).sort()).toEqual([...(await lab.hosts())].sort());
  const { hosts } = await lab.plan();
  expect((await names(P)).filter(({ name }) => name === 'node').map(({ ip }) => ip)).toEqual(
    hosts.map(({ ip }) => ip),
  );
});

it('jobs and one-shots end as completed, hold nobody up and do not run again', async () => {
  const yaml = `
services:
  migrate: { image: busybox, command: ["true"], restart: "no" }
  job: { image: busybox, command: ["true"], deploy: { mode: replicated-job, replicas: 2 } }
  app:
    image: busybox
    restart: always
    depends_on: { migrate: { condition: service_completed_successfully } }
`;
  await apply(P, yaml);
  const states = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await ps(P)).map(({ name, state }) => [name, state]));
  const done = {
    'attributes-app-1': 'running',
    'attributes-job-1': 'completed',
    'attributes-job-2': 'completed',
    'attributes-migrate-1': 'completed',
  };
  expect(await states()).toEqual(done);
  const { host } = await row(P, 'attributes-migrate-1');
  const started = (): Promise<string> =>
    on(host, 'docker', 'inspect', '-f', '{{.State.StartedAt}}', 'attributes-migrate-1');
  const before = await started();
  await apply(P, yaml);
  expect(await started()).toBe(before);
});

it('hooks run after a start and before a stop; ipc and volumes are shared; a global job runs once on every host', async () => {
  const yaml = `
services:
  web:
    image: busybox
    restart: always
    ipc: shareable
    pull_policy: always
    post_start: [{ command: ["sh", "-c", "echo started > /started"], user: root }]
    pre_stop: [{ command: ["sh", "-c", "echo bye > /data/bye"] }]
    volumes: ["data:/data"]
  peer: { image: busybox, restart: always, ipc: "service:web", volumes_from: [web] }
  once: { image: busybox, command: ["true"], deploy: { mode: global-job } }
volumes: { data: {} }
`;
  await apply(P, yaml);
  const { host } = await row(P, 'attributes-web-1');
  expect((await row(P, 'attributes-peer-1')).host).toBe(host);
  expect(await inside(P, 'attributes-web-1', 'cat /started')).toBe('started');
  await inside(P, 'attributes-web-1', 'echo shared > /data/x; touch /dev/shm/y');
  expect(await inside(P, 'attributes-peer-1', 'cat /data/x; ls /dev/shm')).toBe('shared\ny');
  const once = (await ps(P)).filter(({ service }) => service === 'once');
  expect(once.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
  expect(new Set(once.map((it) => it.host)).size).toBe(3);
  await mustNap(['down', '-p', P]);
  const bye = ['run', '--rm', '-v', 'attributes_data:/d', 'busybox', 'cat', '/d/bye'];
  expect(await on(host, 'docker', ...bye)).toBe('bye');
  // The project is gone: cleaning up must find its volume all the same.
  await apply(P, yaml);
});
