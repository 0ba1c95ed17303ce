import {
  isNapError,
  keys,
  NapError,
  placementCodec,
  type HostId,
  type InstanceId,
} from '@nap/shared';
import type { Store, StoredEntry } from '@nap/shared/store';
import type { PlacementView } from '../desired/placement-view.js';

export interface ConfirmParts {
  readonly host: HostId;
  readonly store: Pick<Store, 'snapshot'>;
  readonly placements: Pick<PlacementView, 'current'>;
  /** Not that of a copy of this machine. */
  readonly isOwnSession: (entry: StoredEntry) => boolean;
}

/**
 * What must not run twice (`on_partition: stop_after`) is started on proof alone: in one revision of etcd it is to run here
 * and this host is registered. From then on no controller replaces it until the host has been away again for as long as
 * docs/adr/0011 says. A mirror proves less: it may be some seconds old, and the lease new. Throws CONFLICT where etcd says
 * otherwise, and like the store.
 */
export async function confirmStart(
  { host, store, placements, isOwnSession }: ConfirmParts,
  instance: InstanceId,
  signal: AbortSignal,
): Promise<void> {
  if (placements.current().placements.get(instance)?.stopAfterMs === undefined) return;
  const placementKey = keys.placement(host, instance);
  const sessionKey = keys.hostSession(host);
  const { entries } = await store.snapshot([placementKey, sessionKey], signal);
  const session = entries.get(sessionKey);
  const placement = entries.get(placementKey);
  const isWanted = placement !== undefined && isToRun(placement);
  if (isWanted && session !== undefined && isOwnSession(session)) return;
  throw new NapError('CONFLICT', `${instance} is not started: it may run elsewhere by now`, {
    hint: 'it is looked at again once this host is registered and knows what is placed on it',
  });
}

/** What is on record only until it is gone may be placed elsewhere at any moment. */
function isToRun({ key, value }: StoredEntry): boolean {
  try {
    return placementCodec.decode(value, key).wanted === 'running';
  } catch (err) {
    if (isNapError(err, 'BAD_VALUE')) return false;
    throw err;
  }
}
