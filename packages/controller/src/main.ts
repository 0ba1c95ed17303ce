#!/usr/bin/env -S node --disable-warning=DEP0123
// gRPC names the server by its address in a TLS handshake; that etcd's endpoints are addresses is nobody's fault.
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { EXIT, isNapError, NapError } from '@nap/shared';
import { runCli } from './cli.js';
import type { Screen } from './commands/context.js';
import { errorText } from './output/error-view.js';

/** The composition root: the only reader of argv, environment, signals and standard streams. */

const stop = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // A second signal ends the process at once, as everybody expects of Ctrl-C.
    process.once(signal, () => process.exit(EXIT.interrupted));
    stop.abort(new NapError('INTERRUPTED', `interrupted by ${signal}`));
  });
}

// `nap-controller ps | head -1` closes the pipe early: that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (err: NodeJS.ErrnoException) => {
    process.exit(err.code === 'EPIPE' ? EXIT.ok : EXIT.bug);
  });
}

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

try {
  process.exitCode = await runCli(
    process.argv.slice(2),
    {
      out: (line) => process.stdout.write(`${line}\n`),
      err: (line) => process.stderr.write(`${line}\n`),
      readStdin: () => text(process.stdin),
      signal: stop.signal,
      // A serial console may be a terminal without a size: nothing can be shown in place there.
      openScreen: process.stdout.isTTY && process.stdout.rows > 0 ? openScreen : undefined,
      nowMs: () => Date.now(),
      env: process.env,
      cwd: process.cwd(),
      user: `${userName()}@${hostname()}`,
    },
    readVersion(),
  );
} catch (err) {
  process.stderr.write(`${errorText(err)}\n`);
  process.exitCode = isNapError(err) ? err.exitCode : EXIT.bug;
}
