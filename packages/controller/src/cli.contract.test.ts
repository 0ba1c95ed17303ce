import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { isNapError } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { makeCertificates, startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { runCli } from './cli.js';
import { errorText } from './output/error-view.js';
import { FakeCluster } from './testing/builders.js';

/** The command line against a real etcd that asks who is there. */

jest.setTimeout(60_000);

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    readStdin: () => Promise.resolve('services:\n  web:\n    image: busybox\n'),
    signal: new AbortController().signal,
    clock: systemClock,
    env: {},
    cwd: tmpdir(),
    user: 'alice@ops1',
  };
  const done = (exit: number): Outcome => ({ exit, out: out.join('\n'), err: err.join('\n') });
  try {
    return done(await runCli(argv, context, '0.0.0'));
  } catch (cause) {
    err.push(errorText(cause));
    return done(isNapError(cause) ? cause.exitCode : 1);
  }
}

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
