import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isNapError, messageOf, NapError } from '@nap/shared';
import type { Edit, Rendered } from './render.js';

/** Where hosts files are; the engine's disk, or a test's memory. Characters are bytes (latin1). */
export interface HostsFileIo {
  read(path: string): string;
  /** In this order, each in place: the file is bind mounted, and a new one would not be seen in the container. */
  write(path: string, edits: readonly Edit[]): void;
}

const NO_FOLLOW = constants.O_NOFOLLOW;

function withFile<T>(path: string, flags: number, use: (fd: number) => T): T {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags | NO_FOLLOW);
    return use(fd);
  } catch (cause) {
    if (isNapError(cause)) throw cause;
    throw new NapError('DOCKER_NOT_FOUND', `cannot open the hosts file ${path}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** All of it: a disk with little space left takes a part, and says so only when it is asked again. */
function writeWhole(fd: number, { offset, text }: Edit): void {
  const bytes = Buffer.from(text, 'latin1');
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, offset + written);
  }
}

/** What was added is a comment until all of it is there: without it the file is as it was. */
function writeOrLeave(fd: number, edit: Edit, path: string): void {
  const { size } = fstatSync(fd);
  try {
    writeWhole(fd, edit);
  } catch (cause) {
    if (fstatSync(fd).size > size) ftruncateSync(fd, size);
    throw new NapError('BAD_CONFIG', `cannot write the hosts file ${path}: ${messageOf(cause)}`, {
      cause,
      hint: "see whether the engine's disk is full; nap writes it again by itself",
    });
  }
}

/**
 * Synchronous on purpose: the files are small, and a container's names shall not wait for other work between the look at
 * its file and the write.
 */
export const diskHostsFiles: HostsFileIo = {
  read: (path) => withFile(path, constants.O_RDONLY, (fd) => readFileSync(fd, 'latin1')),
  write: (path, edits) => {
    withFile(path, constants.O_RDWR, (fd) => {
      for (const edit of edits) writeOrLeave(fd, edit, path);
    });
  },
};

/**
 * The engine's own file, not one that a user has mounted on /etc/hosts: that one is his. The id may be another
 * container's, whose network this one shares.
 */
export function isEngineFile(path: string, dataRoot: string): boolean {
  const prefix = join(dataRoot, 'containers', '/');
  return path.startsWith(prefix) && /^[0-9a-f]{64}\/hosts$/.test(path.slice(prefix.length));
}

export type WriteOutcome = 'unchanged' | 'written';

/** Reads, renders, writes what differs and reads back. Throws when the file is not there or does not keep what was written. */
export function updateHostsFile(
  io: HostsFileIo,
  path: string,
  render: (existing: string) => Rendered,
): WriteOutcome {
  const { edits, text } = render(io.read(path));
  if (edits.length === 0) return 'unchanged';
  io.write(path, edits);
  if (io.read(path) !== text) {
    throw new NapError('DOCKER_CONFLICT', `the hosts file ${path} was changed by somebody else`, {
      hint: 'nap writes it again at once',
    });
  }
  return 'written';
}
