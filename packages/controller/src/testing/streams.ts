import { PassThrough } from 'node:stream';
import type { Streams } from '../streams.js';

/** Standard streams that lead nowhere, and to no terminal. */
export function noStreams(): Streams {
  return { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
}
