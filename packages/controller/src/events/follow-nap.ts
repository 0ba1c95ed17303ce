import { keys } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { napEvents, type Happening } from './nap-events.js';

/**
 * Tells of what changes in etcd from now on, until the signal aborts. What was missed while etcd was away is told when it is
 * back.
 */
export async function followNap(
  store: Pick<Store, 'mirror'>,
  clock: Clock,
  tell: (happenings: readonly Happening[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const mirrors = [keys.placements(), keys.reports(), keys.names(), keys.hosts()].map((prefix) =>
    store.mirror(prefix),
  );
  try {
    await Promise.all(mirrors.map((mirror) => mirror.whenFresh(signal)));
    for (const mirror of mirrors) {
      let { entries } = mirror;
      mirror.onChange(() => {
        if (!mirror.isFresh) return;
        const before = entries;
        ({ entries } = mirror);
        if (before !== entries) tell(napEvents(before, entries, clock.nowMs()));
      });
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  } catch (err) {
    if (!signal.aborted) throw err;
  } finally {
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  }
}
