import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { makeCertificates, startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { FakeCluster } from './testing/builders.js';
import { runCommand, type Outcome } from './testing/command-context.js';

/** The command line against a real etcd that asks who is there. */

jest.setTimeout(60_000);

const run = (...argv: string[]): Promise<Outcome> => runCommand(argv, { cwd: tmpdir() });

let directory: string;
let cluster: EtcdCluster;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-cli-'));
});
afterEach(async () => {
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

it('with user and password: the right ones work, the wrong ones are named, the password never shown', async () => {
  cluster = await startEtcd();
  await cluster.ctl(['user', 'add', 'operator:secret']);
  await cluster.ctl(['role', 'add', 'nap']);
  await cluster.ctl(['role', 'grant-permission', 'nap', '--prefix=true', 'readwrite', '/nap/v1/']);
  await cluster.ctl(['user', 'grant-role', 'operator', 'nap']);
  await cluster.ctl(['user', 'add', 'root:root']);
  await cluster.ctl(['user', 'grant-role', 'root', 'root']);
  await cluster.ctl(['auth', 'enable']);
  const as = async (user: string, password: string): Promise<string[]> => [
    ...['--etcd', cluster.endpoints.join(','), '--etcd-user', user],
    ...['--etcd-password-file', await file('password', `${password}\n`)],
  ];
  const good = await run('host', 'ls', ...(await as('operator', 'secret')));
  expect(good).toMatchObject({ exit: 0, out: expect.stringMatching(/^HOST/) as string });
  const wrong = await run('ps', ...(await as('operator', 'hunter2')));
  expect(wrong.exit).toBe(5);
  expect(wrong.err).toMatch(/authentication failed[^]*check the user, its password/);
  expect(wrong.err).not.toContain('hunter2');
  const nobody = await run('ps', '--etcd', cluster.endpoints.join(','));
  expect(nobody.exit).toBe(5);
  expect(nobody.err).toContain('user name is empty');
  const env = { NAP_CONFIG: join(directory, 'contexts.yml') };
  const named = ['context', 'add', 'lab', ...(await as('operator', 'secret'))];
  expect(await runCommand(named, { env, cwd: directory })).toMatchObject({ exit: 0 });
  const inContext = await runCommand(['host', 'ls', '--context', 'lab'], { env });
  expect(inContext).toMatchObject({ exit: 0, err: '' });
  const apply = await run('apply', '-f', '-', '-p', 'shop', ...(await as('operator', 'secret')));
  expect(apply).toMatchObject({ exit: 4 });
  expect(apply.err).toContain('no host is registered: is nap-agent running anywhere?');
});

it('with client certificates: the right one works, none is refused with the way out', async () => {
  const certificates = await makeCertificates(directory, ['operator']);
  cluster = await startEtcd({ certificates });
  const { certFile, keyFile } = certificates.client('operator');
  const base = ['--etcd', cluster.endpoints.join(','), '--etcd-ca', certificates.caFile];
  const good = await run('host', 'ls', ...base, '--etcd-cert', certFile, '--etcd-key', keyFile);
  expect(good).toMatchObject({ exit: 0 });
  const none = await run('host', 'ls', ...base);
  expect(none.exit).toBe(5);
  expect(none.err).toContain('check the certificate authority, client certificate and host name');
  const half = await run('host', 'ls', ...base, '--etcd-cert', certFile);
  expect(half).toMatchObject({ exit: 3 });
  expect(half.err).toContain('--etcd-cert and --etcd-key go together');
});

it('scale makes a new revision of what was applied, and plans with the strategy that it is given', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a', 'host-b');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  await run('apply', '-f', '-', '-p', 'shop', '-d', ...etcd);
  const scaled = await run('scale', 'web=3', '--strategy', 'binpack', '-d', ...etcd);
  expect(scaled.exit).toBe(0);
  expect(scaled.err).toMatch(
    /store shop revision 2[^]*place shop.web.3 on host-a: binpack: 2 of 2/,
  );
  const again = await run('scale', 'web=3', '-p', 'shop', '-d', ...etcd);
  expect(again).toMatchObject({ exit: 0, err: 'shop: nothing to change' });
  expect(await run('scale', 'api=2', ...etcd)).toMatchObject({ exit: 2 });
  expect(await run('scale', 'web=2', '-p', 'blog', ...etcd)).toMatchObject({ exit: 8 });
  expect(await run('scale', ...etcd)).toMatchObject({ exit: 2 });
});

it('stop, start and restart are revisions that say who asked, and change nothing twice', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const services = 'web: {image: busybox, depends_on: [db]}, db: {image: busybox}';
  const shop = await file('shop.yml', `{name: shop, services: {${services}}}`);
  await run('apply', shop, '-d', ...etcd);
  const shown = await run('stop', 'shop', 'web', '--plan', ...etcd);
  expect(shown.out).toContain('stop shop.web.1 on host-a: stops, and its container is kept');
  const stopped = await run('stop', 'web', '-t', '3', '-d', ...etcd);
  expect(stopped).toMatchObject({ exit: 0 });
  expect(stopped.err).toMatch(/store shop revision 2[^]*stop shop.web.1 on host-a: .*alice@ops1/);
  const placed = ['get', '--print-value-only', '/nap/v1/placements/host-a/shop.web.1'];
  expect(JSON.parse(await cluster.ctl(placed))).toMatchObject({
    ...{ wanted: 'stopped', stopGraceMs: 3_000 },
    decisions: [{ kind: 'placed' }, { kind: 'stopped', revision: 2 }],
  });
  const again = await run('stop', 'shop', 'web/1', '-d', ...etcd);
  expect(again).toMatchObject({ exit: 0, err: 'web/1: already stopped' });
  expect((await run('history', ...etcd)).out).toMatch(/^2 .* alice@ops1 .* stop web$/m);
  const wrong = await run('stop', 'shop', 'wbe', ...etcd);
  expect(wrong).toMatchObject({ exit: 8 });
  expect(wrong.err).toMatch(/no service wbe in project shop[^]*there are: web, db/);
  expect(await run('stop', 'shop', 'web/2', ...etcd)).toMatchObject({ exit: 8 });
  expect(await run('stop', '-t', 'soon', ...etcd)).toMatchObject({ exit: 2 });
  const planned = await run('plan', shop, ...etcd);
  expect(planned.out).toContain(
    'start shop.web.1 on host-a: starts again: asked for by alice@ops1',
  );
  const started = await run('start', 'shop', '-m', 'all is well', '-d', ...etcd);
  expect(started.err).toMatch(/store shop revision 3[^]*start shop.web.1 on host-a: starts again/);
  expect((await run('start', 'shop', '-d', ...etcd)).err).toBe('shop: nothing is stopped');
  const one = await run('restart', 'web/1', '--plan', ...etcd);
  expect(one.out).toContain('restart shop.web.1 on host-a: restarts in place');
  expect(one.out).not.toContain('shop.db.1');
  expect(await run('restart', '--parallel', '-1', ...etcd)).toMatchObject({ exit: 2 });
  const all = await run('restart', '--all-at-once', '-d', '--timeout', '1', ...etcd);
  expect(all.err).toContain('restart shop.db.1 on host-a');
});

it('history, rollback and plan --exit-code tell of revisions, and go back to one', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const plan = ['plan', '-f', '-', '-p', 'shop', ...etcd];
  expect(await run(...plan)).toMatchObject({ exit: 0 });
  expect(await run(...plan, '--exit-code')).toMatchObject({ exit: 9 });
  await run('apply', '-f', '-', '-p', 'shop', '-d', '-m', 'the first', ...etcd);
  expect(await run(...plan, '--exit-code')).toMatchObject({ exit: 0 });
  expect(await run('rollback', ...etcd)).toMatchObject({ exit: 8 });
  await run('scale', 'web=2', '-d', ...etcd);
  const stores = 'store shop revision 3: replaces revision 2 by what revision 1 was';
  const shown = await run('rollback', '--plan', ...etcd);
  expect(shown).toMatchObject({ exit: 0, out: expect.stringContaining(stores) as string });
  expect((await run('history', ...etcd)).out).toMatch(/^2 .* current[^]*^1 .* the first$/m);
  const back = await run('rollback', '1', '-p', 'shop', '-d', ...etcd);
  expect(back).toMatchObject({ exit: 0, err: expect.stringContaining(stores) as string });
  expect(back.err).toContain('remove shop.web.2 from host-a');
  expect((await run('history', ...etcd)).out).toMatch(/^3 .* current, back to 1$/m);
  const again = await run('rollback', '1', '-d', ...etcd);
  expect(again.err).toBe('shop: nothing to change, it is what revision 1 was');
  expect((await run('rollback', '7', ...etcd)).err).toContain('there are: 1, 2, 3');
  expect(await run('rollback', 'last', ...etcd)).toMatchObject({ exit: 2 });
  await cluster.ctl(['put', '/nap/v1/projects/shop/history/00000002', '{"v":2}']);
  const over = await run('rollback', '--plan', '1', ...etcd);
  expect(over.err).toMatch(/^note: .*a kept revision of shop/);
  expect(await run('history', '-p', 'blog', ...etcd)).toMatchObject({ exit: 8 });
});

it('rollback finds again what a config of a kept revision held', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const motd = (text: string): Promise<string> =>
    file(
      'shop.yml',
      `{name: shop, services: {web: {image: busybox, configs: [motd]}}, configs: {motd: {content: ${text}}}}`,
    );
  const held = (): Promise<string> =>
    cluster.ctl(['get', '--prefix', '--print-value-only', '/nap/v1/files/host-a/']);
  expect(await run('apply', await motd('before'), '-d', ...etcd)).toMatchObject({ exit: 0 });
  const before = await held();
  expect(before).toContain(Buffer.from('before').toString('base64'));
  await run('apply', await motd('after'), '-d', ...etcd);
  expect(await held()).toContain(Buffer.from('after').toString('base64'));
  await rm(join(directory, 'shop.yml'));
  expect(await run('rollback', '-d', ...etcd)).toMatchObject({ exit: 0 });
  expect(await held()).toContain(Buffer.from('before').toString('base64'));
});

it('apply says that a message is not kept where no revision is made', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const apply = ['apply', '-f', '-', '-p', 'shop', '-d', ...etcd];
  expect((await run(...apply, '-m', 'one', '-m', 'two')).err).not.toContain('message');
  const again = await run(...apply, '-m', 'three');
  expect(again.err).toContain('note: no new revision, so the message is not kept');
  const { out } = await run('history', '--format', 'json', ...etcd);
  expect(JSON.parse(out)).toMatchObject([{ revision: 1, message: 'one\ntwo' }]);
  expect((await run(...apply, '-m', ' ')).err).toBe('shop: nothing to change');
});

it('apply recreates on request what did not change, once, and keeps what left the file where it is asked to', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const web = '{name: shop, services: {web: {image: busybox}, db: {image: busybox}}}';
  const shop = await file('shop.yml', web);
  await run('apply', shop, '-d', ...etcd);
  const shown = await run('plan', shop, '--recreate', 'web', ...etcd);
  expect(shown.out).toContain('~ recreate shop.web.1 on host-a: recreated on request');
  const forced = await run('apply', shop, '--recreate', 'web', '-d', ...etcd);
  expect(forced.err).toBe(
    'store shop revision 2: replaces revision 1\nrecreate shop.web.1 on host-a: recreated on request',
  );
  expect((await run('apply', shop, '-d', ...etcd)).err).toBe('shop: nothing to change');
  const all = await run('apply', '--force-recreate', shop, '-d', ...etcd);
  expect(all.err.match(/recreated on request/g)).toHaveLength(2);
  expect((await run('rollback', '1', '-d', ...etcd)).err).toContain('nothing to change');
  expect(await run('apply', shop, '--recreate', 'api', ...etcd)).toMatchObject({ exit: 2 });
  const part = await file('part.yml', '{name: shop, services: {web: {image: busybox}}}');
  const kept = await run('apply', part, '--no-prune', '-d', ...etcd);
  expect(kept.err).toBe(
    'note: db is no longer in the file, and stays (--no-prune)\nshop: nothing to change',
  );
  const pruned = await run('apply', part, '--remove-orphans', '-d', ...etcd);
  expect(pruned.err).toContain('remove shop.db.1 from host-a');
});

it('apply --pull asks every agent once, or stands in for the policy of the files', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const shop = await file('shop.yml', '{name: shop, services: {web: {image: busybox}}}');
  await run('apply', shop, '-d', ...etcd);
  const asked = await run('apply', shop, '--pull', 'always', '-d', ...etcd);
  expect(asked.err).toContain('update shop.web.1 on host-a: looks for a newer image');
  expect((await run('apply', shop, '-d', ...etcd)).err).toBe('shop: nothing to change');
  const placed = (): Promise<string> =>
    cluster.ctl(['get', '--print-value-only', '/nap/v1/placements/host-a/shop.web.1']);
  expect(JSON.parse(await placed())).toMatchObject({ refresh: 1 });
  const waiting = await run('ps', '--format', '{{.State}}', ...etcd);
  expect(waiting.out).toBe('waiting');
  const never = await run('plan', shop, '--pull', 'never', ...etcd);
  expect(never.out).toContain('pull_policy: added never');
});

describe('a plan file', () => {
  let etcd: readonly string[];
  const compose = (image: string): string =>
    [
      '{name: shop, services: {web: {image: IMAGE, environment: {TOKEN: sesame}, secrets: [key]}},',
      'secrets: {key: {file: ./key.txt}}}',
    ]
      .join(' ')
      .replace('IMAGE', image);
  const path = (name: string): string => join(directory, name);
  const apply = (...more: string[]): Promise<Outcome> =>
    run('apply', '--plan-file', path('shop.plan'), '-d', ...etcd, ...more);

  beforeEach(async () => {
    cluster = await startEtcd();
    const { entries } = new FakeCluster('host-a', 'host-b');
    for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
    etcd = ['--etcd', cluster.endpoints.join(',')];
    await file('key.txt', 'open');
    await run('apply', await file('shop.yml', compose('web:1')), '-d', ...etcd);
    await file('shop.yml', compose('web:2'));
    const made = await run('plan', path('shop.yml'), '-o', path('shop.plan'), ...etcd);
    expect(made).toMatchObject({
      exit: 0,
      out: expect.stringContaining('image: web:1 → web:2') as string,
      err: `to do exactly this: nap-controller apply --plan-file ${path('shop.plan')}`,
    });
  });

  it('is carried out as it was shown, and again is done already', async () => {
    const done = await apply('-m', 'as agreed');
    expect(done.err).toBe(
      'store shop revision 2: replaces revision 1\nrecreate shop.web.1 on host-a: changed: image',
    );
    expect(await apply()).toMatchObject({ exit: 0, err: 'shop: nothing to change' });
    expect((await run('history', ...etcd)).out).toContain('as agreed');
  });

  it('is for its owner, and has nothing secret in it', async () => {
    expect((await stat(path('shop.plan'))).mode & 0o777).toBe(0o600);
    const text = await readFile(path('shop.plan'), 'utf8');
    expect(text).toContain('web:2');
    expect(text).not.toMatch(new RegExp(`sesame|${Buffer.from('open').toString('base64')}`));
    expect(await readdir(directory)).toEqual(['key.txt', 'shop.plan', 'shop.yml']);
  });

  it('is refused when the cluster, the files or a secret have changed, and nothing is written', async () => {
    const revision = async (): Promise<string> =>
      (
        JSON.parse(await cluster.ctl(['get', 'x', '-w', 'json'])) as {
          header: { revision: string };
        }
      ).header.revision;
    await file('key.txt', 'shut');
    const before = await revision();
    const secret = await apply();
    expect(secret).toMatchObject({ exit: 6 });
    expect(secret.err).toMatch(/is out of date; nothing was changed\n.*secrets.*: web\n/);
    await file('key.txt', 'open');
    await file('shop.yml', compose('web:3'));
    expect((await apply()).err).toContain('say something else now of: web');
    await file('shop.yml', compose('web:2'));
    await cluster.ctl([
      'put',
      '/nap/v1/hosts/host-a/policy',
      '{"v":1,"availability":"draining","labels":{}}',
    ]);
    expect((await apply()).err).toMatch(
      /would be "move shop.web.1 from host-a to host-b[^]*host-a was active, and is draining[^]*plan -o FILE/,
    );
    await cluster.ctl(['del', '/nap/v1/hosts/host-a/policy']);
    expect(Number(await revision())).toBe(Number(before) + 2);
    await run('scale', 'web=2', '-d', ...etcd);
    expect((await apply()).err).toContain('shop is at revision 2 now, by alice@ops1; it was at 1');
  });

  it('takes the same files from another place, and nothing else that would make it another plan', async () => {
    await run('plan', path('shop.yml'), '-o', path('shop.plan'), '--recreate', 'web', ...etcd);
    await mkdir(path('elsewhere'));
    for (const name of ['shop.yml', 'key.txt']) await rename(path(name), path(`elsewhere/${name}`));
    expect(await apply()).toMatchObject({ exit: 3 });
    expect(await apply('--scale', 'web=3')).toMatchObject({ exit: 2 });
    const done = await apply(path('elsewhere/shop.yml'));
    expect(done.err).toContain(
      'recreate shop.web.1 on host-a: changed: image; recreated on request',
    );
  });

  it('is refused when it is none', async () => {
    for (const [text, why] of [
      ['services: {}', 'it is not JSON'],
      ['{"kind":"nap-plan","v":2}', 'of version 2, this nap reads 1'],
      ['{"kind":"nap-plan","v":1}', 'is no plan of nap'],
      ['null', 'is no plan of nap'],
    ] as const) {
      await file('shop.plan', text);
      expect(await apply()).toMatchObject({ exit: 3, err: expect.stringContaining(why) as string });
    }
    await rm(path('shop.plan'));
    expect((await apply()).err).toMatch(/^error: cannot read .*ENOENT/);
    const nowhere = await run('plan', path('shop.yml'), '-o', path('no/shop.plan'), ...etcd);
    expect(nowhere).toMatchObject({
      exit: 3,
      err: expect.stringContaining('cannot write') as string,
    });
  });
});

it('ls and inspect show what was applied, and inspect says where to look for what is none', async () => {
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  await run('apply', '-f', '-', '-p', 'shop', '-d', ...etcd);
  expect((await run('ls', ...etcd)).out).toMatch(/^shop +1 +1 +0\/1 +working/m);
  expect((await run('ls', '--format', '{{.Name}} {{.State}}', ...etcd)).out).toBe('shop working');
  expect((await run('inspect', 'shop-web-1', ...etcd)).out).toMatch(/placed +host-a +spread/);
  expect((await run('inspect', 'shop.web.1', '--format', 'json', ...etcd)).out).toContain(
    '"NAP_PROJECT": "(not shown)"',
  );
  const missing = await run('inspect', 'shop.db.1', ...etcd);
  expect(missing).toMatchObject({ exit: 8, err: expect.stringContaining('ps lists') as string });
  expect(await run('inspect', ...etcd)).toMatchObject({ exit: 2 });
  expect(await run('ls', '--format', 'xml', ...etcd)).toMatchObject({ exit: 2 });
});

it('rebalance shows what would move, moves it, and has nothing to do a second time', async () => {
  cluster = await startEtcd();
  const etcd = ['--etcd', cluster.endpoints.join(',')];
  const put = async (...hosts: readonly string[]): Promise<void> => {
    for (const [key, value] of new FakeCluster(...hosts).entries) {
      await cluster.ctl(['put', `/nap/v1/${key}`, value]);
    }
  };
  await put('host-a');
  await run('apply', '-f', '-', '-p', 'shop', '-d', ...etcd);
  await run('scale', 'web=5', '-d', ...etcd);
  await put('host-b');
  const shown = await run('rebalance', '--plan', ...etcd);
  expect(shown).toMatchObject({ exit: 0, err: '' });
  expect(shown.out).toContain('rebalance: host-a has 5 of web, host-b has 0');
  const moved = await run('rebalance', '--max-moves', '1', '-d', ...etcd);
  expect(moved.exit).toBe(0);
  expect(moved.err).toMatch(/^move shop\.web\.\d from host-a to host-b: [^\n]*$/);
  await run('rebalance', '-p', 'shop', '-d', ...etcd);
  const again = await run('rebalance', ...etcd);
  expect(again).toMatchObject({
    exit: 0,
    err: 'nothing to move: no move would make the hosts more even',
  });
  expect(await run('rebalance', '--max-moves', '0', ...etcd)).toMatchObject({ exit: 2 });
  expect(await run('rebalance', '-p', 'blog', ...etcd)).toMatchObject({ exit: 8 });
});
