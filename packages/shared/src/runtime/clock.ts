/** Time as a dependency: loops are tested on a manual clock. The only file that touches timers and Date. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For people and for stored times; it may jump. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary start. For deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`, never before `monotonicMs` says so; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`, never before `monotonicMs` says so; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** What a timer of Node.js takes; above it it would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Timers of Node.js drop fractions of milliseconds and count from a time that is cut as well, so they may fire up to a
 * millisecond early. Whoever looks at the clock then finds that what it waited for is not over, and nobody wakes it again.
 */
const after = (ms: number, callback: () => void): (() => void) => {
  const dueMs = performance.now() + ms;
  const wait = (leftMs: number): NodeJS.Timeout =>
    setTimeout(
      () => {
        const restMs = dueMs - performance.now();
        if (restMs > 0) timer = wait(restMs);
        else callback();
      },
      Math.min(leftMs, TIMER_MAX_MS),
    );
  let timer = wait(ms);
  return () => {
    clearTimeout(timer);
  };
};

/** `Clock.sleep` on a clock that has `after` only. */
export function sleepBy(after: Clock['after'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const reason = (): Error =>
      signal?.reason instanceof Error ? signal.reason : new Error('aborted');
    if (signal?.aborted === true) {
      reject(reason());
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(reason());
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleepBy(after, ms, signal),
  after,
};
