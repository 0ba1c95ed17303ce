/**
 * Takes down whatever is there of a lab: all of it, half of it, or what a crash has left. It goes by names (cgroups,
 * network namespaces, directories), not by what some file says has been made.
 */
import { all } from './machine/all.js';
import { endGroup, groups, removeRoot } from './machine/cgroups.js';
import { unmountBelow } from './machine/mounts.js';
import { must } from './machine/run.js';
import { netnsNames, unplug } from './network.js';
import { STATE_DIR } from './paths.js';

const REMOVE_TIMEOUT_MS = 120_000;

/** Returns once no process, cgroup, network namespace, mount or file of the lab is left but its cache. */
export async function sweep(): Promise<void> {
  const plugged = (await netnsNames()).filter((name) => name !== 'switch');
  await all(plugged.map(async (name) => unplug(name)));
  await all((await groups()).map(async (name) => endGroup(name)));
  await all((await netnsNames()).map(async (name) => unplug(name)));
  await removeRoot();
  await unmountBelow(STATE_DIR);
  await must(['rm', '-rf', '--one-file-system', STATE_DIR], { timeoutMs: REMOVE_TIMEOUT_MS });
}
