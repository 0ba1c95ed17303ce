import { hostCheckCodec, keys, type HostId, type NapError } from '@nap/shared';
import type { Store } from '@nap/shared/store';

/** With what was waited for in vain: `details` of NOT_CONVERGED. */
interface Lacking {
  readonly host: HostId;
}

/**
 * What the agents say is wrong on the hosts of what did not come up, which may be why: a sentence each, with its host. Empty
 * where that cannot be read: it only adds to an error that is said in any case.
 */
export async function hostProblems(
  store: Pick<Store, 'snapshot'>,
  { details }: NapError,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failed = (details['failed'] ?? []) as readonly Lacking[];
  const hosts = [...new Set(failed.map(({ host }) => host))].sort();
  if (hosts.length === 0) return [];
  try {
    const { entries } = await store.snapshot(hosts.map(keys.check), signal);
    return hosts.flatMap((host) => {
      const entry = entries.get(keys.check(host));
      if (entry === undefined) return [];
      const { problems } = hostCheckCodec.decode(entry.value, entry.key);
      return problems.map((problem) => `${host}: ${problem}`);
    });
  } catch {
    return [];
  }
}
