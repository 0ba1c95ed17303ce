import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { EXIT, isNapError, NapError } from '@nap/shared/errors';
import { manyListeners, systemClock } from '@nap/shared/runtime';
import { runCli } from './cli.js';
import { COMPLETES } from './commands/completes.js';
import type { Screen } from './commands/context.js';
import { errorText } from './output/error-view.js';

/** The composition root: the only reader of argv, environment, signals and standard streams. */

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return (manifest as { version: string }).version;
}

/** Loaded only by what needs it: every command pays for what is loaded. */
async function openScreen(): Promise<Screen> {
  const { screenOf } = await import('./screen.js');
  return screenOf(process.stdout);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without a passwd entry, as in a container.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** Runs the command of this process; the exit code of the process is that of the command. `explain` makes a stack readable. */
export async function runCommandProcess(explain: (stack: string) => string): Promise<void> {
  // A command may ask hundreds of hosts at once.
  const stop = manyListeners();
  listen(stop);
  try {
    const exit = await runCli(
      process.argv.slice(2),
      {
        out: (line) => process.stdout.write(`${line}\n`),
        err: (line) => process.stderr.write(`${line}\n`),
        readStdin: () => text(process.stdin),
        streams: { input: process.stdin, output: process.stdout, errors: process.stderr },
        signal: stop.signal,
        // A serial console may be a terminal without a size: nothing can be shown in place there.
        openScreen: process.stdout.isTTY && process.stdout.rows > 0 ? openScreen : undefined,
        clock: systemClock,
        env: process.env,
        cwd: process.cwd(),
        isOutTerminal: process.stdout.isTTY,
        terminal: process.stderr,
        user: `${userName()}@${hostname()}`,
      },
      readVersion(),
    );
    process.exitCode = exit;
    // Somebody waits at the prompt: not for connections that are being closed.
    if (process.argv[2] === COMPLETES) process.exit(exit);
  } catch (err) {
    process.stderr.write(`${errorText(err, explain)}\n`);
    process.exitCode = isNapError(err) ? err.exitCode : EXIT.bug;
  }
}

function listen(stop: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // A second signal ends the process at once, as everybody expects of Ctrl-C.
      process.once(signal, () => process.exit(EXIT.interrupted));
      stop.abort(new NapError('INTERRUPTED', `interrupted by ${signal}`, { details: { signal } }));
    });
  }

  // `nap-controller ps | head -1` closes the pipe early: that is no error.
  process.stdout.on('error', (err: NodeJS.ErrnoException) => {
    process.exit(err.code === 'EPIPE' ? EXIT.ok : EXIT.bug);
  });
  // Nobody reads what is said any more: the work goes on, and the exit code tells how it ended.
  process.stderr.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code !== 'EPIPE') process.exit(EXIT.bug);
  });
}
