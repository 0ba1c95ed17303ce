import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

/** They may lead to a terminal. */
export interface Streams {
  readonly input: Readable & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode' | 'unref'>>;
  readonly output: Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;
  readonly errors: Writable & Partial<Pick<WriteStream, 'isTTY'>>;
}
