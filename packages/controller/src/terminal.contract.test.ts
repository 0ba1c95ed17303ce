import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { FakeCluster } from './testing/builders.js';
import { runCommand } from './testing/command-context.js';

/** The real command against a real etcd, as people treat it: closed pipes, Ctrl-C, a real terminal. Wants a build. */

jest.setTimeout(60_000);

const MAIN = join(import.meta.dirname, '../dist/main.js');

let directory: string;
let cluster: EtcdCluster;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-terminal-'));
  cluster = await startEtcd();
  // Hosts whose agents do nothing: what waits for them waits on.
  const { entries } = new FakeCluster('host-a', 'host-b');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  await writeFile(
    join(directory, 'shop.yml'),
    'name: shop\nservices: {web: {image: busybox, scale: 2}, db: {image: busybox}}\n',
  );
  await applied();
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

const env = (): Record<string, string> => ({
  NAP_ETCD: cluster.endpoints.join(','),
  HOME: directory,
});

async function applied(): Promise<void> {
  const argv = ['apply', '-f', join(directory, 'shop.yml'), '-d'];
  expect(await runCommand(argv, { env: env() })).toMatchObject({ exit: 0 });
}

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs it, and says what it wrote; `meanwhile` is told each time it writes. */
function run(
  command: readonly string[],
  meanwhile: (child: ChildProcess, text: string) => void = () => undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [file = '', ...args] = command;
  const PATH = process.env['PATH'] ?? '';
  const child = spawn(file, args, {
    cwd: directory,
    env: { PATH, TERM: 'xterm', ...env(), ...more },
    stdio: 'pipe',
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece.toString();
      meanwhile(child, text);
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, text });
    });
  });
}

const bash = (script: string): readonly string[] => ['bash', '-c', script];
const nap = `'${process.execPath}' --disable-warning=DEP0123 '${MAIN}'`;

it('a reader that leaves early is no error, and no stack trace', async () => {
  const script = `set -o pipefail; ${nap} ps --format json | head -c 1; echo "exit \${PIPESTATUS[0]}"`;
  const { text } = await run(bash(script));
  expect(text).toMatch(/^\[exit 0$/m);
  expect(text).not.toMatch(/EPIPE|\bat .*:\d+/);
  const closed = await run(bash(`${nap} ps >&-; echo "exit $?"`));
  expect(closed.text).not.toMatch(/\bat .*:\d+/);
});

it('apply goes on when nobody reads what it says, and its exit code tells how it ended', async () => {
  const script = `${nap} apply shop.yml --timeout 3 2> >(head -n 1); echo "exit $?"`;
  expect((await run(bash(script))).text).toContain('exit 7');
});

it('Ctrl-C while apply waits ends the waiting, says what goes on, and ends with 130', async () => {
  const { code, text } = await run([process.execPath, MAIN, 'apply', 'shop.yml'], (child, said) => {
    if (said.includes('has not reported yet')) child.kill('SIGINT');
  });
  expect(code).toBe(130);
  expect(text).toContain(
    'stopped waiting (interrupted by SIGINT): the agents go on, and the next apply finishes the rest',
  );
  expect(text).toContain('error: interrupted by SIGINT');
  expect(text).not.toMatch(/\bat .*:\d+/);
});

it('--progress json writes an object a line, the error too', async () => {
  const { code, text } = await run([
    process.execPath,
    MAIN,
    'apply',
    'shop.yml',
    '--progress',
    'json',
    '--timeout',
    '1',
  ]);
  expect(code).toBe(7);
  const lines = text.trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(events[0]).toEqual({ event: 'message', text: 'shop: nothing to change' });
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'progress', instance: 'shop.web.2', phase: 'working' }),
  );
  expect(events.at(-1)).toMatchObject({ event: 'error', code: 'NOT_CONVERGED' });
});

/** In a terminal of its own, as wide and as high as that. */
const inTerminal = (command: string, columns: number, rows: number): readonly string[] => [
  ...['script', '--quiet', '--return', '--flush', '--command'],
  `stty cols ${columns} rows ${rows}; exec ${command}`,
  '/dev/null',
];

it('on a terminal a tree is drawn, which fits it, and the cursor is shown again at the end', async () => {
  const { code, text } = await run(inTerminal(`${nap} apply shop.yml --timeout 1`, 40, 20));
  expect(code).toBe(7);
  expect(text).toContain('\u001B[36m');
  // eslint-disable-next-line no-control-regex -- what a terminal reads
  const bare = text.replaceAll(/\u001B\[\d+m/g, '');
  // eslint-disable-next-line no-control-regex -- what a terminal reads
  const lines = bare.replaceAll(/\u001B\[[?\d;]*[A-Za-z]/g, '\n').split(/[\r\n]+/);
  const tree = lines.filter((line) => /^ {3}\S/.test(line));
  expect(tree.length).toBeGreaterThan(2);
  for (const line of tree) expect(line.length).toBeLessThan(40);
  expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
  expect(text).toContain('did not converge within 1 s');
});

it('Ctrl-C on a terminal leaves the cursor and the last state of the tree', async () => {
  let isPressed = false;
  const { code, text } = await run(inTerminal(`${nap} apply shop.yml`, 80, 20), (child, said) => {
    if (isPressed || !said.includes('web-1')) return;
    isPressed = true;
    child.stdin?.write('\u0003');
  });
  expect(code).toBe(130);
  expect(text).toMatch(/web-2[^]*stopped waiting \(interrupted by SIGINT\)/);
  expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
});

it.each([
  ['--progress', 'plain'],
  ['--ansi', 'never'],
])('on a terminal %s %s writes lines without a control character', async (...flags) => {
  const argv = `apply shop.yml --timeout 1 ${flags.join(' ')}`;
  const { text } = await run(inTerminal(`${nap} ${argv}`, 80, 20));
  expect(text).toContain('· web-1 on host');
  expect(text).not.toContain('\u001B');
});

it('NO_COLOR draws the tree without colours', async () => {
  const command = inTerminal(`${nap} apply shop.yml --timeout 1`, 80, 20);
  const { text } = await run(command, undefined, { NO_COLOR: '1' });
  expect(text).toContain('web-1');
  // eslint-disable-next-line no-control-regex -- colours
  expect(text).not.toMatch(/\u001B\[\d+m/);
});

it('a table is as wide as what it holds, also on a narrow terminal: it stays one line a row', async () => {
  const { text } = await run(inTerminal(`${nap} ps`, 20, 20));
  expect(text.trim().split('\n')).toHaveLength(4);
  expect(text).toMatch(/^shop-web-1 +busybox +host-[ab] +- +waiting/m);
});
