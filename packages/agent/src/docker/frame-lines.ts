import { Transform, type TransformCallback } from 'node:stream';
import { FRAME, FRAME_HEADER_BYTES, LIMITS } from '@nap/shared';

const NEWLINE = 0x0a;

export function frame(kind: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header[0] = kind;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** What a terminal wrote has no frames: whole lines of it, as they come, get one. */
export class FrameLines extends Transform {
  private rest: Buffer[] = [];
  private restBytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) this.give(chunk.subarray(0, end));
    if (end < chunk.length) {
      this.rest.push(chunk.subarray(end));
      this.restBytes += chunk.length - end;
    }
    if (this.restBytes > LIMITS.logLineBytes) this.give(Buffer.alloc(0));
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.restBytes > 0) this.give(Buffer.alloc(0));
    done();
  }

  private give(bytes: Buffer): void {
    this.push(frame(FRAME.stdout, Buffer.concat([...this.rest, bytes])));
    this.rest = [];
    this.restBytes = 0;
  }
}
