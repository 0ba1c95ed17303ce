import type { EtcdRevision, Snapshot, StoredEntry, StoreKey } from './store.js';

/** One change in the words of the mirror. */
export type MirrorEvent =
  | { readonly kind: 'put'; readonly entry: StoredEntry }
  | { readonly kind: 'delete'; readonly key: StoreKey; readonly modRevision: EtcdRevision };

function revisionOf(event: MirrorEvent): EtcdRevision {
  return event.kind === 'put' ? event.entry.modRevision : event.modRevision;
}

/**
 * The content after a batch of events. Only events move the revision forward, never a response's header: while a watch
 * catches up, the header already names the newest revision of the store, and believing it loses everything in between.
 * Events at or below the state's revision are repetitions and are dropped; etcd delivers all events of a revision in one
 * batch, so nothing is missing of a revision that was reached. Returns the same object when nothing changed.
 *
 * What nobody else has seen of the entries (`isUnseen`) is changed in place: copying a prefix of tens of thousands of keys at
 * every event would cost what the cluster has, not what has changed.
 */
export function applyEvents(
  state: Snapshot,
  events: readonly MirrorEvent[],
  isUnseen = false,
): Snapshot {
  const fresh = events
    .filter((event) => revisionOf(event) > state.revision)
    .sort((a, b) => Number(revisionOf(a) - revisionOf(b)));
  const last = fresh.at(-1);
  if (last === undefined) return state;
  // Made by a listing or by this function: a Map, whatever its readers may do with it.
  const entries = isUnseen ? (state.entries as Map<StoreKey, StoredEntry>) : new Map(state.entries);
  for (const event of fresh) {
    if (event.kind === 'put') entries.set(event.entry.key, event.entry);
    else entries.delete(event.key);
  }
  return { revision: revisionOf(last), entries };
}
