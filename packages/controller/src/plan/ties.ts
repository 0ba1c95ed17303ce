import { partnerInstances, type ContainerSpec, type InstanceId, type MountSpec } from '@nap/shared';

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

export function localVolumes(spec: Pick<ContainerSpec, 'mounts'>): readonly string[] {
  return spec.mounts.filter(isLocalVolume).map((mount) => mount.name);
}

export interface TiedGroup<T> {
  readonly members: readonly T[];
  /** The volumes that bind it to the host that holds them. */
  readonly volumes: readonly string[];
}

interface Tied {
  readonly instance: InstanceId;
  readonly spec: Pick<ContainerSpec, 'mounts' | 'network' | 'ipc' | 'pid' | 'volumesFrom'>;
  /** It runs on this host and no other, so its volumes are that host's own. */
  readonly pin?: unknown;
}

const boundVolumes = ({ spec, pin }: Tied): readonly string[] =>
  pin === undefined ? localVolumes(spec) : [];

/** What two members must both have to be tied. */
function tiesOf(member: Tied): readonly string[] {
  const { instance, spec } = member;
  return [
    instance,
    ...partnerInstances(spec),
    ...boundVolumes(member).map((volume) => `volume ${volume}`),
  ];
}

/** Members that must share a host, directly or through others, in the order of their first member. */
export function tie<T extends Tied>(members: readonly T[]): readonly TiedGroup<T>[] {
  const groups: { members: T[]; ties: Set<string> }[] = [];
  const groupOf = new Map<string, { members: T[]; ties: Set<string> }>();
  for (const member of members) {
    const ties = tiesOf(member);
    const found = new Set(ties.flatMap((it) => groupOf.get(it) ?? []));
    const [first, ...rest] = [...found].sort((a, b) => groups.indexOf(a) - groups.indexOf(b));
    const group = first ?? { members: [], ties: new Set<string>() };
    if (first === undefined) groups.push(group);
    for (const other of rest) {
      group.members.push(...other.members);
      for (const it of other.ties) group.ties.add(it);
      groups.splice(groups.indexOf(other), 1);
    }
    group.members.push(member);
    for (const it of ties) group.ties.add(it);
    for (const it of group.ties) groupOf.set(it, group);
  }
  return groups.map((group) => ({
    members: group.members,
    volumes: [...new Set(group.members.flatMap(boundVolumes))].sort(),
  }));
}
