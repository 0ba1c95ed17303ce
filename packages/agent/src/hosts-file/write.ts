import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf, NapError } from '@nap/shared';
import type { Edit, Rendered } from './render.js';

/** One hosts file while it is open. Characters are bytes (latin1). */
export interface OpenHostsFile {
  read(): string;
  /** In this order, each in place: the file is bind mounted, and a new one would not be seen in the container. */
  write(edits: readonly Edit[]): void;
}

/** Where hosts files are; the engine's disk, or a test's memory. */
export interface HostsFileIo {
  /** Throws DOCKER_NOT_FOUND when it is not there. */
  withFile<T>(path: string, use: (file: OpenHostsFile) => T): T;
}

const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW;

/** All of it: a disk with little space left takes a part, and says so only when it is asked again. */
function writeWhole(fd: number, { offset, text }: Edit): void {
  let written = 0;
  while (written < text.length) {
    written += writeSync(fd, text.slice(written), offset + written, 'latin1');
  }
}

interface Place {
  readonly path: string;
  /** Of the file as it was read. */
  readonly size: number;
}

/**
 * What cannot be added whole is taken away again: nothing has died for it yet. What has been added stays where a line in
 * front of it could not be changed.
 */
function writeOrLeave(fd: number, edits: readonly Edit[], { path, size }: Place): void {
  for (const edit of edits) {
    try {
      writeWhole(fd, edit);
    } catch (cause) {
      const isAdded = edit.offset + edit.text.length > size;
      if (isAdded && fstatSync(fd).size > size) ftruncateSync(fd, size);
      throw new NapError('BAD_CONFIG', `cannot write the hosts file ${path}: ${messageOf(cause)}`, {
        cause,
        hint: "see whether the engine's disk is full; nap writes it again by itself",
      });
    }
  }
}

/** Reads are synchronous, so that one buffer serves all; it grows to the largest file. */
let buffer = Buffer.allocUnsafe(16 * 1024);

function readWhole(fd: number): string {
  for (;;) {
    const bytes = readSync(fd, buffer, 0, buffer.length, 0);
    if (bytes < buffer.length) return buffer.toString('latin1', 0, bytes);
    buffer = Buffer.allocUnsafe(2 * buffer.length);
  }
}

/**
 * Synchronous on purpose: the files are small, and a container's names shall not wait for other work between the look at
 * its file and the write. Opened once for the look, the write and the look after it: during an apply every start changes
 * the files of all others.
 */
export const diskHostsFiles: HostsFileIo = {
  withFile: (path, use) => {
    const fd = named(path, 'open', () => openSync(path, FLAGS));
    let size = Number.POSITIVE_INFINITY;
    try {
      return use({
        read: () => {
          const text = named(path, 'read', () => readWhole(fd));
          size = text.length;
          return text;
        },
        write: (edits) => {
          writeOrLeave(fd, edits, { path, size });
        },
      });
    } finally {
      closeSync(fd);
    }
  },
};

/** What the disk says; a bug of whoever uses the file stays what it is. */
function named<T>(path: string, what: 'open' | 'read', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new NapError('DOCKER_NOT_FOUND', `cannot ${what} the hosts file ${path}`, { cause });
  }
}

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
  return io.withFile(path, (file) => {
    const { edits, text } = render(file.read());
    if (edits.length === 0) return 'unchanged';
    file.write(edits);
    if (file.read() !== text) {
      throw new NapError('DOCKER_CONFLICT', `the hosts file ${path} was changed by somebody else`, {
        hint: 'nap writes it again at once',
      });
    }
    return 'written';
  });
}
