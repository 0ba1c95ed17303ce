import { hostPolicyCodec, keys, NapError, type HostId, type HostPolicy } from '@nap/shared';
import type { Guard, Store } from '@nap/shared/store';

const TRIES_MAX = 5;
const DEFAULT_POLICY: HostPolicy = { availability: 'active', labels: {} };

/**
 * Changes what an operator has said of a host: read, changed and written back under the guard that nobody else did. Writes
 * nothing when nothing changes. Throws CONFLICT when others keep being faster.
 */
export async function changePolicy(
  store: Pick<Store, 'get' | 'commit'>,
  host: HostId,
  change: (policy: HostPolicy) => HostPolicy,
  signal: AbortSignal,
): Promise<void> {
  const key = keys.hostPolicy(host);
  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    const entry = await store.get(key, signal);
    const before = entry === undefined ? DEFAULT_POLICY : hostPolicyCodec.decode(entry.value, key);
    const value = hostPolicyCodec.encode(change(before));
    if (value === (entry?.value ?? hostPolicyCodec.encode(DEFAULT_POLICY))) return;
    const guard: Guard =
      entry === undefined
        ? { kind: 'absent', key }
        : { kind: 'unchanged', key, revision: entry.modRevision };
    const result = await store.commit([{ kind: 'put', key, value }], { guards: [guard], signal });
    if (result.kind === 'committed') return;
  }
  throw new NapError('CONFLICT', `the policy of ${host} was changed by others all the time`, {
    hint: 'run the command again',
  });
}
