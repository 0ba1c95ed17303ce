import { EXIT } from '../errors/codes.js';
import { isNapError } from '../errors/nap-error.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';

/**
 * Something with a lifetime. `start` resolves when it works; `stop` must be harmless after a start that failed, never
 * happened or is still under way.
 */
export interface Component {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export type StopSignal = 'SIGTERM' | 'SIGINT';

/** Calls back at every signal; the returned function unsubscribes. Injected, so that tests need no process. */
export type SignalSource = (callback: (signal: StopSignal) => void) => () => void;

export const processSignals: SignalSource = (callback) => {
  const signals: readonly StopSignal[] = ['SIGTERM', 'SIGINT'];
  const handlers = signals.map((signal) => {
    const handler = (): void => {
      callback(signal);
    };
    process.on(signal, handler);
    return () => {
      process.removeListener(signal, handler);
    };
  });
  return () => {
    for (const remove of handlers) remove();
  };
};

export interface LifecycleOptions {
  /** Started in this order, stopped in the reverse one. */
  readonly components: readonly Component[];
  readonly signals: SignalSource;
  readonly clock: Clock;
  readonly log: Log;
  /** For all components together; what has not stopped by then is left behind. */
  readonly stopWithinMs: number;
  /** Stops everything when it aborts, like a signal; an error as its reason is a failure. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a daemon until a signal or a failure, and resolves with the exit code of the process: 0 after SIGTERM, 130 after
 * SIGINT, that of the error otherwise. A second signal cuts the stop short.
 */
export async function runLifecycle(options: LifecycleOptions): Promise<number> {
  const ending = new Ending(options);
  try {
    await startAll(options, ending);
    const code = await ending.first;
    await stopAll(options, ending);
    return code;
  } finally {
    ending.dispose();
  }
}

/** Why the process ends: the first reason counts for the code, a further signal for the haste. */
class Ending {
  readonly stop = new AbortController();
  readonly first: Promise<number>;
  readonly hurry: Promise<void>;
  private readonly log: Log;
  private readonly disposers: (() => void)[] = [];
  private decide: (code: number) => void = () => undefined;
  private hasten: () => void = () => undefined;

  constructor(options: LifecycleOptions) {
    this.log = options.log;
    this.first = new Promise((resolve) => {
      this.decide = resolve;
    });
    this.hurry = new Promise((resolve) => {
      this.hasten = resolve;
    });
    this.disposers.push(
      options.signals((signal) => {
        this.onSignal(signal);
      }),
    );
    this.follow(options.signal);
  }

  isOver(): boolean {
    return this.stop.signal.aborted;
  }

  fail(err: unknown): void {
    this.log.error('stopping after a failure', { err });
    this.end(isNapError(err) ? err.exitCode : EXIT.bug);
  }

  dispose(): void {
    for (const dispose of this.disposers) dispose();
  }

  private onSignal(signal: StopSignal): void {
    if (this.isOver()) {
      this.log.warn('second signal, not waiting any longer', { signal });
      this.hasten();
      return;
    }
    this.log.info('stopping on a signal', { signal });
    this.end(signal === 'SIGTERM' ? EXIT.ok : EXIT.interrupted);
  }

  private end(code: number): void {
    this.stop.abort();
    this.decide(code);
  }

  private follow(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      const isPlain = reason instanceof DOMException && reason.name === 'AbortError';
      if (isPlain) this.end(EXIT.ok);
      else this.fail(reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.disposers.push(() => {
      signal.removeEventListener('abort', onAbort);
    });
  }
}

async function startAll(options: LifecycleOptions, ending: Ending): Promise<void> {
  for (const component of options.components) {
    if (ending.isOver()) return;
    const started = component.start(ending.stop.signal).then(
      () => {
        options.log.debug('started', { component: component.name });
      },
      (err: unknown) => {
        // A start that the stop has interrupted is not a failure.
        if (!ending.isOver()) ending.fail(err);
      },
    );
    await Promise.race([started, ending.first]);
  }
}

async function stopAll(options: LifecycleOptions, ending: Ending): Promise<void> {
  const { clock, log, stopWithinMs } = options;
  const timer = new AbortController();
  const deadline = clock.sleep(stopWithinMs, timer.signal).then(
    () => 'late' as const,
    () => 'cancelled' as const,
  );
  for (const component of [...options.components].reverse()) {
    const stopped = component.stop().then(
      () => 'stopped' as const,
      (err: unknown) => {
        log.warn('component did not stop cleanly', { component: component.name, err });
        return 'stopped' as const;
      },
    );
    const outcome = await Promise.race([stopped, deadline, ending.hurry]);
    if (outcome !== 'stopped') {
      log.warn('left behind while stopping', { component: component.name, stopWithinMs });
      break;
    }
  }
  timer.abort();
}
