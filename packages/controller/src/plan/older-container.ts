import type { Placement, SpecHash } from '@nap/shared';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { placedAt } from './placement-index.js';

/** The spec of the older container that answers while its replacement, beside it, is not well; undefined: there is none. */
export function olderSpec(
  { names }: Pick<ClusterView, 'names'>,
  { instance, host, specHash, startFirst }: Placement,
): SpecHash | undefined {
  const record = names.get(instance);
  if (startFirst === undefined || record?.host !== host) return undefined;
  return record.specHash === specHash ? undefined : record.specHash;
}

/** A stop ends both, and a start begins what is wanted: who stops it because the new one fails shall know. */
export function olderNotes(view: ClusterView, changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'update' || change.program !== 'stops') return [];
    const { instance, host } = change.placement;
    const before = placedAt(view.placements, instance, host);
    if (before === undefined || olderSpec(view, before) === undefined) return [];
    return [
      `what answers for ${instance} is an older container, as its replacement is not well; a start brings the replacement alone: nap-controller rollback, before it, what ran before`,
    ];
  });
}
