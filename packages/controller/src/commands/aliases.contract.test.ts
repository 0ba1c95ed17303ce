import { tmpdir } from 'node:os';
import { jest } from '@jest/globals';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { FakeCluster } from '../testing/builders.js';
import { runCommand, type Outcome } from '../testing/command-context.js';

/** What people type who come from Swarm, against a real etcd. */

jest.setTimeout(60_000);

let cluster: EtcdCluster;
beforeAll(async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a', 'host-b');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
});
afterAll(() => cluster.close());

const run = (...argv: string[]): Promise<Outcome> =>
  runCommand(argv, { cwd: tmpdir(), env: { NAP_ETCD: cluster.endpoints.join(',') } });

it('docker stack and docker service have their likes', async () => {
  const deployed = await run('stack', 'deploy', '-c', '-', '-d', 'shop');
  expect(deployed).toMatchObject({ exit: 0 });
  expect(deployed.err).toContain('store shop revision 1');
  expect((await run('stack', 'ls', '--format', '{{.Name}}')).out).toBe('shop');
  expect((await run('service', 'scale', 'web=3', '-d')).err).toContain('place shop.web.3');
  const services = await run('service', 'ls');
  expect(services.out).toMatch(/^web +shop +replicated +0\/3 +working +busybox$/m);
  expect((await run('stack', 'services', 'shop')).out).toBe(services.out);
  const names = 'shop-web-1\nshop-web-2\nshop-web-3';
  for (const name of ['web', 'shop.web', 'shop_web']) {
    expect((await run('service', 'ps', name, '--format', '{{.Name}}')).out).toBe(names);
  }
  expect((await run('stack', 'ps', 'shop', '--format', '{{.Name}}')).out).toBe(names);
  const missing = await run('service', 'ps', 'api');
  expect(missing).toMatchObject({ exit: 8, err: expect.stringContaining('shop/web') as string });
  await run('apply', '-f', '-', '-p', 'blog', '-d');
  expect((await run('service', 'ps', 'web')).err).toContain('in several projects: blog, shop');
  const typo = await run('stack', 'rm', 'shop', 'blgo', '-d');
  expect(typo).toMatchObject({ exit: 8, err: expect.stringContaining('blgo') as string });
  expect(typo.err).not.toContain('remove');
  const removed = await run('stack', 'rm', 'shop', 'blog', '-d');
  expect(removed.err).toMatch(/remove shop.web.3[^]*remove blog.web.1/);
});

it('docker node has its like', async () => {
  expect((await run('node', 'ls')).out).toMatch(/^host-a +active/m);
  for (const [availability, said] of [
    ['pause', 'paused'],
    ['drain', 'draining'],
    ['active', 'active'],
  ] as const) {
    const updated = await run('node', 'update', '--availability', availability, 'host-a');
    expect(updated).toMatchObject({ exit: 0 });
    expect((await run('node', 'ls')).out).toMatch(new RegExp(`^host-a +${said}`, 'm'));
  }
  expect(await run('node', 'update', 'host-a')).toMatchObject({ exit: 2 });
  expect(await run('node', 'rm', 'host-a')).toMatchObject({ exit: 6 });
  expect(JSON.parse((await run('node', 'inspect', 'host-a')).out)).toMatchObject({
    host: 'host-a',
  });
});

it('says of an alias that it is one', async () => {
  expect((await run('stack', 'deploy', '--help')).out).toContain('alias of apply');
  expect((await run('stack', 'nope')).exit).toBe(2);
});
