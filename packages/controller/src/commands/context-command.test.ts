import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, type Outcome } from '../testing/command-context.js';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-context-'));
  file = join(directory, 'nap/contexts.yml');
});
afterEach(() => rm(directory, { recursive: true }));

const run = (env: Record<string, string>, ...argv: string[]): Promise<Outcome> =>
  runCommand(argv, { env: { XDG_CONFIG_HOME: directory, ...env }, cwd: '/srv' });
const context = (...argv: string[]): Promise<Outcome> => run({}, 'context', ...argv);

it('contexts are added, listed, shown, chosen and forgotten', async () => {
  expect((await context('ls')).out).toMatch(/^NAME +ETCD/);
  const added = await context('add', 'lab', '--etcd', 'http://lab:2379', '--etcd-ca', 'ca.pem');
  expect(added).toMatchObject({ exit: 0, err: `lab is kept in ${file}, and is the current one` });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const prod = await context('add', 'prod', '--etcd', 'https://a:1,https://b:2', '--prefix', '/p');
  expect(prod).toMatchObject({ exit: 0, err: `prod is kept in ${file}` });
  expect((await context('ls')).out).toMatch(
    /^lab \* +http:\/\/lab:2379 .*\nprod +https:\/\/a:1,https:\/\/b:2 .*\/p$/m,
  );
  expect((await context('show')).out).toContain('/srv/ca.pem');
  expect(await context('use', 'prod')).toMatchObject({ exit: 0 });
  const listed = await context('ls', '--format', '{{.Name}} {{.IsInUse}}');
  expect(listed.out).toBe('lab false\nprod true');
  expect((await run({ NAP_CONTEXT: 'lab' }, 'context', 'show')).out).toMatch(/name +lab/);
  expect(await context('rm', 'prod')).toMatchObject({
    exit: 0,
    err: 'forgotten: prod; no context is current now',
  });
  expect(await context('show')).toMatchObject({ exit: 8 });
});

it('refuses a name that is taken, and one that is none', async () => {
  await context('add', 'lab', '--etcd', 'http://lab:2379');
  expect(await context('add', 'lab', '--etcd', 'http://x:1')).toMatchObject({ exit: 6 });
  expect(await context('add', 'lab', '--etcd', 'http://x:1', '--replace')).toMatchObject({
    exit: 0,
  });
  expect((await context('show', 'lab')).out).toContain('http://x:1');
  expect(await context('add', 'a b')).toMatchObject({ exit: 2 });
  expect(await context('add', 'c', '--etcd', 'http://me:hunter2@x:1')).toMatchObject({
    exit: 2,
    err: expect.not.stringContaining('hunter2') as string,
  });
  expect(await context('use', 'nope')).toMatchObject({ exit: 8 });
  expect(await context('rm', 'nope')).toMatchObject({ exit: 8 });
});

it('a password that others can read is warned of, and never shown', async () => {
  await context('add', 'lab', '--etcd', 'http://127.0.0.1:1', '--etcd-user', 'alice');
  await writeFile(file, `${await readFile(file, 'utf8')}    etcd-password: hunter2\n`);
  expect((await context('ls')).err).toBe('');
  await chmod(file, 0o644);
  for (const argv of [
    ['context', 'ls'],
    ['context', 'show'],
    ['context', 'ls', '--format', 'json'],
    ['context', 'show', '--format', 'json'],
    ['ps'],
  ]) {
    const { out, err } = await run({}, ...argv);
    expect(err).toMatch(/^warning: .*contexts.yml holds a password and others can read it: chmod/);
    expect(out + err).not.toContain('hunter2');
  }
});

it('a wrong file is refused with file and line, but only where it is needed', async () => {
  await context('add', 'lab', '--etcd', 'http://lab:2379');
  await writeFile(file, 'contexts:\n  lab: {etcdd: x}\n');
  const { exit, err } = await run({}, 'ps');
  expect(exit).toBe(3);
  expect(err).toContain(`${file}:2:9  error  contexts.lab: unknown key "etcdd"`);
  expect(err).toContain(`mend ${file}`);
  expect(await run({}, 'version')).toMatchObject({ exit: 0 });
  const elsewhere = await run({}, 'ps', '--etcd', 'http://127.0.0.1:1');
  expect(elsewhere.err).not.toContain(file);
});
