import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNapError } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { errorText } from '../output/error-view.js';
import { runCli } from '../cli.js';
import { noStreams } from '../testing/streams.js';

interface Said {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

/** `config` with a file at standard input; of project shop. */
async function config(text: string, ...flags: string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    readStdin: () => Promise.resolve(text),
    streams: noStreams(),
    signal: new AbortController().signal,
    clock: systemClock,
    env: { TAG: '7' },
    cwd: '/srv',
    user: 'alice',
  };
  const argv = ['config', '-f', '-', '-p', 'shop', ...flags];
  const exit = await runCli(argv, context, '0').catch((cause: unknown) => {
    err.push(errorText(cause));
    return isNapError(cause) ? cause.exitCode : 1;
  });
  return { out: out.join('\n'), err: err.join('\n'), exit };
}

const shop = [
  'services:',
  '  web: {image: "web:$TAG", volumes: ["data:/d"], networks: [front], depends_on: [db]}',
  '  db: {image: db, profiles: [x, y]}',
  'networks: {front: {}, unused: {}}',
  'volumes: {data: {}}',
].join('\n');

it.each([
  ['--services', 'db\nweb'],
  ['--images', 'db\nweb:7'],
  ['--networks', 'default\nfront'],
  ['--volumes', 'data'],
  ['--profiles', 'x\ny'],
  ['--environment', 'COMPOSE_PROJECT_NAME=shop\nTAG=7'],
  ['--quiet', ''],
])('%s lists names for scripts, one a line', async (flag, expected) => {
  expect((await config(shop, '--profile', 'x', flag)).out).toBe(expected);
});

const HASH = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
it.each([
  ['--services', ['db', 'web']],
  ['--images', ['db', 'web:7']],
  ['--networks', ['default', 'front']],
  ['--volumes', ['data']],
  ['--profiles', ['x', 'y']],
  ['--environment', { COMPOSE_PROJECT_NAME: 'shop', TAG: '7' }],
  ['--hash=*', { db: HASH, web: HASH }],
])('%s is JSON where that is asked for', async (flag, expected) => {
  const { out } = await config(shop, '--profile', 'x', flag, '--format', 'json');
  expect(JSON.parse(out)).toEqual(expected);
});

it('--hash of a service that is none is refused with those that there are', async () => {
  const { exit, out, err } = await config(shop, '--profile', 'x', '--hash', 'web,nope');
  expect({ exit, out }).toEqual({ exit: 8, out: '' });
  expect(err).toMatch(/--hash nope: the files have no service nope\n.*there are: db, web/);
});

it('--hash changes when the service is said otherwise, and with nothing else', async () => {
  const hash = async (text: string): Promise<string> =>
    (await config(text, '--profile', 'x', '--hash', 'web')).out;
  expect(await hash(shop)).toMatch(/^web [0-9a-f]{64}$/);
  expect(await hash(shop.replace('db: {image: db', 'db: {image: other'))).toBe(await hash(shop));
  expect(await hash(shop.replace('"web:$TAG"', 'web'))).not.toBe(await hash(shop));
  expect((await config(shop, '--profile', 'x', '--hash', '*')).out.split('\n')).toHaveLength(2);
});

it('--variables as a table and as JSON, with the fields of Docker Compose', async () => {
  expect((await config(shop, '--variables')).out).toMatch(/^NAME +REQUIRED[^]*\nTAG +false$/);
  const json: unknown = JSON.parse((await config(shop, '--variables', '--format', 'json')).out);
  expect(json).toEqual({
    TAG: { Name: 'TAG', DefaultValue: '', PresenceValue: '', Required: false },
  });
});

it('--report says what nap does with each key, of files that it refuses too', async () => {
  const text =
    'services:\n  web:\n    image: i\n    attach: true\n    credential_spec: {file: f}\n';
  const { out, err } = await config(text, '--report');
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^KEY +NAP +PLACE +WHY$/),
    expect.stringMatching(/^services +honoured +standard input:1:1$/),
    expect.stringMatching(/^services.web.image +honoured +standard input:3:5$/),
    expect.stringMatching(/^services.web.attach +ignored +standard input:4:5 +it is about/),
    expect.stringMatching(/^services.web.credential_spec +refused +standard input:5:5 +it is for/),
  ]);
  expect(err).toBe('4 keys: 2 honoured, 1 ignored, 1 refused');
  const json = JSON.parse((await config(text, '--report', '--format', 'json')).out) as unknown[];
  expect(json[2]).toEqual({
    key: 'services.web.attach',
    verdict: 'ignored',
    file: 'standard input',
    line: 4,
    column: 5,
    why: 'it is about the output of docker compose up',
  });
  expect((await config(text, '--report', '--strict')).err).toContain('error: 2 errors');
});

it('--report says what else is wrong with the files', async () => {
  const { out, err } = await config('services:\n  web: {imge: i, attach: true}\n', '--report');
  expect(out).toContain('services.web.attach');
  expect(err).toContain('services.web.imge: unknown key');
  expect(err).not.toContain('services.web.attach');
});

it('good Compose that nap refuses is printed, is no error here, and is one with --strict', async () => {
  const text = 'services: {web: {image: i, credential_spec: {file: f}}}';
  const { exit, out, err } = await config(text);
  expect(exit).toBe(0);
  expect(out).toContain('credential_spec:');
  expect(err).toContain('services.web.credential_spec');
  expect(err).toContain('apply would not take these files');
  expect(err).not.toContain('error: 1 error');
  expect((await config(text, '--strict')).err).toContain('error: 1 error in the Compose files');
});

it('what is no Compose file is not printed', async () => {
  expect((await config('services: {web: {imge: i}}')).out).toBe('');
});

it('--output writes a file, and says why it cannot', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nap-config-'));
  const file = join(directory, 'out.yml');
  expect((await config(shop, '--profile', 'x', '-o', file)).out).toBe('');
  expect(await readFile(file, 'utf8')).toMatch(/^name: shop\n[^]*[^\n]\n$/);
  const { exit, err } = await config(shop, '--profile', 'x', '-o', join(directory, 'no/such'));
  expect(exit).toBe(2);
  expect(err).toMatch(/cannot write .*ENOENT[^]*name a file in a directory that is there/);
  await rm(directory, { recursive: true });
});

it.each([
  [['--services', '--images'], '--services and --images: one at a time'],
  [['--format', 'table'], '--format table is for --report and --variables'],
  [['--report', '--format', 'yaml'], '--report takes --format table or json'],
  [['--format', 'xml'], 'config --format "xml": yaml, json or table is expected'],
  [['-o'], 'config -o: a value is expected'],
])('%j is wrong usage', async (flags, message) => {
  expect((await config(shop, ...flags)).err).toContain(message);
});
