import type { CommandContext } from '../commands/context.js';
import { noStreams } from './streams.js';
import { runCli } from '../cli.js';
import { errorText } from '../output/error-view.js';
import { isNapError } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** One command line with what it says and how it ends; nothing of this process is touched. */
export async function runCommand(
  argv: readonly string[],
  more: Partial<CommandContext> = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const context: CommandContext = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    readStdin: () => Promise.resolve('services:\n  web:\n    image: busybox\n'),
    streams: noStreams(),
    signal: new AbortController().signal,
    clock: systemClock,
    env: {},
    cwd: '/',
    user: 'alice@ops1',
    ...more,
  };
  const ended = (exit: number): Outcome => ({ exit, out: out.join('\n'), err: err.join('\n') });
  try {
    return ended(await runCli(argv, context, '1.2.3'));
  } catch (cause) {
    err.push(errorText(cause));
    return ended(isNapError(cause) ? cause.exitCode : 1);
  }
}
