import type { Calls } from './calls.js';
import type { KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { LeaseLife, StoreKey } from './store.js';

interface Question {
  readonly keys: readonly StoreKey[];
  readonly signal?: AbortSignal | undefined;
}

/** A key and its lease, in etcd's words. */
interface LeasedKey {
  readonly key: StoreKey;
  readonly lease: string;
}

/** Says what is left of the leases of keys: see `Store.leases`. One request for each, all at once. */
export async function leaseLives(
  calls: Pick<Calls, 'run'>,
  keySpace: KeySpace,
  { keys, signal }: Question,
): Promise<ReadonlyMap<StoreKey, LeaseLife>> {
  const call = { what: 'read leases', isIdempotent: true, signal } as const;
  const asked = keys.slice(0, STORE_LIMITS.inspectedLeases);
  const lives = new Map<StoreKey, LeaseLife>();
  const ask = async ({ key, lease }: LeasedKey): Promise<void> => {
    const { TTL, grantedTTL } = await calls.run(
      (etcd, options) => etcd.leaseClient.leaseTimeToLive({ ID: lease }, options),
      call,
    );
    // -1: etcd does not know it any more.
    if (Number(TTL) < 0) return;
    lives.set(key, { leftMs: Number(TTL) * 1000, ttlMs: Number(grantedTTL) * 1000 });
  };
  for (let first = 0; first < asked.length; first += STORE_LIMITS.txnOps) {
    const part = asked.slice(first, first + STORE_LIMITS.txnOps);
    const success = part.map((key) => ({
      request_range: { key: keySpace.toEtcd(key), keys_only: true },
    }));
    const { responses } = await calls.run(
      (etcd, options) => etcd.kv.txn({ success }, options),
      call,
    );
    const leased = responses
      .flatMap(({ response_range }) => response_range.kvs)
      .flatMap(({ key, lease }) => (lease === '0' ? [] : [{ key: keySpace.fromEtcd(key), lease }]));
    await Promise.all(leased.map(ask));
  }
  return lives;
}
