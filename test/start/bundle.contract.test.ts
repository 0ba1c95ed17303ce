import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFiles, isBundled, programFlags } from '@nap/shared/start';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';

/** What `npm run build` has bundled does what it does file by file. The processes of test/agents are bundled, too. */

const PACKAGES = join(import.meta.dirname, '../../packages');
const distOf = (name: string): string => join(PACKAGES, name, 'dist');

let dir: string;
let cluster: EtcdCluster;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nap-start-'));
  cluster = await startEtcd();
  writeFileSync(
    join(dir, 'files.mjs'),
    `import { runCommandProcess } from '${distOf('controller')}/command-process.js';
     await runCommandProcess((stack) => stack);`,
  );
  writeFileSync(join(dir, 'shop.yml'), 'services: {web: {image: web, ports: ["80:8080"]}}');
  writeFileSync(
    join(dir, 'micro.yml'),
    'services: {web: {image: web, healthcheck: {test: [CMD, probe], interval: 900000µs}}}',
  );
  writeFileSync(join(dir, 'wrong.yml'), 'services: {web: {imag: web}}');
});

afterAll(async () => {
  await cluster.close();
  rmSync(dir, { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { HOME: dir, LANG: 'de_DE.UTF-8', NAP_ETCD: cluster.endpoints.join(',') },
  });
  return { status, stdout, stderr };
}

it.each(['controller', 'agent'])('the %s is bundled as it was built', (name) => {
  expect({ 'npm run build was the last to build': isBundled(distOf(name)) }).toEqual({
    'npm run build was the last to build': true,
  });
});

it.each(['controller', 'agent'])('the bundle of the %s is ASCII, as it is read', (name) => {
  const bytes = readFileSync(bundleFiles(distOf(name)).code);
  expect(bytes.filter((byte) => byte > 127)).toHaveLength(0);
});

it.each(['controller', 'agent'])('what V8 has compiled of the %s it takes at a start', (name) => {
  const dist = distOf(name);
  const text = `const { compileBundle, bundleFiles } = await import('@nap/shared/start');
    console.log(compileBundle(bundleFiles(${JSON.stringify(dist)})).cachedDataRejected)`;
  const { stdout } = spawnSync(
    process.execPath,
    [...programFlags(dist), '--input-type=module', '-e', text],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  );
  expect(stdout).toBe('false\n');
});

/** V8 passes over an option that it does not know, and says nothing. */
it('V8 knows the options that the agent sets for this Node.js', () => {
  const main = readFileSync(join(distOf('agent'), 'main.js'), 'utf8');
  const late = [...main.matchAll(/setFlagsFromString\('(--[a-z-]+)/g)].map(([, flag = '']) => flag);
  expect(late).not.toEqual([]);
  const forThis = process.versions.node.startsWith('20.') ? late : [];
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const known = new Set([...stdout.matchAll(/^ {2}(--[a-z-]+) /gm)].map(([, flag = '']) => flag));
  expect(forThis.filter((flag) => !known.has(flag))).toEqual([]);
});

it.each([
  '--help',
  'ps --help',
  'version',
  'ps',
  'ps --format yaml',
  'ls --format json',
  'host ls',
  'inspect nothing',
  'config -f shop.yml -p shop',
  'config -f micro.yml -p shop',
  'config -f wrong.yml -p shop',
  'plan shop.yml -p shop',
  'apply shop.yml -p shop',
  'apply',
  'pss',
  'ps --no-such-flag',
  'exec web sh',
  'cp a web:/b',
])('says the same as file by file: %s', (words) => {
  const args = words.split(' ');
  const bundled = run(join(distOf('controller'), 'main.js'), args);
  expect(bundled).toEqual(run(join(dir, 'files.mjs'), args));
  expect(bundled.stdout + bundled.stderr).not.toBe('');
});

it('a command has its own --env-file: Node reads none, and takes no options from it', () => {
  writeFileSync(join(dir, 'options.env'), 'NODE_OPTIONS=--no-such-option\n');
  const dist = distOf('controller');
  const started = (...args: readonly string[]): Ended =>
    run('--', [join(dist, 'main.js'), 'config', '-f', 'shop.yml', ...args]);
  expect(readFileSync(join(dist, 'main.js'), 'utf8')).toMatch(/^#!.* --\n/);
  expect(started('--env-file', 'nothing.env')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('cannot read') as string,
  });
  expect(started('--env-file', 'options.env')).toMatchObject({ status: 0, stderr: '' });
});

it('the agent says which version it is, and what it takes', () => {
  const main = join(distOf('agent'), 'main.js');
  expect(run(main, ['version'])).toMatchObject({ status: 0, stdout: '0.1.0\n' });
  expect(run(main, ['run', '--help']).stdout).toContain('--docker-socket');
});

describe('installed where nobody may write, with nothing but its bundle', () => {
  let dist: string;

  beforeAll(() => {
    chmodSync(dir, 0o755);
    const root = join(dir, 'installed');
    dist = join(root, 'packages/controller/dist');
    mkdirSync(join(root, 'node_modules/@nap'), { recursive: true });
    symlinkSync('../../packages/shared', join(root, 'node_modules/@nap/shared'));
    for (const path of [
      ...['controller/package.json', 'controller/dist/main.js', 'controller/dist/.tsbuildinfo'],
      ...['controller/dist/bundle', 'shared/package.json', 'shared/dist/.tsbuildinfo'],
      'shared/dist/start',
    ]) {
      cpSync(join(PACKAGES, path), join(root, 'packages', path), { recursive: true });
    }
  });

  /** As somebody who has no right to anything. */
  function runAsNobody(): Ended & { readonly isWritten: boolean } {
    const { codeCache } = bundleFiles(dist);
    const before = statSync(codeCache).mtimeMs;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(dist, 'main.js'), 'version'],
      { cwd: '/', encoding: 'utf8', uid: 65534, gid: 65534, env: { HOME: '/nonexistent' } },
    );
    return { status, stdout, stderr, isWritten: statSync(codeCache).mtimeMs !== before };
  }

  const said = { status: 0, stdout: '0.1.0\n', stderr: '', isWritten: false };

  it('runs', () => {
    expect(runAsNobody()).toEqual(said);
  });

  it.each(['', 'not what V8 has compiled'])('compiles where its code cache is %j', (text) => {
    writeFileSync(bundleFiles(dist).codeCache, text);
    expect(runAsNobody()).toEqual(said);
  });

  it('compiles where it may not read its code cache', () => {
    chmodSync(bundleFiles(dist).codeCache, 0o000);
    expect(runAsNobody()).toEqual(said);
  });
});
