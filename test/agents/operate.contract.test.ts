import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';

/** What operators do beside logs and exec, over two hosts. */

jest.setTimeout(120_000);

const COMPOSE = `
services:
  web:
    image: box
    command: [sh, -c, 'trap "echo hup" HUP; while :; do sleep 0.1; done']
    stop_grace_period: 0s
    deploy: {replicas: 2, placement: {preferences: [{spread: node.hostname}]}}
  door:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
    ports: ['18080:80', '127.0.0.1:18053:53/udp']
`;

if (canRunDockerd()) describe('operators', onTwoHosts);

function onTwoHosts(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a', 'host-b');
    await bed.apply(COMPOSE);
  });
  afterAll(() => bed.close());

  it('see the processes of all instances', async () => {
    const { exit, out } = await bed.nap('top', 'web', '--format', 'jsonl');
    expect(exit).toBe(0);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(new Set(rows.map(({ instance }) => instance))).toEqual(
      new Set(['shop.web.1', 'shop.web.2']),
    );
    expect(new Set(rows.map(({ host }) => host)).size).toBe(2);
    expect((await bed.nap('top', 'web')).out).toMatch(/^INSTANCE +HOST +UID +PID/);
  });

  it('see what instances use, once and on and on', async () => {
    const once = await bed.nap('stats', '--no-stream', '--format', 'json');
    const samples = JSON.parse(once.out) as { name: string; memoryBytes: number }[];
    expect(samples.map(({ name }) => name)).toEqual(['shop-door-1', 'shop-web-1', 'shop-web-2']);
    for (const { memoryBytes } of samples) expect(memoryBytes).toBeGreaterThan(10_000);
    const stream = bed.start('stats', 'web');
    await until('two tables', () => (stream.out().match(/^NAME/gm)?.length ?? 0) > 3);
    expect(stream.out()).toMatch(/^shop-web-1 +host-\w +\d+\.\d\d% +[\d.]+ \w+ \/ /m);
    stream.child.kill('SIGINT');
    expect((await stream.ended).exit).toBe(130);
  });

  it('send signals', async () => {
    expect(await bed.nap('kill', '-s', 'hup', 'web')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^shop-web-\d\nshop-web-\d\n$/) as string,
    });
    await until(
      'both have got it',
      async () => (await bed.nap('logs', 'web')).out.split('hup').length === 3,
    );
    expect(await bed.nap('kill', '-s', 'NO/SIGNAL', 'web')).toMatchObject({ exit: 2 });
    const odd = await bed.nap('kill', '-s', 'SIGFOO', 'web');
    expect(odd).toMatchObject({ exit: 2 });
    expect(odd.err).toContain('there is no signal "SIGFOO"');
    expect(await bed.nap('kill')).toMatchObject({ exit: 2 });
  });

  it('see which ports of a host lead to an instance', async () => {
    const { exit, out } = await bed.nap('port', 'door');
    expect(exit).toBe(0);
    expect(out.trim().split('\n').sort()).toEqual([
      '53/udp -> 127.0.0.1:18053',
      '80/tcp -> 127.0.0.1:18080',
    ]);
    expect((await bed.nap('port', 'door', '53/udp')).out).toBe('127.0.0.1:18053\n');
    expect(await bed.nap('port', 'door', '81')).toMatchObject({ exit: 8 });
  });

  it('are told of what does not run, and has neither processes nor ports', async () => {
    expect(await bed.nap('port', 'web/1')).toMatchObject({
      ...{ exit: 0, out: '', err: 'note: shop.web.1 publishes no port\n' },
    });
    await bed.nap('stop', 'door');
    for (const command of ['top', 'port', 'stats']) {
      const told = await bed.nap(command, 'door');
      expect(told).toMatchObject({ exit: 6, out: '' });
      expect(told.err).toContain('shop.door.1 is not running');
    }
    await bed.nap('start', 'door');
    expect(await bed.nap('top', 'door')).toMatchObject({ exit: 0 });
  });

  it('copy files both ways', async () => {
    const site = join(bed.dir, 'site');
    await mkdir(join(site, 'deep'), { recursive: true });
    await writeFile(join(site, 'index.html'), 'hello');
    await writeFile(join(site, 'deep/x'), 'x'.repeat(300_000));
    expect(await bed.nap('cp', 'site', 'web/1:/tmp/site')).toMatchObject({ exit: 0, err: '' });
    expect(await bed.nap('cp', 'site', 'web/1:/tmp')).toMatchObject({ exit: 0, err: '' });
    expect(await bed.nap('cp', 'site/.', 'web/1:/tmp')).toMatchObject({ exit: 0, err: '' });
    expect(await bed.nap('cp', 'site/index.html', 'web/1:/tmp/other')).toMatchObject({ exit: 0 });
    expect((await bed.nap('exec', 'web/1', 'cat', '/tmp/index.html', '/tmp/other')).out).toBe(
      'hellohello',
    );
    await bed.nap(
      'exec',
      'web/1',
      'sh',
      '-c',
      'busybox ln -s /etc/passwd /tmp/site/out; busybox ln -s index.html /tmp/site/in',
    );
    const copied = await bed.nap('cp', 'web/1:/tmp/site', 'back');
    expect(copied).toMatchObject({ exit: 0, err: expect.stringContaining('leads out') as string });
    expect((await readdir(join(bed.dir, 'back'))).sort()).toEqual(['deep', 'in', 'index.html']);
    expect(await readFile(join(bed.dir, 'back/deep/x'), 'utf8')).toHaveLength(300_000);
    expect(await bed.nap('cp', 'web/1:/tmp/site/index.html', '.')).toMatchObject({ exit: 0 });
    expect(await readFile(join(bed.dir, 'index.html'), 'utf8')).toBe('hello');
    await symlink('/nowhere', join(bed.dir, 'dangling'));
    const archive = await bed.nap('cp', 'web/1:/tmp/other', '-');
    expect(archive).toMatchObject({ exit: 0, err: '' });
    expect(archive.out.slice(0, 5)).toBe('other');
    const piped = bed.start('cp', '-', 'web/2:/tmp');
    piped.child.stdin?.end(archive.out);
    expect(await piped.ended).toMatchObject({ exit: 0, err: '' });
    expect((await bed.nap('exec', 'web/2', 'cat', '/tmp/other')).out).toBe('hello');
    expect(await bed.nap('cp', 'web/1:/no/such', '.')).toMatchObject({ exit: 8 });
    expect(await bed.nap('cp', 'nothing', 'web/1:/tmp')).toMatchObject({ exit: 8 });
    expect(await bed.nap('cp', 'site', 'back')).toMatchObject({ exit: 2 });
  });

  it('see what happens, on engines and in etcd', async () => {
    const events = bed.start('events', 'shop', '--format', 'json');
    await until('it listens', async () => {
      await bed.nap('exec', 'web/1', 'true');
      return events.out().includes('exec_create');
    });
    await bed.apply(COMPOSE.replace('replicas: 2', 'replicas: 3'));
    await until('the new instance is told of', () => {
      const out = events.out();
      return (
        /"source":"docker".*"action":"start".*"instance":"shop.web.3"/.test(out) &&
        /"kind":"placement","action":"place".*"instance":"shop.web.3"/.test(out) &&
        /"kind":"report","action":"running".*"instance":"shop.web.3"/.test(out) &&
        /"kind":"name","action":"ready".*"instance":"shop.web.3"/.test(out)
      );
    });
    events.child.kill('SIGINT');
    expect((await events.ended).exit).toBe(130);
    const slip = await bed.nap('events', 'shpo', '--until', '0s');
    expect(slip.err).toContain('note: no project shpo in this cluster yet; there are: shop');
    const past = await bed.nap('events', '--since', '1h', '--until', '0s');
    expect(past).toMatchObject({ exit: 0, err: '' });
    expect(past.out).toMatch(
      /^\S+Z {2}docker {2}container start {2}shop\.web\.3 on host-\w: shop-web-3/m,
    );
  });

  it('see, pull and prune images on chosen hosts', async () => {
    bed.host(1).dockerd.docker('tag', 'box', 'unused:1');
    const { out } = await bed.nap('image', 'ls', '--format', 'json');
    const images = JSON.parse(out) as { host: string; tags: string[]; containers: number }[];
    expect(images.map(({ host }) => host)).toEqual(['host-a', 'host-b']);
    expect(images[1]?.tags).toContain('unused:1');
    expect((await bed.nap('image', 'ls', '--host', 'host-a')).out).not.toContain('host-b');
    const pulled = await bed.nap('image', 'pull', '127.0.0.1:1/none:1', '--host', 'host-b');
    expect(pulled.exit).toBe(5);
    expect(pulled.err).toContain('note: host-b: cannot pull 127.0.0.1:1/none:1');
    expect(await bed.nap('image', 'prune')).toMatchObject({
      ...{ exit: 0, out: '' },
      err: 'host-a: 0 B freed\nhost-b: 0 B freed\n',
    });
    expect(await bed.nap('image', 'ls', '--host', 'host-c')).toMatchObject({ exit: 8 });
  });
}
