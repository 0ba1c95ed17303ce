import type { FileSpec, InstanceId } from '@nap/shared';

/** Where the configs and secrets of this host's instances are; secrets in memory only. */
export interface FileDirs {
  readonly config: string;
  readonly secret: string;
}

/**
 * A path says all about the file but what is in it, so that a file is never changed: another content, owner or mode is
 * another file, and a container keeps the one that it was made with.
 */
export function filePath(dirs: FileDirs, instance: InstanceId, file: FileSpec): string {
  const { digest, uid, gid, mode } = file;
  return `${dirs[file.kind]}/${instance}/${digest}-${uid}-${gid}-${mode.toString(8)}`;
}
