import { chmod, chown, mkdir, open, readdir, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NapError } from '@nap/shared';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The disk, or a test's memory. Errors are BAD_CONFIG; what is in a file is never part of one. */
export interface FileDisk {
  /** Undefined when it is not there, or is not as it should be. */
  read(path: string, owner: FileOwner): Promise<Buffer | undefined>;
  /** Either the whole file is there afterwards, or what was there before. Directories are for root only. */
  write(path: string, bytes: Buffer, owner: FileOwner): Promise<void>;
  /** The files in the directories of a directory. */
  list(dir: string): Promise<readonly ListedFile[]>;
  /** And its directory, when it was the last. Also when it is gone already. */
  remove(path: string): Promise<void>;
  /** What is written there never reaches a disk, but for swap. Makes the directory, for root only. */
  isInMemory(dir: string): Promise<boolean>;
}

export interface ListedFile {
  /** Name of the directory that it is in. */
  readonly owner: string;
  readonly path: string;
}

const DIR_MODE = 0o700;
/** Of statfs(2): tmpfs and ramfs. */
const MEMORY_TYPES: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** setuid, setgid and the like mean nothing on such a file, and the agent's unit may not set them. */
const PERMISSIONS = 0o777;

const codeOf = (err: unknown): unknown =>
  typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;

async function unless<T>(answer: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (err) {
    if (codes.some((code) => codeOf(err) === code)) return undefined;
    throw err;
  }
}

async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new NapError('BAD_CONFIG', `cannot ${what}: ${String(codeOf(cause))}`, {
      cause,
      hint: 'the agent keeps configs below --state-dir and secrets below --run-dir, with space left',
    });
  }
}

async function readWhole(path: string, owner: FileOwner): Promise<Buffer | undefined> {
  const file = await unless(open(path, 'r'), 'ENOENT');
  if (file === undefined) return undefined;
  try {
    const { uid, gid, mode } = await file.stat();
    const isRight =
      uid === owner.uid && gid === owner.gid && (mode & PERMISSIONS) === (owner.mode & PERMISSIONS);
    return isRight ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

async function writeWhole(path: string, bytes: Buffer, owner: FileOwner): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: DIR_MODE });
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  await chown(temporary, owner.uid, owner.gid);
  await chmod(temporary, owner.mode & PERMISSIONS);
  await rename(temporary, path);
}

async function listFiles(dir: string): Promise<readonly ListedFile[]> {
  const owners = (await unless(readdir(dir), 'ENOENT')) ?? [];
  const listed = await Promise.all(
    owners.map(async (owner) => {
      const names = (await unless(readdir(join(dir, owner)), 'ENOENT', 'ENOTDIR')) ?? [];
      return names.map((name) => ({ owner, path: join(dir, owner, name) }));
    }),
  );
  return listed.flat();
}

export const fileDisk: FileDisk = {
  read: (path, owner) => named(`read ${path}`, () => readWhole(path, owner)),
  write: (path, bytes, owner) => named(`write ${path}`, () => writeWhole(path, bytes, owner)),
  list: (dir) => named(`list ${dir}`, () => listFiles(dir)),
  remove: (path) =>
    named(`remove ${path}`, async () => {
      await rm(path, { force: true });
      await unless(rmdir(dirname(path)), 'ENOENT', 'ENOTEMPTY');
    }),
  isInMemory: (dir) =>
    named(`look at ${dir}`, async () => {
      await mkdir(dir, { recursive: true, mode: DIR_MODE });
      await chmod(dir, DIR_MODE);
      return MEMORY_TYPES.has((await statfs(dir)).type);
    }),
};
