import type { ChildProcess } from 'node:child_process';
import { jest } from '@jest/globals';
import { CliBed } from './testing/cli-bed.js';
import {
  bash,
  inTerminal,
  MAIN,
  NAP as nap,
  runProgram,
  type Ended,
} from './testing/real-command.js';

/** The real command against a real etcd, as people treat it: Ctrl-C, a real terminal. Wants a build. */

jest.setTimeout(60_000);

let bed: CliBed;
beforeAll(async () => {
  // Hosts whose agents do nothing: what waits for them waits on.
  bed = await CliBed.open('host-a', 'host-b');
  const services = '{web: {image: busybox, scale: 2}, db: {image: busybox}}';
  const path = await bed.file('shop.yml', `name: shop\nservices: ${services}\n`);
  expect(await bed.run('apply', path, '-d')).toMatchObject({ exit: 0 });
});
afterAll(() => bed.close());

const run = (
  command: readonly string[],
  meanwhile?: (child: ChildProcess, text: string) => void,
  more?: Readonly<Record<string, string>>,
): Promise<Ended> => runProgram(bed, command, meanwhile, more);

/** Once: a second Ctrl-C ends a command at once. */
function interruptAt(text: string): (child: ChildProcess, said: string) => void {
  let isSent = false;
  return (child, said) => {
    if (isSent || !said.includes(text)) return;
    isSent = true;
    child.kill('SIGINT');
  };
}

it('apply goes on when nobody reads what it says, and its exit code tells how it ended', async () => {
  const script = `${nap} apply shop.yml --timeout 3 2> >(head -n 1); echo "exit $?"`;
  expect((await run(bash(script))).text).toContain('exit 7');
});

it('Ctrl-C while apply waits ends the waiting, says what goes on, and ends with 130', async () => {
  const { code, text } = await run(
    [process.execPath, MAIN, 'apply', 'shop.yml'],
    interruptAt('has not reported yet'),
  );
  expect(code).toBe(130);
  expect(text).toContain('stopped waiting (interrupted by SIGINT): the agents go on\n');
  expect(text).toContain('error: interrupted by SIGINT');
  expect(text).not.toMatch(/\bat .*:\d+/);
});

it('Ctrl-C in the middle of a stop says what nobody goes on with, and which command does', async () => {
  const services = '{web: {image: busybox, depends_on: [db]}, db: {image: busybox, scale: 2}}';
  const half = await bed.file('half.yml', `name: half\nservices: ${services}\n`);
  await bed.run('apply', half, '-d');
  const { code, text } = await run(
    [process.execPath, MAIN, 'stop', 'half'],
    interruptAt('stop half.web.1'),
  );
  expect(code).toBe(130);
  expect(text).toContain('  half.db.1 and 1 more: waits for web to be stopped\n');
  expect(text).toContain('nap-controller wait -p half goes on with it\n');
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
  const { text } = await run(inTerminal(`${nap} ps shop`, 20, 20));
  expect(text.trim().split('\n')).toHaveLength(4);
  expect(text).toMatch(/^shop-web-1 +busybox +host-[ab] +- +waiting/m);
});
