import type { ContainerSpec, MountSpec } from '@nap/shared';

/**
 * A named volume of the local driver lives on one host. Compose lets services share it, so whatever mounts it must run
 * where it is: apart, each would see an empty volume of the same name.
 */
function isLocalVolume(
  mount: MountSpec,
): mount is Extract<MountSpec, { type: 'volume' }> & { name: string } {
  if (mount.type !== 'volume' || mount.name === undefined || mount.external === true) return false;
  if (mount.driver !== undefined && mount.driver !== 'local') return false;
  // The local driver mounts network file systems too; those are the same everywhere.
  return !/^(nfs|nfs4|cifs|smb3)$/.test(mount.driverOptions?.['type'] ?? '');
}

type Mounting = Pick<ContainerSpec, 'mounts'>;

export function localVolumes(spec: Mounting): readonly string[] {
  return spec.mounts.filter(isLocalVolume).map((mount) => mount.name);
}

export interface TiedGroup<T> {
  readonly members: readonly T[];
  /** The volumes that tie them; empty for a member of its own. */
  readonly volumes: readonly string[];
}

/** Members that must share a host, directly or through others, in the order of their first member. */
export function tieByVolumes<T extends { readonly spec: Mounting }>(
  members: readonly T[],
): readonly TiedGroup<T>[] {
  const groups: { members: T[]; volumes: Set<string> }[] = [];
  for (const member of members) {
    const volumes = localVolumes(member.spec);
    const tied = groups.filter((group) => volumes.some((volume) => group.volumes.has(volume)));
    const [first, ...rest] = tied;
    if (first === undefined) {
      groups.push({ members: [member], volumes: new Set(volumes) });
      continue;
    }
    for (const other of rest) {
      first.members.push(...other.members);
      for (const volume of other.volumes) first.volumes.add(volume);
      groups.splice(groups.indexOf(other), 1);
    }
    first.members.push(member);
    for (const volume of volumes) first.volumes.add(volume);
  }
  return groups.map(({ members: tiedMembers, volumes }) => ({
    members: tiedMembers,
    volumes: [...volumes].sort(),
  }));
}
