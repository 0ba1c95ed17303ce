import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBundled } from '@nap/shared/start';
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

it('the agent says which version it is, and what it takes', () => {
  const main = join(distOf('agent'), 'main.js');
  expect(run(main, ['version'])).toMatchObject({ status: 0, stdout: '0.1.0\n' });
  expect(run(main, ['run', '--help']).stdout).toContain('--docker-socket');
});
