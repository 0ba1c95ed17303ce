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
  await context('add', 'lab', '--etcd', 'http://127.0.0.1:1');
  const user = '    etcd-user: alice\n    etcd-password: hunter2\n';
  await writeFile(file, `${await readFile(file, 'utf8')}${user}`);
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

it.each([
  [['--etcd', ''], /--etcd names no endpoint/],
  [['--etcd', ' , '], /--etcd names no endpoint/],
  [['--etcd', 'ftp://a:1'], /--etcd: ftp:\/\/a:1 is no endpoint/],
  [['--etcd', 'http://a:1,http://b:99999'], /http:\/\/b:99999 is no endpoint/],
  [['--etcd-cert', 'me.pem'], /--etcd-cert and --etcd-key go together/],
  [['--etcd-key', 'me.key'], /--etcd-cert and --etcd-key go together/],
  [['--etcd-user', 'alice'], /--etcd-user and --etcd-password-file go together/],
  [['--prefix', ''], /--prefix is empty/],
  [['--etcd-ca', ''], /--etcd-ca is empty/],
])(
  'add with %j is refused as every command would refuse it, and nothing is kept',
  async (flags, why) => {
    await context('add', 'lab', '--etcd', 'http://lab:2379');
    const before = await readFile(file, 'utf8');
    const { exit, err } = await context('add', 'new', ...flags);
    expect({ exit, err }).toEqual({ exit: 3, err: expect.stringMatching(why) as string });
    expect(await readFile(file, 'utf8')).toBe(before);
  },
);

it('a password that is set as a variable is said to be read by nobody', async () => {
  const env = { NAP_ETCD: 'http://127.0.0.1:1', NAP_ETCD_PASSWORD: 'hunter2' };
  const { err } = await run(env, 'host', 'ls');
  expect(err).toMatch(/^note: NAP_ETCD_PASSWORD is not read: NAP_ETCD_PASSWORD_FILE names/);
  expect(err).not.toContain('hunter2');
  expect((await run({ ...env, NAP_ETCD_PASSWORD: '' }, 'host', 'ls')).err).not.toContain('note');
});

describe('with a context in the file that cannot be used', () => {
  const BAD = 'current: gone\ncontexts:\n  lab: {etcd: "http://lab:2379"}\n  bad: {etcd: ""}\n';
  const problem = /contexts\.bad\.etcd: is empty/;
  beforeEach(async () => {
    await context('add', 'lab', '--etcd', 'http://lab:2379');
    await writeFile(file, BAD);
  });

  it('the others are listed and chosen, and what is wrong is said', async () => {
    const listed = await context('ls', '--format', '{{.Name}}');
    expect(listed).toMatchObject({ exit: 0, out: 'bad\nlab' });
    expect(listed.err).toMatch(problem);
    const chosen = await context('use', 'lab');
    expect(chosen).toMatchObject({ exit: 0 });
    expect(chosen.err).toMatch(problem);
    expect((await context('show')).out).toContain('http://lab:2379');
  });

  it('it is not chosen, shown, or taken for good by other commands', async () => {
    for (const argv of [
      ['context', 'use', 'bad'],
      ['context', 'show', 'bad'],
      ['ps', '--context', 'lab'],
    ]) {
      const { exit, err } = await run({}, ...argv);
      expect(exit).toBe(3);
      expect(err).toMatch(problem);
      expect(err).toContain('context rm');
    }
    expect(await readFile(file, 'utf8')).toBe(BAD);
  });

  it('it is forgotten, and then nothing is wrong any more', async () => {
    await context('use', 'lab');
    expect(await context('rm', 'bad')).toMatchObject({ exit: 0, err: 'forgotten: bad' });
    expect(await context('ls')).toMatchObject({ exit: 0, err: '' });
  });

  it('it is replaced', async () => {
    await context('use', 'lab');
    await context('add', 'bad', '--etcd', 'http://good:1', '--replace');
    expect(await context('ls')).toMatchObject({ exit: 0, err: '' });
  });

  it('a file that is no YAML is left alone', async () => {
    await writeFile(file, 'contexts: {a');
    expect(await context('rm', 'a')).toMatchObject({ exit: 3 });
    expect(await readFile(file, 'utf8')).toBe('contexts: {a');
  });
});
