import { eventually, type Lab } from '@nap/lab';
import { etcdctl } from './etcd-state.js';

/** etcd with its quota used up, and how an operator mends that. */

const FILLER_KEY = '/chaos/filler';
/** Under etcd's limit of 1.5 MiB for a request. */
const FILLER_BYTES = 1_200_000;
/** The lab's members hold 64 MiB, on a disk that others use too. */
const FILL_TIMEOUT_MS = 90_000;

/** Writes until etcd takes no more: from then on it takes nothing from anybody. */
export async function fillEtcd(lab: Lab): Promise<void> {
  const value = 'x'.repeat(FILLER_BYTES);
  await eventually(async () => putUntilFull(lab, value), {
    what: 'etcd is full',
    timeoutMs: FILL_TIMEOUT_MS,
  });
}

/** Throws what else is wrong, such as a member that is slow: the next try goes on. */
async function putUntilFull(lab: Lab, value: string): Promise<boolean> {
  for (;;) {
    try {
      await etcdctl(lab, ['put', FILLER_KEY], value);
    } catch (err) {
      if (String(err).includes('space exceeded')) return true;
      throw err;
    }
  }
}

/** As doctor says: compact, defragment, disarm. A member that is away is done when it is back. */
export async function freeEtcd(lab: Lab): Promise<void> {
  const deleted = await etcdctl(lab, ['del', FILLER_KEY]);
  const alarms = await etcdctl(lab, ['alarm', 'list']);
  if (deleted.trim() === '0' && alarms.trim() === '') return;
  await lab.compactEtcd().catch((err: unknown) => {
    // Nothing has been written since somebody else did it.
    if (!String(err).includes('has been compacted')) throw err;
  });
  await etcdctl(lab, ['defrag', '--cluster']);
  await etcdctl(lab, ['alarm', 'disarm']);
}
