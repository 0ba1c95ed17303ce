import type { Clock } from '@nap/shared/runtime';
import type { Mirror } from '@nap/shared/store';

/** Changes of several mirrors as one thing to wait for. What changes between two waits is not missed. */
export class Changes {
  readonly #stops: readonly (() => void)[];
  readonly #clock: Clock;
  #hasChanged = false;
  #wake = (): void => undefined;

  constructor(mirrors: readonly Mirror[], clock: Clock) {
    this.#clock = clock;
    this.#stops = mirrors.map((mirror) =>
      mirror.onChange(() => {
        this.#hasChanged = true;
        this.#wake();
      }),
    );
  }

  /** Resolves when something has changed since the last call, at the latest after `atMostMs`; rejects on abort. */
  async next(atMostMs: number, signal: AbortSignal): Promise<void> {
    const sleep = new AbortController();
    this.#wake = () => {
      sleep.abort();
    };
    signal.addEventListener('abort', this.#wake, { once: true });
    try {
      if (!this.#hasChanged && !signal.aborted) {
        await this.#clock.sleep(atMostMs, sleep.signal).catch(() => undefined);
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', this.#wake);
      this.#hasChanged = false;
    }
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
