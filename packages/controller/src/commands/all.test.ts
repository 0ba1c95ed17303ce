import { COMMANDS } from './all.js';
import type { CommandContext } from './context.js';

const context: CommandContext = {
  out: () => undefined,
  err: () => undefined,
  readStdin: () => Promise.resolve(''),
  signal: new AbortController().signal,
  nowMs: () => 0,
  env: {},
  cwd: '/',
  user: 'alice',
};

it('the list of commands says of each what its module says', async () => {
  for (const { command, describe, load } of COMMANDS) {
    const { description } = (await load())(context);
    expect({ command: description.command, describe: description.describe }).toEqual({
      command,
      describe,
    });
  }
});
