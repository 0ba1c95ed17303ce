import { createHash } from 'node:crypto';
import { fileDigest, type FileDigest } from './ids.js';

/** The identity of the bytes of a config or secret. */
export function digestOf(bytes: Uint8Array): FileDigest {
  return fileDigest(createHash('sha256').update(bytes).digest('hex'));
}
