import type { HostId, HostInfo, HostPolicy, Placement, Project } from '@nap/shared';
import type { ClusterView, HostView } from './cluster-view.js';
import type { HostLoad } from './host-load.js';
import type { TiedGroup } from './ties.js';
import type { WantedInstance } from './wanted.js';

interface Settled {
  readonly info: HostInfo | undefined;
  readonly policy: HostPolicy;
  /** What all projects have there. */
  readonly there: readonly Placement[];
  /** With all that the project has there, and before anything else came. */
  readonly load: HostLoad;
}

/**
 * Hosts on which a plan of the project left everything in its place. Whether an instance may stay is a matter of its host
 * alone: as long as nothing about that has changed, a later plan need not ask again. It saves work, and decides nothing.
 */
export class SettledHosts {
  readonly #known = new Map<HostId, Settled>();

  /** What is on the host, if all that the project has there stays. */
  find({ id, info, policy, isLost }: HostView, there: readonly Placement[]): HostLoad | undefined {
    const known = this.#known.get(id);
    if (known === undefined || isLost) return undefined;
    const isSame = known.info === info && known.policy === policy && known.there === there;
    return isSame ? known.load : undefined;
  }

  note({ id, info, policy }: HostView, there: readonly Placement[], load: HostLoad): void {
    this.#known.set(id, { info, policy, there, load });
  }
}

const memories = new WeakMap<Project, SettledHosts>();

/** Of a project that is the same object, as for a controller that runs on and plans again and again. */
export function settledHosts(project: Project): SettledHosts {
  const memory = memories.get(project) ?? new SettledHosts();
  memories.set(project, memory);
  return memory;
}

/** The instance that a group is, where nothing but its one host has a say in whether it stays there. */
export function onlyMember({ members }: TiedGroup<WantedInstance>): WantedInstance | undefined {
  const [only] = members;
  if (only === undefined || members.length > 1) return undefined;
  return only.isInOnePlace && only.isLoose && only.pin === undefined ? only : undefined;
}

/** Hosts that have, or may get, something which is bound to a place or to others, or is on its way. */
export function unsettledHosts(
  { volumes }: ClusterView,
  groups: readonly TiedGroup<WantedInstance>[],
): ReadonlySet<HostId> {
  const hosts = new Set<HostId>();
  for (const group of groups) {
    if (onlyMember(group) !== undefined) continue;
    for (const { pin, places, yielding } of group.members) {
      if (pin !== undefined) hosts.add(pin);
      for (const { host } of places) hosts.add(host);
      if (yielding !== undefined) hosts.add(yielding.host);
    }
    for (const volume of group.volumes) {
      const home = volumes.get(volume)?.host;
      if (home !== undefined) hosts.add(home);
    }
  }
  return hosts;
}
