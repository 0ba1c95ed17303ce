import {
  dependsOnHost,
  partnerInstances,
  type ContainerSpec,
  type InstanceId,
  type MountSpec,
} from '@nap/shared';

/**
 * A named volume of the local driver lives on one host. Compose lets services share it, so whatever mounts it must run
 * where it is: apart, each would see an empty volume of the same name.
 */
function isLocalVolume(
  mount: MountSpec,
): mount is Extract<MountSpec, { type: 'volume' }> & { name: string } {
  if (mount.type !== 'volume' || mount.name === undefined || mount.external === true) return false;
  // Every host has one of its own.
  if (dependsOnHost(mount.name)) return false;
  if (mount.driver !== undefined && mount.driver !== 'local') return false;
  // The local driver mounts network file systems too; those are the same everywhere.
  return !/^(nfs|nfs4|cifs|smb3)$/.test(mount.driverOptions?.['type'] ?? '');
}

export function localVolumes(spec: Pick<ContainerSpec, 'mounts'>): readonly string[] {
  return spec.mounts.filter(isLocalVolume).map((mount) => mount.name);
}

export interface TiedGroup<T> {
  readonly members: readonly T[];
  /** The volumes that bind it to the host that holds them. */
  readonly volumes: readonly string[];
}

interface Tied<T> {
  readonly instance: InstanceId;
  readonly spec: Pick<ContainerSpec, 'mounts' | 'network' | 'ipc' | 'pid' | 'volumesFrom'>;
  /** It runs on this host and no other, so its volumes are that host's own. */
  readonly pin?: unknown;
  /** Known to have nothing in its spec that ties it. */
  readonly isLoose?: boolean;
  /** The group that it is when it is loose; absent: made anew. */
  readonly alone?: TiedGroup<T>;
}

type Ties = Omit<Tied<unknown>, 'alone'>;

const NONE: readonly never[] = [];

const boundVolumes = (member: Ties): readonly string[] =>
  member.isLoose === true || member.pin !== undefined ? NONE : localVolumes(member.spec);

const partnersOf = (member: Ties): readonly InstanceId[] =>
  member.isLoose === true ? NONE : partnerInstances(member.spec);

/** Which members are tied, found by following the ties that they have in common. */
class Groups {
  /** Each member's way to the first member of its group. */
  readonly #towards: number[] = [];
  readonly #firstWith = new Map<string, number>();

  add(ties: readonly string[]): void {
    const member = this.#towards.length;
    this.#towards.push(member);
    for (const it of ties) {
      const first = this.#firstWith.get(it);
      if (first === undefined) this.#firstWith.set(it, member);
      else this.#join(first, member);
    }
  }

  /** The first member of its group. */
  first(member: number): number {
    let at = member;
    for (
      let next = this.#towards[at];
      next !== undefined && next !== at;
      next = this.#towards[at]
    ) {
      // Halves the way for those who come after.
      this.#towards[at] = this.#towards[next] ?? next;
      at = next;
    }
    return at;
  }

  #join(a: number, b: number): void {
    const [first, second] = [this.first(a), this.first(b)];
    this.#towards[Math.max(first, second)] = Math.min(first, second);
  }
}

/** Members that must share a host, directly or through others, in the order of their first member. */
export function tie<T extends Tied<T>>(members: readonly T[]): readonly TiedGroup<T>[] {
  if (members.every(({ isLoose }) => isLoose === true)) {
    return members.map((member) => member.alone ?? { members: [member], volumes: NONE });
  }
  const wanted = new Set(members.flatMap(partnersOf));
  const groups = new Groups();
  for (const member of members) {
    const volumes = boundVolumes(member).map((volume) => `volume ${volume}`);
    // What two members must both have to be tied. Most have nothing.
    const own = wanted.has(member.instance) ? [member.instance] : NONE;
    groups.add([...own, ...partnersOf(member), ...volumes]);
  }
  const byFirst: T[][] = members.map(() => []);
  for (const [at, member] of members.entries()) byFirst[groups.first(at)]?.push(member);
  return byFirst
    .filter((tied) => tied.length > 0)
    .map((tied) => ({ members: tied, volumes: volumesOf(tied) }));
}

function volumesOf(members: readonly Ties[]): readonly string[] {
  if (members.every(({ isLoose }) => isLoose === true)) return NONE;
  return [...new Set(members.flatMap(boundVolumes))].sort();
}
