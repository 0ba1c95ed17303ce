import { open, type FileHandle } from 'node:fs/promises';
import { LIMITS, messageOf } from '@nap/shared';
import { loadWith, type LoadRequest, type LoadResult } from './pipeline.js';
import { STDIN, type FileBytes, type ReadFile } from './session.js';

export interface LoadOptions extends LoadRequest {
  /** Text of standard input, for a file called `-`. */
  readonly stdin?: () => Promise<string>;
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

function codeOf(err: unknown): string {
  return typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '';
}

function tooBig(bytes: number): FileBytes {
  const why = `it has ${bytes} bytes, more than the ${LIMITS.inputFileBytes} that nap reads`;
  return { kind: 'unusable', why };
}

async function readHandle(handle: FileHandle): Promise<FileBytes> {
  const stat = await handle.stat();
  if (stat.isDirectory()) return { kind: 'unusable', why: 'it is a directory' };
  if (stat.size > LIMITS.inputFileBytes) return tooBig(stat.size);
  // A pipe or a device says size 0 and may never end: read up to the limit, not to the end.
  const buffer = Buffer.alloc(LIMITS.inputFileBytes + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (length === buffer.length) return tooBig(length);
    if (bytesRead === 0) return { kind: 'bytes', bytes: buffer.subarray(0, length) };
  }
}

async function readFromDisk(path: string): Promise<FileBytes> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return await readHandle(handle);
  } catch (err) {
    const code = codeOf(err);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return {
      kind: 'unusable',
      why: WHY[code] ?? `the system says ${code === '' ? messageOf(err) : code}`,
    };
  } finally {
    await handle?.close();
  }
}

function reader(stdin: (() => Promise<string>) | undefined): ReadFile {
  return async (path) => {
    if (path !== STDIN) return readFromDisk(path);
    if (stdin === undefined) return { kind: 'unusable', why: 'nothing is connected to it' };
    const bytes = Buffer.from(await stdin());
    return bytes.length > LIMITS.inputFileBytes ? tooBig(bytes.length) : { kind: 'bytes', bytes };
  };
}

/**
 * Reads Compose files of any format into a project, or into the problems that forbid it. Never throws for what a file says
 * or is; the same input gives the same result.
 */
export async function loadProject(options: LoadOptions): Promise<LoadResult> {
  return loadWith(options, reader(options.stdin));
}
