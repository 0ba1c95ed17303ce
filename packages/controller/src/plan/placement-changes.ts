import type { Placement } from '@nap/shared';

/** What one list of placements has that another has not; a placement that differs is in both. */
export interface PlacementChanges {
  readonly gone: readonly Placement[];
  readonly come: readonly Placement[];
}

/** The order of views: by instance, and by host while one is on two. */
export function byInstance(a: Placement, b: Placement): number {
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  if (a.host === b.host) return 0;
  return a.host < b.host ? -1 : 1;
}

/** More changes than this part of a list are not worth following. */
const SHARE_MAX = 0.25;

/**
 * From one list to another, both in the order of views; undefined: they have little in common. Documents are never changed,
 * so that the same object is the same placement, and a long list costs no more than a look at its pointers.
 */
export function changesBetween(
  before: readonly Placement[],
  after: readonly Placement[],
): PlacementChanges | undefined {
  const most = after.length * SHARE_MAX;
  const gone: Placement[] = [];
  const come: Placement[] = [];
  let at = 0;
  let to = 0;
  while (at < before.length || to < after.length) {
    const [old, now] = [before[at], after[to]];
    if (old === now) {
      at += 1;
      to += 1;
    } else if (old !== undefined && (now === undefined || byInstance(old, now) <= 0)) {
      gone.push(old);
      at += 1;
    } else if (now !== undefined) {
      come.push(now);
      to += 1;
    }
    if (gone.length + come.length > most) return undefined;
  }
  return { gone, come };
}
