import { request } from 'node:http';
import { isNapError, NapError } from '@nap/shared';
import { withDeadline, type Clock, type Component, type Log } from '@nap/shared/runtime';

export interface PulseParts {
  /** Ends when the engine answers. */
  readonly ping: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whether the engine answers at all. */
export interface Pulse {
  /** A sentence, while it does not. */
  readonly problem: NapError | undefined;
  onChange(callback: () => void): () => void;
}

const PING_EVERY_MS = 10_000;
const SILENT_AFTER_MS = 10_000;
/** While it is silent, nearly always one question waits for the answer: who asks for something meanwhile is refused. */
const ASK_AGAIN_AFTER_MS = 500;

/**
 * Asks the engine for a sign of life. One that is frozen, or stuck, keeps its connections open and says nothing: without this,
 * nobody would hear of it before some call has run out of time, and on a host where nothing changes there is none.
 */
export class EnginePulse implements Component, Pulse {
  readonly name = 'pulse';
  private readonly parts: PulseParts;
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<() => void>();
  private silence: NapError | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(parts: PulseParts) {
    this.parts = parts;
  }

  get problem(): NapError | undefined {
    return this.silence;
  }

  onChange(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => {
      this.listeners.delete(callback);
    };
  }

  start(): Promise<void> {
    this.running = this.run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      const silence = await this.ask(signal);
      if (signal.aborted) return;
      this.take(silence);
      const pauseMs = silence === undefined ? PING_EVERY_MS : ASK_AGAIN_AFTER_MS;
      await this.parts.clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** An engine that refuses is another matter: the event stream ends, and what watches over it says so. */
  private async ask(parent: AbortSignal): Promise<NapError | undefined> {
    const { ping, clock } = this.parts;
    const onPassed = (cause: unknown): NapError => silent(cause);
    try {
      await withDeadline({ ms: SILENT_AFTER_MS, parent, clock, onPassed }, ping);
      return undefined;
    } catch (err) {
      return isNapError(err, 'DOCKER_UNAVAILABLE') ? err : undefined;
    }
  }

  private take(silence: NapError | undefined): void {
    const isNew = (silence === undefined) !== (this.silence === undefined);
    this.silence = silence;
    if (!isNew) return;
    const { log } = this.parts;
    if (silence === undefined) log.info('dockerd answers again');
    else log.warn('dockerd is silent', { err: silence });
    for (const listener of this.listeners) listener();
  }
}

const silent = (cause: unknown): NapError =>
  new NapError(
    'DOCKER_UNAVAILABLE',
    `dockerd has not answered for ${SILENT_AFTER_MS / 1_000} s: its containers run on, and nothing of them can be changed`,
    { cause, hint: 'systemctl status docker; journalctl -u docker' },
  );

/** The engine's own ping, at its socket. */
export function pingEngine(socketPath: string): PulseParts['ping'] {
  return (signal) =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, path: '/_ping', agent: false, signal }, (answer) => {
        answer.resume();
        answer.once('close', resolve);
      });
      asked.once('error', reject);
      asked.end();
    });
}
