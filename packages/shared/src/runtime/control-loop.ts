import { InvariantError } from '../errors/invariant.js';
import { backoffMs, type BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';

export interface PassContext {
  /** Counts from 1; in every log line of the pass. */
  readonly pass: number;
  /** Aborts when the loop stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface PassResult {
  /** Wall-clock time at which to look again, when that is earlier than the next resync. */
  readonly wakeAtMs?: number | undefined;
}

/** So many times as long as the pass took, but not longer than this. */
export interface Rest {
  readonly times: number;
  readonly maxMs: number;
}

const NO_REST: Rest = { times: 0, maxMs: 0 };

/** For how long to rest, in ms. */
export const restMs = ({ times, maxMs }: Rest, tookMs: number): number =>
  Math.min(tookMs * times, maxMs);

export interface ControlLoopOptions {
  readonly name: string;
  /** Looks at the whole state and converges. It knows nothing about why it was woken up. */
  readonly pass: (context: PassContext) => Promise<PassResult | undefined> | Promise<void>;
  /** A pass at least this often, even without a nudge; spread by a tenth. */
  readonly resyncMs: number;
  /** Between the starts of two passes: nudges that come in bursts cost one pass. */
  readonly minSpacingMs: number;
  /**
   * After a pass that took long: changes that come one by one would else each cost such a pass. Asked for again at each nudge
   * while the loop rests, so that what a long rest was for may end it.
   */
  readonly rest?: () => Rest | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly jitter: () => number;
  /** Pause after a failing pass; a nudge does not shorten it. */
  readonly backoff?: BackoffOptions;
}

export interface ControlLoop {
  readonly name: string;
  /** "Look again", without content. Any number of them before a pass starts are one. */
  nudge(): void;
  /** First pass at once. Stops when the signal aborts. */
  start(signal?: AbortSignal): void;
  /** Aborts the pass under way, resolves when it has returned. */
  stop(): Promise<void>;
  /** Passes that have been completed, well or badly: for tests and for the health page. */
  readonly passes: number;
  /** Of the last pass; undefined when it went well. */
  readonly lastError: unknown;
}

const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 500, maxMs: 30_000 };

/**
 * Level triggered: watches, events, timers and reconnects all take this one path. Never two passes at once. A pass that
 * throws is logged and tried again after a pause; an InvariantError is a bug and ends the process.
 */
export function createControlLoop(options: ControlLoopOptions): ControlLoop {
  return new Loop(options);
}

class Loop implements ControlLoop {
  readonly name: string;
  private readonly options: ControlLoopOptions;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private isNudged = false;
  private wake: () => void = () => undefined;
  private count = 0;
  private failures = 0;
  private error: unknown;

  constructor(options: ControlLoopOptions) {
    this.name = options.name;
    this.options = options;
  }

  get passes(): number {
    return this.count;
  }

  get lastError(): unknown {
    return this.error;
  }

  nudge(): void {
    this.isNudged = true;
    this.wake();
  }

  start(signal?: AbortSignal): void {
    if (this.running !== undefined) throw new InvariantError(`loop ${this.name} is started twice`);
    const onAbort = (): void => {
      this.stopping.abort(signal?.reason);
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    this.running = this.run().finally(() => {
      signal?.removeEventListener('abort', onAbort);
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    while (!this.isStopping()) {
      const startedAtMs = clock.monotonicMs();
      this.isNudged = false;
      const wakeAtMs = await this.onePass();
      if (this.isStopping()) return;
      await this.rest(clock.monotonicMs() - startedAtMs);
      await this.backOff();
      await this.idle(startedAtMs, wakeAtMs);
    }
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async onePass(): Promise<number | undefined> {
    const { pass, clock } = this.options;
    const log = this.options.log.child({ loop: this.name, pass: this.count + 1 });
    const { signal } = this.stopping;
    const startedAtMs = clock.monotonicMs();
    try {
      const result = await pass({ pass: this.count + 1, signal, log });
      this.failures = 0;
      this.error = undefined;
      log.debug('pass done', { durationMs: Math.round(clock.monotonicMs() - startedAtMs) });
      return result?.wakeAtMs;
    } catch (err) {
      if (err instanceof InvariantError) throw err;
      if (signal.aborted) return undefined;
      this.failures += 1;
      this.error = err;
      log.warn('pass failed', { err, failures: this.failures });
      return undefined;
    } finally {
      this.count += 1;
    }
  }

  private spacingPauseMs(tookMs: number): number {
    const { minSpacingMs, rest } = this.options;
    return Math.max(minSpacingMs - tookMs, restMs(rest?.() ?? NO_REST, tookMs));
  }

  private async rest(tookMs: number): Promise<void> {
    const { clock } = this.options;
    const sinceMs = clock.monotonicMs();
    let untilMs = sinceMs + this.spacingPauseMs(tookMs);
    const isShorter = (): boolean => {
      const soonerMs = sinceMs + this.spacingPauseMs(tookMs);
      if (soonerMs >= untilMs) return false;
      untilMs = soonerMs;
      return true;
    };
    while (clock.monotonicMs() < untilMs && !this.isStopping()) {
      await this.wait(untilMs - clock.monotonicMs(), isShorter);
    }
  }

  private async backOff(): Promise<void> {
    if (this.failures === 0) return;
    const { jitter, backoff, clock } = this.options;
    const ms = backoffMs(this.failures - 1, jitter(), backoff ?? DEFAULT_BACKOFF);
    await clock.sleep(ms, this.stopping.signal).catch(() => undefined);
  }

  /** Until a nudge, the wished wake-up or the resync, whichever is first; not at all after a failure. */
  private idle(startedAtMs: number, wakeAtMs: number | undefined): Promise<void> {
    const { clock, resyncMs, jitter } = this.options;
    const { signal } = this.stopping;
    if (this.isNudged || this.failures > 0 || signal.aborted) return Promise.resolve();
    const resyncAtMs = startedAtMs + resyncMs * (0.9 + 0.2 * jitter());
    const resyncInMs = resyncAtMs - clock.monotonicMs();
    const wakeInMs = wakeAtMs === undefined ? resyncInMs : wakeAtMs - clock.nowMs();
    return this.wait(Math.min(resyncInMs, wakeInMs), () => true);
  }

  /** So long, until the loop stops, or until a nudge finds that it `isEnough`. */
  private wait(ms: number, isEnough: () => boolean): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        this.wake = () => undefined;
        resolve();
      };
      const cancel = clock.after(Math.max(0, ms), end);
      signal.addEventListener('abort', end, { once: true });
      this.wake = () => {
        if (isEnough()) end();
      };
    });
  }
}
