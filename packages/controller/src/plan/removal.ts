import type { Placement } from '@nap/shared';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { isGone, mayStillRun } from './held.js';

/**
 * What is taken off a host and wanted nowhere. What must not run twice stays on record there, as what is to be removed, until
 * its agent has said that it is gone, or has been away for so long that it is stopped for sure: who wants it again meanwhile
 * finds where it may still run. A host that is there may be cut off already, and have heard of nothing.
 */

type Seen = Pick<ClusterView, 'hosts' | 'reports'>;

/** Nobody needs to remember it any more. What drops volumes has to do so before, however long its host is away. */
export function isOver(view: Seen, old: Placement): boolean {
  if (isGone(view, old)) return true;
  if (old.removeVolumes === true) return false;
  const host = view.hosts.get(old.host);
  if (old.stopAfterMs === undefined || host === undefined) return true;
  return !host.isAlive && !mayStillRun(view, old);
}

export function removalOf(
  view: Seen,
  old: Placement,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): readonly Change[] {
  const { instance, host } = old;
  const removal = { kind: 'remove', instance, host, reason } as const;
  if (old.stopAfterMs === undefined || isOver(view, old)) return [removal];
  const { yieldsTo, takesOverFrom: _from, ...rest } = old;
  if (old.wanted === 'removed' && yieldsTo === undefined) return [];
  const leaving: Placement = { ...rest, wanted: 'removed', reason, decidedAtMs: nowMs };
  return [{ ...removal, leaving }];
}
