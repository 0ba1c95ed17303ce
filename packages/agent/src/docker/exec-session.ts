import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Container, Exec } from 'dockerode';
import type { ExecStart, TerminalSize } from '@nap/shared';
import { NapError } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { callEngine } from './call-engine.js';
import { given } from './given.js';
import { mapEngineError } from './map-errors.js';
import type { ExecSession } from './operator-port.js';

const LOOK_EVERY_MS = 20;

/** Starts a command with its streams open. */
export async function openExec(
  container: Container,
  request: ExecStart,
  abortSignal: AbortSignal,
): Promise<ExecSession> {
  const { command, terminal, hasInput, user, workingDir, environment, privileged } = request;
  const isTerminal = terminal !== undefined;
  const exec = await container.exec({
    ...{ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal },
    ...{ AttachStdin: hasInput, Tty: isTerminal },
    ...given({ User: user, WorkingDir: workingDir, Env: environment, Privileged: privileged }),
  });
  const stream = await exec.start({ hijack: true, stdin: hasInput, Tty: isTerminal });
  const session = new Session(exec, container.id, stream, isTerminal);
  if (terminal !== undefined) await session.resize(terminal);
  return session;
}

class Session implements ExecSession {
  readonly stream: Duplex;
  readonly isTerminal: boolean;
  private readonly exec: Exec;
  private readonly container: string;

  constructor(exec: Exec, container: string, stream: Duplex, isTerminal: boolean) {
    this.exec = exec;
    this.container = container;
    this.stream = stream;
    this.isTerminal = isTerminal;
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    try {
      await this.exec.resize({ w: columns, h: rows });
    } catch {
      // The command is not quite there yet, or it has just ended: a size is not worth an error.
    }
  }

  async signal(name: string): Promise<void> {
    try {
      const { Running, Pid } = await this.inspect();
      if (!Running || Pid <= 0) return;
      // The number may be another process's by now: what it belongs to says whether it is.
      const groups = await readFile(`/proc/${Pid}/cgroup`, 'utf8');
      if (!groups.includes(this.container)) return;
      process.kill(Pid, signalNumber(name));
    } catch (err) {
      if (isGone(err)) return;
      throw mapEngineError(err, { what: `send ${name} to a command in ${this.container}` });
    }
  }

  async exitCode(signal: AbortSignal): Promise<number> {
    for (;;) {
      const { Running, ExitCode } = await this.inspect();
      // Its output can end before the engine has noticed its end.
      if (!Running && ExitCode !== null) return ExitCode;
      await systemClock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** With a deadline: an answer that dockerd has begun, and does not end, is one that docker-modem waits for for ever. */
  private inspect(): ReturnType<Exec['inspect']> {
    return callEngine(`look at a command in ${this.container}`, (abortSignal) =>
      this.exec.inspect({ abortSignal }),
    );
  }
}

function signalNumber(name: string): number {
  const bare = name.replace(/^SIG/, '');
  const number = Object.entries(constants.signals).find(([known]) => known === `SIG${bare}`)?.[1];
  const given = number ?? Number(bare);
  if (Number.isInteger(given) && given > 0) return given;
  throw new NapError('BAD_INPUT', `${name} is no signal`);
}

/** No `instanceof`: errors of Node's own calls may be of another realm. */
function isGone(err: unknown): boolean {
  const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
  return code === 'ESRCH' || code === 'ENOENT';
}
