import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NapError } from '@nap/shared';

/** Small documents on disk that survive a power cut: either the old one or the new one is there, never half of it. */
export interface TextFiles {
  /** Undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
}

const isMissing = (err: unknown): boolean =>
  typeof err === 'object' && err !== null && 'code' in err && err.code === 'ENOENT';

function failed(what: string, path: string, cause: unknown): NapError {
  return new NapError('BAD_CONFIG', `cannot ${what} ${path}`, {
    cause,
    hint: 'the agent needs a writable state dir (--state-dir) with space left',
  });
}

/** Placements hold environments, and those hold secrets: for root's eyes only. */
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

export const diskFiles: TextFiles = {
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (err) {
      if (isMissing(err)) return undefined;
      throw failed('read', path, err);
    }
  },
  async write(path, text) {
    const temporary = `${path}.new`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: DIR_MODE });
      await writeDurably(temporary, text);
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    } catch (err) {
      throw failed('write', path, err);
    }
  },
};

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', FILE_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it the rename itself may not survive a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
