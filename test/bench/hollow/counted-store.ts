import type { Store, StoreKey, Write } from '@nap/shared/store';

/** What one client has asked of etcd since it was opened. */
export interface Counts {
  /** Transactions that write. */
  commits: number;
  snapshots: number;
  /** Mirrors opened: a listing and a watch each. */
  mirrors: number;
  /** Changes that its mirrors were told of, coalesced as the loops see them. */
  nudges: number;
  /** Keys written, by the first part of the key. */
  readonly writes: Record<string, number>;
}

export const noCounts = (): Counts => ({
  ...{ commits: 0, snapshots: 0, mirrors: 0, nudges: 0 },
  writes: {},
});

const kindOf = (key: StoreKey): string => key.split('/')[0] ?? key;

/** The same store, which counts what goes through it. */
export function countedStore(store: Store, counts: Counts): Store {
  const note = (writes: readonly Write[]): void => {
    counts.commits += 1;
    for (const { key } of writes) {
      counts.writes[kindOf(key)] = (counts.writes[kindOf(key)] ?? 0) + 1;
    }
  };
  return {
    snapshot: (prefixes, signal, before) => {
      counts.snapshots += 1;
      return store.snapshot(prefixes, signal, before);
    },
    get: (key, signal) => {
      counts.snapshots += 1;
      return store.get(key, signal);
    },
    keys: (prefixes, signal) => {
      counts.snapshots += 1;
      return store.keys(prefixes, signal);
    },
    leases: (keys, signal) => store.leases(keys, signal),
    commit: (writes, options) => {
      note(writes);
      return store.commit(writes, options);
    },
    mirror: (prefix, before) => {
      counts.mirrors += 1;
      const mirror = store.mirror(prefix, before);
      mirror.onChange(() => {
        counts.nudges += 1;
      });
      return mirror;
    },
    session: (options, signal) => store.session(options, signal),
    leadership: (options) => store.leadership(options),
    close: () => store.close(),
  };
}

/** What was asked between two looks. */
export function since(before: Counts, after: Counts): Counts {
  const writes: Record<string, number> = {};
  for (const [kind, count] of Object.entries(after.writes)) {
    const more = count - (before.writes[kind] ?? 0);
    if (more > 0) writes[kind] = more;
  }
  return {
    commits: after.commits - before.commits,
    snapshots: after.snapshots - before.snapshots,
    mirrors: after.mirrors - before.mirrors,
    nudges: after.nudges - before.nudges,
    writes,
  };
}

export function sum(all: Iterable<Counts>): Counts {
  const total = noCounts();
  for (const { commits, snapshots, mirrors, nudges, writes } of all) {
    total.commits += commits;
    total.snapshots += snapshots;
    total.mirrors += mirrors;
    total.nudges += nudges;
    for (const [kind, count] of Object.entries(writes)) {
      total.writes[kind] = (total.writes[kind] ?? 0) + count;
    }
  }
  return total;
}
