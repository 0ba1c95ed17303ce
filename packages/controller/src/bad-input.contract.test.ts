import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { LIMITS } from '@nap/shared';

/** Whatever a file is: the real command says what is wrong and where, within bounds of time and memory. Wants a build. */

jest.setTimeout(60_000);

const MAIN = join(import.meta.dirname, '../dist/main.js');
const MEMORY_MIB = 512;
/** Of processor time: the machine may have other things to do. It takes half a second to start. */
const CPU_SECONDS_MAX = 2.5;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-bad-'));
});
afterAll(() => rm(directory, { recursive: true }));

type Files = Readonly<Record<string, string | Uint8Array>>;

interface Ended {
  readonly code: number;
  readonly said: string;
  readonly cpuSeconds: number;
}

async function config(files: Files, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const cwd = await mkdtemp(join(directory, 'case-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  return configIn(cwd, env);
}

function configIn(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  // Bash measures the processor time of what it runs.
  const script = `TIMEFORMAT='cpu %U %S'; time node --max-old-space-size=${MEMORY_MIB} "$0" config -q -f compose.yml`;
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-c', script, MAIN],
      { cwd, env: { PATH: process.env['PATH'], ...env }, timeout: 50_000 },
      (failed, _out, said) => {
        const [, user, system] = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(said) ?? [];
        const code = failed === null ? 0 : Number(failed.code);
        resolve({ code, said, cpuSeconds: Number(user) + Number(system) });
      },
    );
  });
}

function expectRefusal({ code, said, cpuSeconds }: Ended, message: RegExp): void {
  expect(said).toMatch(message);
  expect(code).toBe(3);
  expect(cpuSeconds).toBeLessThan(CPU_SECONDS_MAX);
}

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('');
const web = (keys: string): string => `services: {web: {image: i, ${keys}}}`;

const nestedLists = times(12, (level) =>
  level === 0 ? 'x-0: &x0 [a, a]\n' : `x-${level}: &x${level} [${`*x${level - 1}, `.repeat(9)}]\n`,
);
const nestedMaps = times(40, (level) =>
  level === 0
    ? 'x-0: &x0 {a: b}\n'
    : `x-${level}: &x${level} {l: *x${level - 1}, r: *x${level - 1}}\n`,
);

it.each<readonly [string, Files, RegExp]>([
  [
    'a bomb of lists',
    { 'compose.yml': nestedLists },
    /compose.yml:\d+:\d+ .*more than 100000 values/,
  ],
  ['a bomb of mappings', { 'compose.yml': nestedMaps }, /compose.yml:\d+:\d+ .*more than 100000/],
  ['an anchor in itself', { 'compose.yml': web('labels: &a {b: *a}') }, /:1:\d+ .*contains itself/],
  ['a million items', { 'compose.yml': web(`dns: [${'a,'.repeat(1e6)}]`) }, /the file is too long/],
  ['deep braces', { 'compose.yml': '{a: '.repeat(2e5) }, /compose.yml:1:1 .*nested too deeply/],
  ['deep dashes', { 'compose.yml': '- '.repeat(2e5) }, /compose.yml:1:1 .*nested too deeply/],
  ['many quotes', { 'compose.yml': '"'.repeat(1e6) }, /compose.yml:1:1 .*the file is too long/],
  ['many documents', { 'compose.yml': '---\n'.repeat(3e5) }, /the file is too long/],
  [
    'a huge number',
    { 'compose.yml': web(`scale: ${'9'.repeat(2e6)}`) },
    /scale: must be an integer/,
  ],
  ['many ports', { 'compose.yml': web(`ports: [${'1-65535:1-65535,'.repeat(50)}]`) }, /5000 ports/],
  ['many words', { 'compose.yml': web(`command: "${'a '.repeat(1e6)}"`) }, /more than 20000 words/],
  [
    'deep defaults',
    { 'compose.yml': web(`user: "${'${A:-'.repeat(9e4)}"`) },
    /invalid interpolation/,
  ],
  ['bytes that are no text', { 'compose.yml': new Uint8Array(1e5) }, /it is not a text file/],
  ['a NUL byte', { 'compose.yml': web('user: "\0"') }, /it is not a text file/],
  ['no UTF-8', { 'compose.yml': Buffer.from(web('user: "\u00e9"'), 'latin1') }, /not UTF-8 text/],
  [
    'UTF-16',
    { 'compose.yml': Buffer.from(`\ufeff${web('tty: true')}`, 'utf16le') },
    /not a text file/,
  ],
  ['nothing', { 'compose.yml': '' }, /compose.yml:1:1 .*the file is empty/],
  [
    'ten megabytes',
    { 'compose.yml': '# comment\n'.repeat(1e6) },
    /has 10000000 bytes, more than the \d+/,
  ],
  [
    'a circle of includes',
    { 'compose.yml': 'include: [a.yml]', 'a.yml': 'include: [compose.yml]' },
    /a.yml:1:11 .*in a circle: .*compose.yml → .*a.yml → .*compose.yml/,
  ],
  [
    'includes that double',
    {
      'compose.yml': 'include: [f0.yml]',
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, at) => [
          `f${at}.yml`,
          `include: [f${at + 1}.yml, f${at + 1}.yml]`,
        ]),
      ),
      'f30.yml': web('tty: false'),
    },
    /f\d+.yml:1:\d+ .*more than 500 includes/,
  ],
  [
    'a circle of extends',
    {
      'compose.yml': 'services: {a: {extends: {file: b.yml, service: b}}}',
      'b.yml': 'services: {b: {extends: {file: compose.yml, service: a}}}',
    },
    /b.yml:1:\d+ .*in a circle: a .*→ b .*→ a/,
  ],
  [
    'a chain of extends',
    { 'compose.yml': `services:\n${times(5000, (at) => `  a${at}: {extends: a${at + 1}}\n`)}` },
    /more than 1000 services extend one another/,
  ],
  [
    'an inheritance that multiplies',
    {
      'compose.yml': `services:\n  base: {image: i, labels: {${times(2e4, (at) => `l${at}: v,`)}}}\n${times(900, (at) => `  a${at}: {extends: base}\n`)}`,
    },
    /more than 200000 values, those inherited/,
  ],
  [
    'an env file that multiplies',
    {
      'compose.yml': `services:\n${times(900, (at) => `  a${at}: {image: i, env_file: e.env}\n`)}`,
      'e.env': times(4e4, (at) => `K${at}=v\n`),
    },
    /more than 200000 entries/,
  ],
  [
    'an env file that grows',
    {
      'compose.yml': web('env_file: e.env'),
      'e.env': `A0=xxxxxxxx\n${times(40, (at) => `A${at + 1}=$A${at}$A${at}\n`)}`,
    },
    /e.env:\d+:1 .*grows too long/,
  ],
])('%s', async (_what, files, message) => {
  expectRefusal(await config(files), message);
});

it('a long variable in many places', async () => {
  const text = web(`labels: {${times(2e4, (at) => `l${at}: "$BIG$BIG",`)}}`);
  const ended = await config({ 'compose.yml': text }, { BIG: 'x'.repeat(1e5) });
  expectRefusal(ended, /compose.yml:1:\d+ .*more than 8388608 characters/);
});

it('a directory, a loop of links, a file that is missing', async () => {
  const cwd = await mkdtemp(join(directory, 'case-'));
  expectRefusal(await configIn(cwd), /compose.yml:1:1 .*there is no such file/);
  await mkdir(join(cwd, 'compose.yml'));
  expectRefusal(await configIn(cwd), /compose.yml:1:1 .*it is a directory/);
  await rm(join(cwd, 'compose.yml'), { recursive: true });
  await symlink('compose.yml', join(cwd, 'compose.yml'));
  expectRefusal(await configIn(cwd), /compose.yml:1:1 .*too many symbolic links/);
});

it('a file as long as nap reads is read', async () => {
  const text = `${web('tty: false')}\n#`;
  const ended = await config({ 'compose.yml': text.padEnd(LIMITS.inputFileBytes, 'x') });
  expect(ended).toMatchObject({ code: 0 });
});
