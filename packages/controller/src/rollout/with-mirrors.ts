import type { Mirror, ReadBefore, Store, StoredEntry, StoreKey } from '@nap/shared/store';
import { systemClock, type Clock } from '@nap/shared/runtime';
import { Changes } from './changes.js';

export interface Mirrored {
  /** In the order of the prefixes. */
  readonly mirrors: readonly Mirror[];
  /** What the mirrors hold at this moment. */
  readonly entries: () => readonly StoredEntry[];
  readonly changes: Changes;
  /** Why what they hold may be out of date; undefined while it is current. */
  readonly problem: () => string | undefined;
}

export interface MirroringOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** What was read of it a moment ago. */
  readonly before?: ReadBefore | undefined;
}

/** Runs `work` over live copies of these prefixes, once they are complete, and closes them whatever happens. */
export async function withMirrors<T>(
  store: Pick<Store, 'mirror'>,
  prefixes: readonly StoreKey[],
  { signal, clock = systemClock, before }: MirroringOptions,
  work: (mirrored: Mirrored) => Promise<T>,
): Promise<T> {
  const mirrors = prefixes.map((prefix) => store.mirror(prefix, before));
  const changes = new Changes(mirrors, clock);
  try {
    await Promise.all(mirrors.map((mirror) => mirror.whenFresh(signal)));
    const entries = (): readonly StoredEntry[] =>
      mirrors.flatMap((mirror) => [...mirror.entries.values()]);
    const problem = (): string | undefined => {
      const stale = mirrors.find(({ isFresh }) => !isFresh);
      return stale && (stale.problem?.message ?? 'etcd gives no sign of life');
    };
    return await work({ mirrors, entries, changes, problem });
  } finally {
    changes.close();
    await Promise.all(mirrors.map((mirror) => mirror.close()));
  }
}
