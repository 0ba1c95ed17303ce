import { once } from 'node:events';
import {
  execRequestSchema,
  FRAME,
  FRAME_HEADER_BYTES,
  LIMITS,
  NapError,
  toApiError,
  type ExecAnswer,
  type ExecMessage,
  type TerminalSize,
} from '@nap/shared';
import type { RawData, WebSocket } from 'ws';
import type { ExecSession } from '../docker/operator-port.js';
import { parseJson } from './answer.js';
import { findContainer } from './find-container.js';
import type { RouteParts } from './routes.js';

/** One exec over one WebSocket: see `execRequestSchema`. Whose caller vanishes is told by SIGHUP, like a terminal's. */
export function serveExec(client: WebSocket, parts: RouteParts): void {
  serve(client, new ServedExec(client, parts));
}

/** Gives a call what its caller sends, and tells it when he is gone. */
export function serve(client: WebSocket, exec: ServedSession): void {
  client.on('message', (data, isBinary) => {
    exec.take(data, isBinary);
  });
  client.on('close', () => {
    exec.leave();
  });
  // A close follows.
  client.on('error', () => undefined);
}

/** A program with the streams of somebody elsewhere. Which one it is, and what becomes of it when he is gone, is for heirs. */
export abstract class ServedSession {
  protected readonly parts: RouteParts;
  protected readonly left = new AbortController();
  private readonly client: WebSocket;
  /** Undefined until the first message. */
  private session: Promise<ExecSession> | undefined;
  /** Input goes in the order in which it came. */
  private input: Promise<void> = Promise.resolve();
  /** Sizes go one after the other: two calls at once may reach the engine in either order, and the older would stay. */
  private sizing: Promise<void> = Promise.resolve();
  private wantedSize: TerminalSize | undefined;
  private pendingBytes = 0;
  protected isOver = false;

  constructor(client: WebSocket, parts: RouteParts) {
    this.client = client;
    this.parts = parts;
  }

  take(data: RawData, isBinary: boolean): void {
    try {
      // ws gives whole messages as Buffers unless told otherwise.
      const bytes = data as Buffer;
      if (isBinary) this.takeInput(bytes.subarray(1));
      else this.obey(parseJson(bytes.toString('utf8'), execRequestSchema));
    } catch (err) {
      this.fail(err);
    }
  }

  leave(): void {
    this.left.abort();
    if (this.isOver || this.session === undefined) return;
    void this.session.then(
      async (session) => {
        await this.abandon(session);
        session.stream.destroy();
      },
      () => undefined,
    );
  }

  /** The session that such a message begins; undefined for a message that begins none. */
  protected abstract begin(message: ExecMessage): Promise<ExecSession> | undefined;

  /** Its caller has gone before its end. Does not throw. */
  protected abstract abandon(session: ExecSession): Promise<void>;

  /** It has ended; its caller is told next. Does not throw. */
  protected onEnd(): Promise<void> {
    return Promise.resolve();
  }

  /** What to tell its caller where the engine does not say how it ended. */
  protected unknownEnd(err: unknown): unknown {
    return err;
  }

  protected onSignal(session: ExecSession, signal: string): Promise<void> {
    return session.signal(signal);
  }

  private obey(message: ExecMessage): void {
    const isFirst = this.session === undefined;
    const silence = this.parts.pulse?.problem;
    if (isFirst && silence !== undefined) throw silence;
    const begun = this.begin(message);
    if (begun !== undefined) {
      if (!isFirst) throw new NapError('BAD_INPUT', 'it was started already');
      this.session = begun;
      this.run(begun).catch((err: unknown) => {
        this.fail(err);
      });
      return;
    }
    if (message.type === 'file') return;
    const session = this.started();
    if (message.type === 'resize') this.resize(session, message.terminal);
    if (message.type === 'signal') this.then(session, (it) => this.onSignal(it, message.signal));
    if (message.type === 'end') this.inputThen((it) => it.stream.end());
  }

  private async run(starting: Promise<ExecSession>): Promise<void> {
    const session = await starting;
    const { stream, isTerminal } = session;
    // What is written after the end is of no use to anybody.
    stream.on('error', () => undefined);
    await this.answer({ type: 'started' });
    for await (const chunk of stream) await this.give(chunk as Buffer, isTerminal);
    const exitCode = await session.exitCode(this.left.signal).catch((err: unknown) => {
      throw this.unknownEnd(err);
    });
    this.isOver = true;
    await this.onEnd();
    await this.answer({ type: 'exit', exitCode });
    this.client.close();
  }

  private rest: Buffer = Buffer.alloc(0);

  /** Waits until it is on its way: who reads slowly slows down the command. */
  private async give(chunk: Buffer, isTerminal: boolean): Promise<void> {
    if (isTerminal) {
      await this.send(Buffer.concat([Buffer.of(FRAME.stdout), chunk]));
      return;
    }
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      const kind = bytes.readUInt8(0);
      await this.send(Buffer.concat([Buffer.of(kind), bytes.subarray(FRAME_HEADER_BYTES, end)]));
      bytes = bytes.subarray(end);
    }
    this.rest = bytes;
  }

  private takeInput(bytes: Buffer): void {
    this.pendingBytes += bytes.length;
    if (this.pendingBytes > 2 * LIMITS.execInputBytes) {
      throw new NapError('BAD_INPUT', 'more input than was asked for');
    }
    this.inputThen(async ({ stream }) => {
      if (stream.writable && !stream.write(bytes)) {
        await once(stream, 'drain', { signal: this.left.signal });
      }
      this.pendingBytes -= bytes.length;
      await this.answer({ type: 'taken', bytes: bytes.length });
    });
  }

  private inputThen(work: (session: ExecSession) => unknown): void {
    const session = this.started();
    this.input = this.input.then(async () => {
      // A program that is gone takes no more input; that it is gone is said by its exit.
      await Promise.resolve(session.then(work)).catch(() => undefined);
    });
  }

  private resize(starting: Promise<ExecSession>, size: TerminalSize): void {
    this.wantedSize = size;
    const resized = this.sizing.then(async () => {
      const session = await starting;
      // While a window is being drawn larger only the newest size matters.
      if (this.wantedSize === size) await session.resize(size);
    });
    this.sizing = resized.catch((err: unknown) => {
      this.fail(err);
    });
  }

  private then(session: Promise<ExecSession>, work: (it: ExecSession) => Promise<void>): void {
    session.then(work).catch((err: unknown) => {
      this.fail(err);
    });
  }

  private started(): Promise<ExecSession> {
    if (this.session === undefined) throw new NapError('BAD_INPUT', 'it was not started');
    return this.session;
  }

  private fail(err: unknown): void {
    if (this.isOver || this.left.signal.aborted) return;
    void this.answer({ type: 'error', error: toApiError(err) }).then(() => {
      this.client.close();
    });
  }

  protected answer(answer: ExecAnswer): Promise<void> {
    return this.send(JSON.stringify(answer));
  }

  /** Harmless once the caller has left. */
  protected send(data: Buffer | string): Promise<void> {
    return new Promise((resolve) => {
      this.client.send(data, () => {
        resolve();
      });
    });
  }
}

class ServedExec extends ServedSession {
  protected begin(message: ExecMessage): Promise<ExecSession> | undefined {
    return message.type === 'start' ? this.start(message) : undefined;
  }

  protected async abandon(session: ExecSession): Promise<void> {
    await session.signal('SIGHUP').catch((err: unknown) => {
      this.parts.log.warn('cannot end what a vanished operator ran', { err });
    });
  }

  private async start(message: Extract<ExecMessage, { type: 'start' }>): Promise<ExecSession> {
    const { docker, host, log } = this.parts;
    const { instance, command } = message;
    const container = await findContainer(docker, host, instance);
    if (container.state !== 'running') {
      throw new NapError('DOCKER_CONFLICT', `${instance} does not run: it is ${container.state}`, {
        hint: `nap-controller inspect ${instance} says why`,
      });
    }
    // Not the arguments: they may be secrets.
    log.info('exec', { instance, program: command[0] });
    return docker.exec(container.id, message);
  }
}
