import type { FileDisk, FileOwner } from '../container-files/file-disk.js';

interface Kept {
  readonly bytes: Buffer;
  readonly owner: FileOwner;
}

/** Configs and secrets in memory. */
export class MemoryFileDisk implements FileDisk {
  readonly files = new Map<string, Kept>();
  /** False: like a run dir on a disk. */
  isTmpfs = true;

  get paths(): readonly string[] {
    return [...this.files.keys()];
  }

  read(path: string, owner: FileOwner): Promise<Buffer | undefined> {
    const kept = this.files.get(path);
    const isRight =
      kept?.owner.uid === owner.uid &&
      kept.owner.gid === owner.gid &&
      kept.owner.mode === owner.mode;
    return Promise.resolve(isRight ? kept.bytes : undefined);
  }

  write(path: string, bytes: Buffer, { uid, gid, mode }: FileOwner): Promise<void> {
    this.files.set(path, { bytes, owner: { uid, gid, mode } });
    return Promise.resolve();
  }

  list(dir: string): ReturnType<FileDisk['list']> {
    const listed = this.paths
      .filter((path) => path.startsWith(`${dir}/`))
      .map((path) => ({ owner: path.split('/').at(-2) ?? '', path }));
    return Promise.resolve(listed);
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  isInMemory(): Promise<boolean> {
    return Promise.resolve(this.isTmpfs);
  }
}
