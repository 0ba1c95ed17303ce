import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';
import { runCommand } from '../testing/command-context.js';

/** The command line against a real etcd that asks who is there. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('with user and password: the right ones work, the wrong ones are named, the password never shown', async () => {
  bed = await CliBed.open();
  await bed.cluster.ctl(['user', 'add', 'operator:secret']);
  await bed.cluster.ctl(['role', 'add', 'nap']);
  await bed.cluster.ctl([
    'role',
    'grant-permission',
    'nap',
    '--prefix=true',
    'readwrite',
    '/nap/v1/',
  ]);
  await bed.cluster.ctl(['user', 'grant-role', 'operator', 'nap']);
  await bed.cluster.ctl(['user', 'add', 'root:root']);
  await bed.cluster.ctl(['user', 'grant-role', 'root', 'root']);
  await bed.cluster.ctl(['auth', 'enable']);
  const as = async (user: string, password: string): Promise<string[]> => [
    ...['--etcd', bed.cluster.endpoints.join(','), '--etcd-user', user],
    ...['--etcd-password-file', await bed.file('password', `${password}\n`)],
  ];
  const good = await bed.run('host', 'ls', ...(await as('operator', 'secret')));
  expect(good).toMatchObject({ exit: 0, out: expect.stringMatching(/^HOST/) as string });
  const wrong = await bed.run('ps', ...(await as('operator', 'hunter2')));
  expect(wrong.exit).toBe(5);
  expect(wrong.err).toMatch(/authentication failed[^]*check the user, its password/);
  expect(wrong.err).not.toContain('hunter2');
  const nobody = await bed.run('ps', '--etcd', bed.cluster.endpoints.join(','));
  expect(nobody.exit).toBe(5);
  expect(nobody.err).toContain('user name is empty');
  const env = { NAP_CONFIG: join(bed.directory, 'contexts.yml') };
  const named = ['context', 'add', 'lab', ...(await as('operator', 'secret'))];
  expect(await runCommand(named, { env, cwd: bed.directory })).toMatchObject({ exit: 0 });
  const inContext = await runCommand(['host', 'ls', '--context', 'lab'], { env });
  expect(inContext).toMatchObject({ exit: 0, err: '' });
  const apply = await bed.run(
    'apply',
    '-f',
    '-',
    '-p',
    'shop',
    ...(await as('operator', 'secret')),
  );
  expect(apply).toMatchObject({ exit: 4 });
  expect(apply.err).toContain('no host is registered: is nap-agent running anywhere?');
});

it('with client certificates: the right one works, none is refused with the way out', async () => {
  const secured = await CliBed.secured('operator');
  bed = secured.bed;
  const { certificates } = secured;
  const { certFile, keyFile } = certificates.client('operator');
  const base = ['--etcd', bed.cluster.endpoints.join(','), '--etcd-ca', certificates.caFile];
  const good = await bed.run('host', 'ls', ...base, '--etcd-cert', certFile, '--etcd-key', keyFile);
  expect(good).toMatchObject({ exit: 0 });
  const none = await bed.run('host', 'ls', ...base);
  expect(none.exit).toBe(5);
  expect(none.err).toContain('check the certificate authority, client certificate and host name');
  const half = await bed.run('host', 'ls', ...base, '--etcd-cert', certFile);
  expect(half).toMatchObject({ exit: 3 });
  expect(half.err).toContain('--etcd-cert and --etcd-key go together');
});
