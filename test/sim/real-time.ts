import type { Clock } from '@nap/shared/runtime';

/**
 * Runs `work` with the timers and the randomness of the machine out of reach: nothing of them could be repeated. Its clock
 * is that of the simulation, as a library may read it for itself. All of it stays so until `work` has ended, so that what
 * goes on beside it is caught too.
 */
export async function withoutRealTime<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const restore: (() => void)[] = [];
  const replace = (owner: object, name: string, value: unknown): void => {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { configurable: true, writable: true, value });
    restore.push(() => {
      if (own === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, own);
    });
  };
  const refuse = (what: string) => (): never => {
    throw new Error(`${what} of the machine is used in a simulation`);
  };
  replace(globalThis, 'setTimeout', refuse('setTimeout'));
  replace(globalThis, 'setInterval', refuse('setInterval'));
  replace(Math, 'random', refuse('Math.random'));
  replace(Date, 'now', () => clock.nowMs());
  replace(performance, 'now', () => clock.monotonicMs());
  try {
    return await work();
  } finally {
    for (const undo of restore) undo();
  }
}
