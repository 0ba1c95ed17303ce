import {
  apiPaths,
  execAnswerSchema,
  FRAME,
  fromApiError,
  LIMITS,
  NapError,
  type ExecAnswer,
  type ExecMessage,
  type ExecStart,
  type HostId,
  type RunStart,
} from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import type { RawData, WebSocket } from 'ws';
import type { Streams } from '../streams.js';
import type { AgentClient } from './agent-client.js';

export interface ExecParts {
  readonly streams: Streams;
  readonly signal: AbortSignal;
  /** Raw: keys go to the program as they are, Ctrl-C among them. */
  readonly isRaw: boolean;
  /** Sent first: what a run brings along. */
  readonly before?: readonly ExecMessage[];
  /** Of a run whose image is not on its host yet. */
  readonly onPulling?: (progress: PullingAnswer) => void;
  readonly onStarted?: () => void;
}

/** What is to be run with the caller's streams: a command in an instance, or a one-off. */
export type SessionStart = ExecStart | RunStart;

export type PullingAnswer = Extract<ExecAnswer, { type: 'pulling' }>;

const ASK_EVERY_MS = 5_000;
const SILENCE_MS = 15_000;
const PIECE_BYTES = 64 * 1024;

/**
 * Runs a command in a container of this host, with the caller's own streams, and resolves with its exit code. The terminal
 * is as before when this ends, however it ends. Throws what the agent says, and AGENT_UNAVAILABLE when it vanishes.
 */
export async function execOn(
  client: AgentClient,
  start: SessionStart,
  parts: ExecParts,
): Promise<number> {
  const path = start.type === 'run' ? apiPaths.run : apiPaths.exec;
  const socket = await client.socket(path, parts.signal);
  const session = new ExecSession(client.host, socket, start, parts);
  try {
    return await session.run();
  } finally {
    session.dispose();
  }
}

class ExecSession {
  private readonly host: HostId;
  private readonly socket: WebSocket;
  private readonly start: SessionStart;
  private readonly parts: ExecParts;
  private readonly disposers: (() => void)[] = [];
  private readonly exit: Promise<number>;
  private resolve: (exitCode: number) => void = () => undefined;
  private reject: (err: Error) => void = () => undefined;
  private heardAtMs = systemClock.monotonicMs();
  private isStarted = false;
  private untakenBytes = 0;
  /** Writes that the terminal or pipe has not taken yet. */
  private blocked = 0;

  constructor(host: HostId, socket: WebSocket, start: SessionStart, parts: ExecParts) {
    this.host = host;
    this.socket = socket;
    this.start = start;
    this.parts = parts;
    this.exit = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  async run(): Promise<number> {
    const { socket, exit } = this;
    socket.on('message', (data, isBinary) => {
      this.heardAtMs = systemClock.monotonicMs();
      // ws gives whole messages as Buffers unless told otherwise.
      if (isBinary) this.write(data as Buffer);
      else this.takeAnswer(data);
    });
    socket.on('pong', () => {
      this.heardAtMs = systemClock.monotonicMs();
    });
    socket.on('close', () => {
      this.reject(this.vanished('the connection is gone'));
    });
    socket.on('error', (err) => {
      this.reject(this.vanished(err.message, err));
    });
    this.mindSignals();
    this.watchOver();
    for (const message of this.parts.before ?? []) this.send(message);
    this.send(this.start);
    return exit;
  }

  dispose(): void {
    for (const dispose of this.disposers.reverse()) dispose();
    this.socket.removeAllListeners('close');
    if (this.socket.readyState === this.socket.OPEN) this.socket.close();
    // An agent that does not answer any more does not say goodbye either.
    const cancel = systemClock.after(200, () => {
      this.socket.terminate();
    });
    this.socket.once('close', cancel);
  }

  private takeAnswer(data: RawData): void {
    const answer: ExecAnswer = execAnswerSchema.parse(
      JSON.parse((data as Buffer).toString('utf8')),
    );
    if (answer.type === 'started') this.onStarted();
    if (answer.type === 'pulling') this.parts.onPulling?.(answer);
    if (answer.type === 'taken') this.onTaken(answer.bytes);
    if (answer.type === 'error') this.reject(fromApiError(answer.error, this.host));
    if (answer.type === 'exit') this.resolve(answer.exitCode);
  }

  private onStarted(): void {
    const { input, output } = this.parts.streams;
    this.isStarted = true;
    this.parts.onStarted?.();
    if (this.start.type === 'run' && this.start.isDetached) return;
    if (this.start.terminal !== undefined) {
      const onResize = (): void => {
        this.resize();
      };
      output.on('resize', onResize);
      this.disposers.push(() => output.off('resize', onResize));
      // It may have changed since the start was sent.
      this.resize();
    }
    if (this.parts.isRaw) {
      input.setRawMode?.(true);
      this.disposers.push(() => input.setRawMode?.(false));
    }
    if (this.start.hasInput) this.readInput();
  }

  private resize(): void {
    const terminal = terminalSize(this.parts.streams);
    if (terminal !== undefined) this.send({ type: 'resize', terminal });
  }

  private readInput(): void {
    const { input } = this.parts.streams;
    const onData = (chunk: Buffer | string): void => {
      const bytes = Buffer.from(chunk);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        this.untakenBytes += piece.length;
        this.socket.send(Buffer.concat([Buffer.of(FRAME.stdin), piece]));
      }
      if (this.untakenBytes >= LIMITS.execInputBytes) input.pause();
    };
    const onEnd = (): void => {
      this.send({ type: 'end' });
    };
    input.on('data', onData);
    input.on('end', onEnd);
    this.disposers.push(() => {
      input.off('data', onData);
      input.off('end', onEnd);
      input.pause();
      input.unref?.();
    });
  }

  private onTaken(bytes: number): void {
    this.untakenBytes -= bytes;
    if (this.untakenBytes < LIMITS.execInputBytes) this.parts.streams.input.resume();
  }

  /** Whoever reads slowly slows down the program: no message is read while one waits to be written. */
  private write(message: Buffer): void {
    const { output, errors } = this.parts.streams;
    const stream = message.readUInt8(0) === FRAME.stderr ? errors : output;
    if (stream.write(message.subarray(1))) return;
    this.blocked += 1;
    this.socket.pause();
    stream.once('drain', () => {
      this.blocked -= 1;
      this.heardAtMs = systemClock.monotonicMs();
      if (this.blocked === 0) this.socket.resume();
    });
  }

  /** In a raw terminal Ctrl-C is a key; otherwise a signal, which is for the command. */
  private mindSignals(): void {
    const { signal, isRaw } = this.parts;
    const onAbort = (): void => {
      const reason = signal.reason as NapError;
      // What has not begun is not to begin: the agent sees to it when its caller is gone.
      const isToBegin = this.start.type === 'run' && !this.isStarted;
      if (isRaw || isToBegin) this.reject(reason);
      else this.send({ type: 'signal', signal: signalOf(reason) });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.disposers.push(() => {
      signal.removeEventListener('abort', onAbort);
    });
  }

  private watchOver(): void {
    const look = (): void => {
      const silentMs = systemClock.monotonicMs() - this.heardAtMs;
      if (silentMs > SILENCE_MS && this.blocked === 0) {
        this.reject(this.vanished(`no sign of life for ${Math.round(silentMs / 1000)} s`));
        return;
      }
      this.socket.ping();
      cancel = systemClock.after(ASK_EVERY_MS, look);
    };
    let cancel = systemClock.after(ASK_EVERY_MS, look);
    this.disposers.push(() => {
      cancel();
    });
  }

  private vanished(why: string, cause?: unknown): NapError {
    return new NapError(
      'AGENT_UNAVAILABLE',
      `${this.host} has gone in the middle of the command: ${why}`,
      { hint: hintFor(this.start, this.host), cause },
    );
  }

  private send(message: ExecMessage): void {
    this.socket.send(JSON.stringify(message), () => undefined);
  }
}

function hintFor(start: SessionStart, host: HostId): string {
  if (start.type === 'start') {
    return `whether it still runs is not known; nap-controller inspect ${start.instance} says how the instance is`;
  }
  const { spec, terminal, isRemovedAtEnd } = start;
  if (terminal !== undefined) return `${spec.containerName} is stopped: its terminal is gone`;
  const after = isRemovedAtEnd ? ', and is removed then' : '';
  return `${spec.containerName} runs on to its end, unless ${host} went down with it${after}: nap-controller ps --all shows it, and logs ${spec.containerName} what it says`;
}

/** Undefined where it leads to no terminal. */
export function terminalSize({ output }: Streams): ExecStart['terminal'] {
  const { columns, rows } = output;
  if (columns === undefined || rows === undefined || columns < 1 || rows < 1) return undefined;
  return { columns, rows };
}

function signalOf({ details }: NapError): string {
  const signal = details['signal'];
  return typeof signal === 'string' ? signal : 'SIGTERM';
}
