import { readFile } from 'node:fs/promises';
import { NapError } from '../errors/nap-error.js';

/** Reads the file that a flag names. Throws BAD_CONFIG naming both. */
export async function readNamed(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new NapError('BAD_CONFIG', `cannot read ${path}, the file of --${flag}`, {
      hint: 'check the path and its rights',
      cause,
    });
  }
}
