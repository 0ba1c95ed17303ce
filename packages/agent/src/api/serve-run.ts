import { PassThrough } from 'node:stream';
import {
  FRAME,
  isNapError,
  LIMITS,
  messageOf,
  NapError,
  type ExecMessage,
  type RunStart,
} from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import type { WebSocket } from 'ws';
import { frame } from '../docker/frame-lines.js';
import type { ExecSession } from '../docker/operator-port.js';
import type { OpenedOneOff, PullProgress } from '../one-offs/one-offs.js';
import type { RouteParts } from './routes.js';
import { serve, ServedSession } from './serve-exec.js';

/**
 * One one-off over one WebSocket. Whose caller vanishes goes on to its end, unless it had a terminal, or was told to end just
 * before: see `planOneOffs`.
 */
export function serveRun(client: WebSocket, parts: RouteParts): void {
  serve(client, new ServedRun(client, parts));
}

const PROGRESS_EVERY_MS = 500;
const ENDING: ReadonlySet<string> = new Set(['INT', 'TERM', 'QUIT', 'HUP', 'KILL']);

class ServedRun extends ServedSession {
  /** What configs and secrets hold, by digest. */
  private readonly files = new Map<string, Buffer>();
  private filesBytes = 0;
  private request: RunStart | undefined;
  private opened: OpenedOneOff | undefined;
  private wasToldToEnd = false;
  private saidAtMs = -Infinity;

  override leave(): void {
    super.leave();
    if (this.wasToldToEnd && !this.isOver) this.opened?.end();
    this.opened?.release();
    this.opened = undefined;
  }

  protected begin(message: ExecMessage): Promise<ExecSession> | undefined {
    if (message.type === 'file') this.keep(message.digest, message.content);
    if (message.type !== 'run') return undefined;
    return this.start(message);
  }

  protected override async onEnd(): Promise<void> {
    await this.opened?.finish();
  }

  protected override unknownEnd(cause: unknown): unknown {
    if (!isNapError(cause, 'DOCKER_UNAVAILABLE')) return cause;
    const name = this.request?.spec.containerName ?? 'it';
    const after = this.request?.isRemovedAtEnd === true ? ', and is removed then' : '';
    return new NapError(
      'DOCKER_UNAVAILABLE',
      `dockerd has gone in the middle of ${name}: how it ended is not known`,
      {
        cause,
        hint: `it does not outlive a new start of dockerd${after}: nap-controller ps --all`,
      },
    );
  }

  /** What becomes of it is decided by what it is: see `leave`. */
  protected abandon(): Promise<void> {
    return Promise.resolve();
  }

  protected override onSignal(session: ExecSession, signal: string): Promise<void> {
    this.wasToldToEnd ||= ENDING.has(signal.replace(/^SIG/, ''));
    return super.onSignal(session, signal);
  }

  private keep(digest: string, content: string): void {
    const bytes = Buffer.from(content, 'base64');
    this.filesBytes += bytes.length;
    if (this.filesBytes > LIMITS.runFilesBytes) {
      throw new NapError('BAD_INPUT', 'the configs and secrets of a run are too large');
    }
    this.files.set(digest, bytes);
  }

  private async start(message: RunStart): Promise<ExecSession> {
    const { oneOffs, log } = this.parts;
    if (oneOffs === undefined) throw new NapError('NOT_FOUND', 'this agent starts no one-offs');
    const { instance, spec, isDetached } = message;
    this.request = message;
    // Not the command: it may have secrets.
    log.info('run', { instance, image: spec.image });
    try {
      const opened = await oneOffs.open(message, {
        files: this.files,
        onPulling: (progress) => {
          this.sayPulling(spec.image, progress);
        },
        signal: this.left.signal,
      });
      const isLeft = this.left.signal.aborted;
      // Who has gone before it began did not see it begin: it is of no use to him.
      if (isLeft && !isDetached) opened.end();
      if (isLeft || isDetached) opened.release();
      else this.opened = opened;
      return opened.session ?? over(0, '');
    } catch (err) {
      const exitCode = exitOfStart(err);
      if (exitCode === undefined) throw err;
      return over(exitCode, messageOf(err));
    }
  }

  private sayPulling(image: string, progress: PullProgress): void {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.saidAtMs < PROGRESS_EVERY_MS) return;
    this.saidAtMs = nowMs;
    void this.answer({ type: 'pulling', image, ...progress });
  }
}

/** As a shell has it: the program is not there, or cannot be run. */
function exitOfStart(err: unknown): number | undefined {
  if (!isNapError(err) || !err.message.startsWith('cannot start container')) return undefined;
  if (/executable file not found|no such file or directory/.test(err.message)) return 127;
  return /permission denied|is a directory/.test(err.message) ? 126 : undefined;
}

/** Of what has ended before anybody could attend to it. */
function over(exitCode: number, said: string): ExecSession {
  const stream = new PassThrough();
  if (said !== '') stream.write(frame(FRAME.stderr, Buffer.from(`${said}\n`)));
  stream.end();
  return {
    ...{ stream, isTerminal: false },
    resize: () => Promise.resolve(),
    signal: () => Promise.resolve(),
    exitCode: () => Promise.resolve(exitCode),
  };
}
