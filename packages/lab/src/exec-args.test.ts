import { expect, it } from '@jest/globals';
import { splitExecArgs } from './exec-args.js';

it.each([
  ['exec host-a -- ls -l', 'exec host-a', 'ls -l'],
  ['exec host-a ls -l -- x', 'exec host-a', 'ls -l -- x'],
  ['exec host-a --help', 'exec host-a', '--help'],
  ['exec host-a', 'exec host-a', ''],
  ['exec --help', 'exec --help', ''],
  ['up --hosts 2', 'up --hosts 2', ''],
])('of %p, %p is ours, and %p the command', (typed, own, command) => {
  const split = splitExecArgs(typed.split(' '));
  expect(split.own.join(' ')).toBe(own);
  expect(split.command.join(' ')).toBe(command);
});
