import type { ContainerSpec, FileSpec, MountSpec } from '@nap/shared';
import { hasFeature } from '@nap/shared';
import type { AttachedVolume } from '../reconcile/observed.js';
import { PROPAGATIONS, type EngineMount, type MountFields } from './create-body.js';
import { given } from './given.js';
import { partnerId, type PartnerIds } from './partner-ids.js';

export interface MountContext {
  /** Anonymous volumes of the container that this one replaces. */
  readonly inherited: readonly AttachedVolume[];
  readonly partners: PartnerIds;
  /** Where on the host a config or secret is. */
  readonly filePath: (file: FileSpec) => string;
  readonly apiVersion: string;
}

/** Everything that a container sees of the file system beyond its image. */
export function mountFields(spec: ContainerSpec, context: MountContext): MountFields {
  const files = (spec.files ?? []).map((file): EngineMount => ({
    Type: 'bind',
    Source: context.filePath(file),
    Target: file.target,
    ReadOnly: true,
  }));
  const memory = spec.mounts.flatMap(tmpfs);
  return {
    Binds: spec.mounts.flatMap(bind),
    Mounts: [...mounts(spec, context), ...files],
    ...given({
      Tmpfs: memory.length === 0 ? undefined : Object.fromEntries(memory),
      VolumesFrom: spec.volumesFrom?.map(
        ({ instance, readOnly }) =>
          `${partnerId(instance, context.partners)}:${readOnly === true ? 'ro' : 'rw'}`,
      ),
      StorageOpt: spec.storageOptions,
      ReadonlyRootfs: spec.readOnly,
    }),
  };
}

type BindSpec = Extract<MountSpec, { type: 'bind' }>;
type TmpfsSpec = Extract<MountSpec, { type: 'tmpfs' }>;
type VolumeSpec = Extract<MountSpec, { type: 'volume' }>;

/** Only the short form creates a missing path on any engine; it knows nothing of what is mounted below. */
const isShort = (spec: BindSpec): boolean =>
  spec.createHostPath !== false && spec.recursive === undefined;

function bind(spec: MountSpec): readonly string[] {
  if (spec.type !== 'bind' || !isShort(spec)) return [];
  const options = [
    spec.readOnly === true ? 'ro' : 'rw',
    ...(spec.propagation === undefined ? [] : [spec.propagation]),
    ...(spec.selinux === undefined ? [] : [spec.selinux]),
  ];
  return [`${spec.source}:${spec.target}:${options.join(',')}`];
}

/** Mount options in their own words go by the short form too. */
const isWorded = (spec: TmpfsSpec): boolean => spec.options !== undefined;

function tmpfs(spec: MountSpec): readonly (readonly [string, string])[] {
  if (spec.type !== 'tmpfs' || !isWorded(spec)) return [];
  const { options = [], sizeBytes, mode } = spec;
  const all = [
    ...options,
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
  ];
  return [[spec.target, all.join(',')]];
}

function mount(spec: MountSpec, apiVersion: string): readonly EngineMount[] {
  const readOnly = 'readOnly' in spec && spec.readOnly ? { ReadOnly: true } : {};
  switch (spec.type) {
    case 'bind': {
      if (isShort(spec)) return [];
      const BindOptions = bindOptions(spec, apiVersion);
      return [
        {
          Type: 'bind',
          Source: spec.source,
          Target: spec.target,
          ...readOnly,
          ...(Object.keys(BindOptions).length === 0 ? {} : { BindOptions }),
        },
      ];
    }
    case 'volume':
      return [
        {
          Type: 'volume',
          Source: spec.name ?? '',
          Target: spec.target,
          ...readOnly,
          VolumeOptions: volumeOptions(spec),
        },
      ];
    case 'image': {
      const { image: Source, target: Target, subpath } = spec;
      const options = subpath === undefined ? {} : { ImageOptions: { Subpath: subpath } };
      return [{ Type: 'image', Source, Target, ReadOnly: true, ...options }];
    }
    case 'tmpfs': {
      if (isWorded(spec)) return [];
      const { sizeBytes, mode } = spec;
      // The engine takes 0 as "not given".
      const options = { SizeBytes: sizeBytes ?? 0, Mode: mode ?? 0 };
      return [{ Type: 'tmpfs', Source: '', Target: spec.target, TmpfsOptions: options }];
    }
  }
}

function bindOptions(spec: BindSpec, apiVersion: string): NonNullable<EngineMount['BindOptions']> {
  const { recursive } = spec;
  const isReadOnlyBelow = recursive === 'readonly';
  const isNewer = hasFeature('recursiveReadOnly', apiVersion);
  const isCreating = recursive !== undefined && spec.createHostPath !== false;
  return given({
    // The engine refuses the one without the other.
    Propagation:
      PROPAGATIONS.find((known) => known === spec.propagation) ??
      (isReadOnlyBelow ? 'rprivate' : undefined),
    CreateMountpoint: isCreating && hasFeature('createMountPoint', apiVersion) ? true : undefined,
    NonRecursive: recursive === 'disabled' ? true : undefined,
    // Older engines do so by themselves.
    ReadOnlyNonRecursive: recursive === 'writable' && isNewer ? true : undefined,
    ReadOnlyForceRecursive: isReadOnlyBelow && isNewer ? true : undefined,
  });
}

function volumeOptions(spec: VolumeSpec): NonNullable<EngineMount['VolumeOptions']> {
  const isExternal = spec.external === true;
  return {
    NoCopy: spec.noCopy ?? false,
    Labels: (isExternal ? undefined : spec.labels) ?? {},
    DriverConfig: {
      // Empty: the engine's own default, and for a volume that exists whatever it has.
      Name: (isExternal ? undefined : spec.driver) ?? '',
      Options: (isExternal ? undefined : spec.driverOptions) ?? {},
    },
    ...given({ Subpath: spec.subpath }),
  };
}

/** A path that the spec mounts by name is not inherited: the file has the last word. */
function heirlooms(
  spec: ContainerSpec,
  inherited: readonly AttachedVolume[],
): ReadonlyMap<string, AttachedVolume> {
  const byTarget = new Map(inherited.map((volume) => [volume.target, volume]));
  for (const own of spec.mounts) {
    if (!isAnonymous(own)) byTarget.delete(own.target);
  }
  return byTarget;
}

const isAnonymous = (spec: MountSpec): boolean => spec.type === 'volume' && spec.name === undefined;

function mounts(
  spec: ContainerSpec,
  { inherited, apiVersion }: MountContext,
): readonly EngineMount[] {
  const byTarget = heirlooms(spec, inherited);
  const own = spec.mounts.filter((it) => !(isAnonymous(it) && byTarget.has(it.target)));
  return [
    ...own.flatMap((it) => mount(it, apiVersion)),
    ...[...byTarget.values()].map(({ name, target }): EngineMount => ({
      Type: 'volume',
      Source: name,
      Target: target,
    })),
  ];
}
