import type { InstanceId, Placement } from '@nap/shared';
import type { EtcdRevision } from '@nap/shared/store';

type Placements = ReadonlyMap<InstanceId, Placement>;

/** What an agent remembers, also on its disk, of the etcd that it has read its placements from. */
export interface StoreHistory {
  /** At which they were last read. It only grows, unless etcd was restored from a backup. */
  readonly revision: EtcdRevision;
  /** Placed when etcd was restored, and not known to the backup: nobody has said that they are not wanted any more. */
  readonly doubted: ReadonlySet<InstanceId>;
}

export const NO_HISTORY: StoreHistory = { revision: 0n, doubted: new Set() };

/**
 * A list that is older than one that was read before comes from a backup: what it lacks may have been placed since, and its
 * absence proves nothing. An instance stays doubted until it is placed here again. What must not run twice is not doubted:
 * the backup may have it placed on another host.
 */
export function historyAfter(
  { revision: before, doubted }: StoreHistory,
  revision: EtcdRevision,
  { known, listed }: { readonly known: Placements; readonly listed: ReadonlySet<InstanceId> },
): StoreHistory {
  const lost = revision < before ? [...known.values()].filter(isKept) : [];
  const all = [...doubted, ...lost.map(({ instance }) => instance)];
  return { revision, doubted: new Set(all.filter((instance) => !listed.has(instance))) };
}

const isKept = ({ stopAfterMs, wanted }: Placement): boolean =>
  stopAfterMs === undefined && wanted !== 'removed';
