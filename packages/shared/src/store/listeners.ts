/**
 * Subscribers to nudges. Several nudges in one turn of the event loop become one call back, in a microtask of its own, so
 * that no subscriber runs in the middle of somebody's bookkeeping and an exception in one is nobody else's.
 */
export class Listeners {
  private readonly callbacks = new Set<() => void>();
  private isPending = false;

  add(callback: () => void): () => void {
    // A wrapper, so that the same function subscribed twice is two subscriptions.
    const entry = (): void => {
      callback();
    };
    this.callbacks.add(entry);
    return () => {
      this.callbacks.delete(entry);
    };
  }

  emit(): void {
    if (this.isPending) return;
    this.isPending = true;
    queueMicrotask(() => {
      this.isPending = false;
      for (const callback of this.callbacks) queueMicrotask(callback);
    });
  }

  clear(): void {
    this.callbacks.clear();
  }
}
