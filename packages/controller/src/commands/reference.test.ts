import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../testing/command-context.js';
import { COMMANDS } from './all.js';
import type { CommandDescription } from './declare-command.js';
import { descriptions, referenceDocument } from './reference.js';

const path = fileURLToPath(new URL('../../../../docs/cli.md', import.meta.url));
const all = await descriptions();

const leavesOf = (commands: readonly CommandDescription[]): readonly CommandDescription[] =>
  commands.flatMap((it) => (it.commands === undefined ? [it] : leavesOf(it.commands)));

it('docs/cli.md says what the commands say', async () => {
  const text = await referenceDocument();
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(path, text);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

it('the list of commands says of each what its module says', () => {
  expect(all.map(({ command, describe }) => ({ command, describe }))).toEqual(
    COMMANDS.map(({ command, describe }) => ({ command, describe })),
  );
});

it.each(leavesOf(all).map((it) => [it.command[0] ?? '', it] as const))(
  '%s is described, with an example, and each of its flags',
  (_name, { describe, examples = [], flags }) => {
    expect(describe).not.toBe('');
    expect(examples.length).toBeGreaterThan(0);
    const silent = Object.entries(flags).filter(([, { description = '' }]) => description === '');
    expect(silent.map(([name]) => name)).toEqual([]);
  },
);

it('help of a command shows its examples', async () => {
  expect((await runCommand(['plan', '--help'])).out).toMatch(
    /Examples:\n +nap-controller plan shop.yml +what apply would do, field by field/,
  );
});
