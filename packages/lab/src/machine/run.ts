/**
 * Child processes: the only place that starts any. A command gets a process group of its own, so that a deadline or an
 * abort ends all of it, also what a shell or nsenter started for it.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import { LabError } from '../errors.js';

export interface ExecOptions {
  /** What the command reads from its standard input; nothing when absent. */
  readonly input?: string | Uint8Array;
  /** After this the command is killed and the call throws. Default: 60 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  /** The exit code, or 128 plus the number of the signal that ended the command. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends ExecOptions {
  /** What an error calls the command, where its words say little: `docker ps on host-a`. Default: all its words. */
  readonly shown?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs a command to its end. A code other than 0 is a result; a deadline, an abort or a missing program throws. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<ExecResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, shown = commandLine(argv) } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const { signal: parent } = options;
  // eslint-disable-next-line no-restricted-properties -- few are given one, by programs that end soon
  const signal = parent === undefined ? deadline : AbortSignal.any([deadline, parent]);
  signal.throwIfAborted();
  const child = start(argv, 'pipe');
  child.stdin?.on('error', ignoreClosedPipe).end(options.input);
  const output = Promise.all([read(child.stdout), read(child.stderr), exitCode(child)]);
  const [stdout, stderr, code] = await unlessAborted(signal, output, () => {
    killGroup(child, 'SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
    return deadline.aborted
      ? new LabError(`no end after ${timeoutMs / 1000} s: ${shown}`)
      : abortReason(signal);
  });
  return { code, stdout, stderr };
}

/** Runs a command that has to succeed, and returns what it wrote. Throws LabError with its complaint otherwise. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0) {
    const why = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
    const shown = options.shown ?? commandLine(argv);
    throw new LabError(`failed with code ${code}: ${shown}${why && `\n${why}`}`);
  }
  return stdout;
}

/** Runs a command on this terminal and passes its exit code on. */
export async function runAttached(argv: readonly string[]): Promise<number> {
  return exitCode(start(argv, 'inherit', false));
}

/** A command that runs on, with its streams at hand, until `stop` or its own end. */
export interface RunningProcess {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  /** Resolves with the exit code; never rejects. */
  readonly exited: Promise<number>;
  /** Signals all of it (default SIGTERM; SIGKILL after five seconds) and resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  /** Signals all of it, such as SIGSTOP, and leaves it at that. */
  signal(signal: NodeJS.Signals): void;
}

const STOP_GRACE_MS = 5_000;

export function runInBackground(argv: readonly string[]): RunningProcess {
  const child = start(argv, 'pipe');
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || stdin === null || stdout === null || stderr === null) {
    throw new LabError(`cannot start: ${commandLine(argv)}`);
  }
  stdin.on('error', ignoreClosedPipe);
  const exited = exitCode(child).catch(() => 127);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    killGroup(child, signal);
    const lastResort = setTimeout(() => {
      killGroup(child, 'SIGKILL');
    }, STOP_GRACE_MS);
    return exited.finally(() => {
      clearTimeout(lastResort);
    });
  };
  const signal = (name: NodeJS.Signals): void => {
    killGroup(child, name);
  };
  return { pid, stdin, stdout, stderr, exited, stop, signal };
}

/** Starts a process that outlives this one and writes to a log file. */
export function runDetached(argv: readonly string[], logFile: string): void {
  const log = openSync(logFile, 'a');
  try {
    const child = start(argv, ['ignore', log, log]);
    child.on('error', () => undefined); // whoever waits for the process to be ready notices, and names the log
    child.unref();
  } finally {
    closeSync(log);
  }
}

export function commandLine(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
}

function start(argv: readonly string[], stdio: StdioOptions, detached = true): ChildProcess {
  const [program, ...rest] = argv;
  if (program === undefined) throw new LabError('no command given');
  return spawn(program, rest, { stdio, detached });
}

async function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const hint = 'install what is missing: scripts/setup';
      reject(new LabError(`cannot start ${child.spawnfile}: ${cause.message}`, { hint, cause }));
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

async function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : text(stream);
}

/** Waits for `work`, but not beyond the signal: then calls `giveUp` once and throws what it returns. */
async function unlessAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
  giveUp: () => Error,
): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(giveUp());
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined); // after an abort nobody is left to hear of it
  }
}

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new LabError(String(reason));
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

/** A command that does not read its input to the end is not an error. */
function ignoreClosedPipe(): void {
  // Nothing to do: the exit code says how the command fared.
}
