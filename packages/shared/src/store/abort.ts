import { allowListeners } from '../runtime/many-listeners.js';

/** What an aborted wait rejects with. A DOMException, as of a timeout, is not an Error in every realm. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error || reason instanceof DOMException ? reason : new Error('aborted');
}

/** The promise's outcome, or a rejection as soon as the signal aborts; the promise itself runs on unobserved. */
export async function untilAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  // A daemon asks for the leases of hundreds of hosts at once.
  allowListeners(signal);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      reject(reasonOf(signal));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Resolves as soon as `holds` does; `subscribe` is told to look again on every change. Rejects on abort. */
export function untilHolds(
  holds: () => boolean,
  subscribe: (look: () => void) => () => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal));
      return;
    }
    if (holds()) {
      resolve();
      return;
    }
    const stop = (): void => {
      unsubscribe();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      stop();
      reject(signal === undefined ? new Error('aborted') : reasonOf(signal));
    };
    const unsubscribe = subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
