import fc from 'fast-check';
import { applyEvents, type MirrorEvent } from './mirror-state.js';
import type { Snapshot, StoredEntry } from './store.js';

type History = readonly (readonly MirrorEvent[])[];

/** One change of one of a few keys: a value to put, or undefined to delete. */
const change = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
);
/** A revision changes each key at most once, as in etcd. */
const revision = fc.uniqueArray(change, {
  minLength: 1,
  maxLength: 4,
  selector: ([key]) => key,
});

const FIRST_REVISION = 2n;

function eventsOf(
  at: bigint,
  changes: readonly (readonly [string, string | undefined])[],
): MirrorEvent[] {
  return changes.map(([key, value]) =>
    value === undefined
      ? { kind: 'delete', key, modRevision: at }
      : { kind: 'put', entry: { key, value, createRevision: at, modRevision: at } },
  );
}

/** The truth after the first `count` revisions, by replaying them one by one. */
function replay(history: History, count: number): Snapshot {
  const entries = new Map<string, StoredEntry>();
  for (const event of history.slice(0, count).flat()) {
    if (event.kind === 'put') entries.set(event.entry.key, event.entry);
    else entries.delete(event.key);
  }
  return { revision: FIRST_REVISION + BigInt(count) - 1n, entries };
}

const sorted = (snapshot: Snapshot): unknown =>
  [...snapshot.entries].sort(([a], [b]) => (a < b ? -1 : 1));

const histories = fc
  .array(revision, { minLength: 1, maxLength: 30 })
  .map((all): History =>
    all.map((changes, index) => eventsOf(FIRST_REVISION + BigInt(index), changes)),
  );

describe('the bookkeeping of a mirror', () => {
  test('ends at the truth, however revisions are batched and repeated after the listing', () => {
    fc.assert(
      fc.property(
        histories,
        fc.nat(),
        fc.array(fc.tuple(fc.nat(5), fc.nat(4)), { maxLength: 40 }),
        (history, listedSeed, steps) => {
          const listedAt = listedSeed % (history.length + 1);
          let state = replay(history, listedAt);
          // The watch begins anywhere up to the listing, and may step back to repeat whole revisions.
          let next = Math.max(0, listedAt - 2);
          for (const [size, back] of steps) {
            const from = Math.max(0, next - back);
            state = applyEvents(state, history.slice(from, from + size + 1).flat());
            next = Math.max(next, Math.min(history.length, from + size + 1));
          }
          state = applyEvents(state, history.slice(next).flat());
          const truth = replay(history, history.length);
          expect(sorted(state)).toEqual(sorted(truth));
          expect(state.revision).toBe(truth.revision);
        },
      ),
    );
  });

  test('never goes back in time', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.tuple(fc.nat(30), fc.nat(5))), (history, pieces) => {
        let state: Snapshot = replay(history, 0);
        for (const [from, size] of pieces) {
          const before = state.revision;
          state = applyEvents(state, history.slice(from, from + size).flat());
          expect(state.revision).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });

  test('does not depend on the order of revisions within a batch', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = applyEvents(replay(history, 0), [...history].reverse().flat());
        expect(sorted(state)).toEqual(sorted(replay(history, history.length)));
      }),
    );
  });

  test('returns the same object when a batch brings nothing new', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = replay(history, history.length);
        expect(applyEvents(state, history.flat())).toBe(state);
        expect(applyEvents(state, [])).toBe(state);
      }),
    );
  });

  test('leaves the entries handed out before untouched', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = replay(history, 1);
        const before = sorted(state);
        applyEvents(state, history.flat());
        expect(sorted(state)).toEqual(before);
      }),
    );
  });

  test('what was seen is never changed, what was not seen is changed in place to the same', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const seen = replay(history, 1);
        const before = sorted(seen);
        const unseen = { ...seen, entries: new Map(seen.entries) };
        const events = history.slice(1).flat();
        expect(sorted(applyEvents(unseen, events, true))).toEqual(
          sorted(applyEvents(seen, events)),
        );
        expect(sorted(seen)).toEqual(before);
      }),
    );
  });
});
