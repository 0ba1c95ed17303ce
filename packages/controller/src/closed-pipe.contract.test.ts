import { jest } from '@jest/globals';
import { CliBed } from './testing/cli-bed.js';
import { bash, NAP, runProgram } from './testing/real-command.js';

/** Readers that leave early, as `| head -1` does: no error, and no stack trace. Wants a build. */

jest.setTimeout(120_000);

const STACK = /EPIPE|\bat .*:\d+/;

let bed: CliBed;
beforeAll(async () => {
  bed = await CliBed.open('host-a', 'host-b');
  await bed.file('shop.yml', 'name: shop\nservices: {web: {image: busybox, scale: 2}}\n');
  await bed.run('apply', `${bed.directory}/shop.yml`, '-d');
  await bed.run('scale', 'web=3', '-d');
});
afterAll(() => bed.close());

it.each([
  'ps',
  'ps --format json',
  'ls',
  'names',
  'history',
  'inspect shop',
  'host ls',
  'config shop.yml',
  'plan shop.yml',
  'export',
  'rebalance --plan',
  'doctor',
  'completion',
  'help',
])('%s, where the reader is gone before it writes', async (command) => {
  const script = `${NAP} ${command} | true; echo "exit \${PIPESTATUS[0]}"`;
  const { text } = await runProgram(bed, bash(script));
  expect(text).toMatch(/^exit 0$/m);
  expect(text).not.toMatch(STACK);
});

it('half of a line is enough for the reader, or standard output was closed to begin with', async () => {
  const script = `set -o pipefail; ${NAP} ps --format json | head -c 1; echo "exit \${PIPESTATUS[0]}"`;
  const { text } = await runProgram(bed, bash(script));
  expect(text).toMatch(/^\[exit 0$/m);
  expect(text).not.toMatch(STACK);
  const closed = await runProgram(bed, bash(`${NAP} ps >&-; echo "exit $?"`));
  expect(closed.text).not.toMatch(/\bat .*:\d+/);
});

it.each([
  ['events', 'host-a'],
  ['ps --watch', 'shop'],
])('%s ends when it has something to say and nobody reads any more', async (command, first) => {
  const script = `${NAP} ${command} | head -n 1; echo "exit \${PIPESTATUS[0]}"`;
  const reader = { hasLeft: false };
  const ended = runProgram(bed, bash(script)).finally(() => {
    reader.hasLeft = true;
  });
  for (let replicas = 4; !reader.hasLeft; replicas = replicas === 4 ? 5 : 4) {
    await bed.run('scale', `web=${replicas}`, '-d');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const { text } = await ended;
  expect(text).toContain(first);
  expect(text).toMatch(/^exit 0$/m);
  expect(text).not.toMatch(STACK);
});
