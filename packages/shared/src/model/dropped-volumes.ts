import type { ContainerSpec } from '../schema/container-spec.js';

/** Those that an agent drops with an instance; external ones are somebody else's. */
export function droppedVolumes({ mounts }: Pick<ContainerSpec, 'mounts'>): readonly string[] {
  const names = mounts.flatMap((mount) =>
    mount.type === 'volume' && mount.name !== undefined && mount.external !== true
      ? [mount.name]
      : [],
  );
  return [...new Set(names)];
}
