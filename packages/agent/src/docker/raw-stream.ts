import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ChunkedBody } from './chunked-body.js';

/** One read at most, and one piece of what is given. */
const PIECE_BYTES = 64 * 1024;
/** A read of less waits for more that is on its way, for so long. */
const LITTLE_BYTES = PIECE_BYTES / 2;
const GATHER_MS = 1;
const HEAD_BYTES_MAX = 64 * 1024;
const HEAD_END = '\r\n\r\n';

/**
 * What the engine streams in answer to a GET, in pieces as large as they come. Node's own client makes a buffer and an event
 * of each chunk, and wakes for each; of a log that is each line, and most of what an agent took for it. One buffer is read
 * into, and at most one read is made in a millisecond while they bring little. Rejects with what the library gives for the
 * same, `statusCode` and the engine's words; the stream fails when the engine hangs up in the middle.
 */
export function openRawStream(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    // Until the answer begins; a stream lasts as long as it lasts.
    const stream = new RawStream(socketPath, path, (status) => {
      signal.removeEventListener('abort', onAbort);
      if (status === 200) resolve(stream);
      else readRefusal(stream, status).then(reject, reject);
    });
    stream.once('error', reject);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function readRefusal(stream: Readable, statusCode: number): Promise<Error> {
  let text = '';
  for await (const piece of stream as AsyncIterable<Buffer>) text += piece.toString('utf8');
  return Object.assign(new Error(messageIn(text)), { statusCode });
}

function messageIn(text: string): string {
  try {
    const told = JSON.parse(text) as { readonly message?: unknown };
    return typeof told.message === 'string' ? told.message : text;
  } catch {
    return text;
  }
}

class RawStream extends Readable {
  private readonly socket: Socket;
  private readonly onHead: (status: number) => void;
  private head: Buffer | undefined = Buffer.alloc(0);
  /** Undefined where the body lasts as long as the connection. */
  private body: ChunkedBody | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isWanted = true;

  constructor(socketPath: string, path: string, onHead: (status: number) => void) {
    super({ highWaterMark: PIECE_BYTES });
    this.onHead = onHead;
    this.socket = connect({
      path: socketPath,
      onread: {
        buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
        callback: (bytes, buffer) =>
          this.receive(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
      },
    });
    this.socket.on('error', (err) => this.destroy(err));
    this.socket.on('close', () => {
      this.onClose();
    });
    this.socket.resume();
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`);
  }

  override _read(): void {
    this.isWanted = true;
    if (this.timer === undefined) this.socket.resume();
  }

  override _destroy(err: Error | null, done: (err?: Error | null) => void): void {
    clearTimeout(this.timer);
    this.socket.destroy();
    done(err);
  }

  /** False: nothing more is read for now. */
  private receive(piece: Buffer): boolean {
    try {
      const rest = this.head === undefined ? piece : this.readHead(this.head, piece);
      this.give(rest);
    } catch (err) {
      this.destroy(err instanceof Error ? err : new Error(String(err)));
    }
    if (!this.isWanted) return false;
    if (piece.length >= LITTLE_BYTES) return true;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isWanted) this.socket.resume();
    }, GATHER_MS);
    return false;
  }

  /** What of the piece is body. */
  private readHead(before: Buffer, piece: Buffer): Buffer {
    const bytes = Buffer.concat([before, piece]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 && bytes.length > HEAD_BYTES_MAX) throw new Error('no answer of HTTP');
    this.head = end < 0 ? bytes : undefined;
    if (end < 0) return Buffer.alloc(0);
    const text = bytes.toString('latin1', 0, end);
    const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
    if (status === undefined) throw new Error('no answer of HTTP');
    if (/\r\ntransfer-encoding: *chunked/i.test(text)) this.body = new ChunkedBody();
    this.onHead(Number(status));
    return bytes.subarray(end + HEAD_END.length);
  }

  private give(piece: Buffer): void {
    const bytes = this.body === undefined ? piece.length : this.body.unwrap(piece);
    // Copied: the buffer is read into again.
    if (bytes > 0) this.isWanted = this.push(Buffer.from(piece.subarray(0, bytes)));
    if (this.body?.isOver === true) this.push(null);
  }

  private onClose(): void {
    if (this.body?.isOver === true || this.destroyed) return;
    if (this.head === undefined && this.body === undefined) this.push(null);
    else this.destroy(new Error('dockerd hung up in the middle of its answer'));
  }
}
