import { isUnder } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { EtcdRevision, ReadBefore, StoredEntry, StoreKey } from './store.js';

type Entries = ReadonlyMap<StoreKey, StoredEntry>;

/** What was read before, by the prefixes that are read now. */
export interface Known {
  readonly revision: EtcdRevision;
  /** Which etcd it was read from. */
  readonly etcd: string;
  readonly ranges: readonly { readonly prefix: StoreKey; readonly entries: Entries }[];
}

/**
 * Undefined where nothing can be built upon it: not all of the prefixes were read, it is too old or does not say where it is
 * from, or there is so much that etcd, which looks at every key to find what has changed, would not be done within a call's time.
 */
export function knownOf(
  prefixes: readonly StoreKey[],
  { prefixes: read, snapshot }: ReadBefore,
  nowMs: number,
): Known | undefined {
  const { origin, revision } = snapshot;
  const wasRead = (prefix: StoreKey): boolean => read.some((it) => isUnder(it, prefix));
  if (origin === undefined || !prefixes.every(wasRead)) return undefined;
  if (nowMs - origin.askedAtMs > STORE_LIMITS.changesWithinMs) return undefined;
  if (snapshot.entries.size > STORE_LIMITS.changesAmongKeys) return undefined;
  const all = [...snapshot.entries];
  const ranges = prefixes.map((prefix) => ({
    prefix,
    entries: new Map(all.filter(([key]) => isUnder(prefix, key))),
  }));
  return { revision, etcd: origin.etcd, ranges };
}

/**
 * What is there now, and perhaps what is there no more: etcd says what was written, and not what was deleted. Where there
 * is more of it than etcd counts, so much was deleted.
 */
export function withChanges(
  { prefix, entries }: Known['ranges'][number],
  changes: Entries,
): Entries {
  const now = new Map(entries);
  for (const [key, entry] of changes) if (isUnder(prefix, key)) now.set(key, entry);
  return now;
}
