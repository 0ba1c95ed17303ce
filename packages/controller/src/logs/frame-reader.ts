import { FRAME, FRAME_HEADER_BYTES, LIMITS, LOG_TIME_CHARS } from '@nap/shared';

/**
 * A line of a container's log. It lies where it was read to, and is copied once, to where it is written from: at some
 * 100,000 of them a second a buffer for each costs more than all the rest.
 */
export interface LogLine {
  /** The engine's, with nanoseconds; sorts as text. */
  readonly time: string;
  /** The same as numbers, for who compares it with each other line: its digits up to the second, then the nanoseconds. */
  readonly second: number;
  readonly nanosecond: number;
  /** With its end of line. */
  readonly text: Buffer;
  /** Of the text. */
  readonly bytes: number;
  /** Puts the text there. */
  copyTo(target: Buffer, at: number): void;
}

const NOT_READ = -1;
/** Of `2026-01-31T08:00:00`. */
const SECOND_CHARS = 19;
const [ZERO, NINE] = [0x30, 0x39];

/** The number that they make, whatever stands between them. */
function digits(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) value = value * 10 + byte - ZERO;
  }
  return value;
}

/** Of logs that are merged: which line comes first. */
export const isBefore = (a: LogLine, b: LogLine): boolean =>
  a.second === b.second ? a.nanosecond < b.nanosecond : a.second < b.second;

class LineInPlace implements LogLine {
  private readonly chunk: Buffer;
  private readonly start: number;
  private readonly end: number;
  private readTime: string | undefined;
  private readSecond = NOT_READ;
  private readNanosecond = NOT_READ;

  /** `start`: where its time is. */
  constructor(chunk: Buffer, start: number, end: number) {
    this.chunk = chunk;
    this.start = start;
    this.end = end;
  }

  get time(): string {
    this.readTime ??= this.chunk.toString('latin1', this.start, this.start + LOG_TIME_CHARS);
    return this.readTime;
  }

  get second(): number {
    if (this.readSecond === NOT_READ) {
      this.readSecond = digits(this.chunk, this.start, this.start + SECOND_CHARS);
    }
    return this.readSecond;
  }

  get nanosecond(): number {
    if (this.readNanosecond === NOT_READ) {
      const from = this.start + SECOND_CHARS;
      this.readNanosecond = digits(this.chunk, from, this.start + LOG_TIME_CHARS);
    }
    return this.readNanosecond;
  }

  get text(): Buffer {
    return this.chunk.subarray(this.textAt, this.end);
  }

  get bytes(): number {
    return this.end - this.textAt;
  }

  copyTo(target: Buffer, at: number): void {
    this.chunk.copy(target, at, this.textAt, this.end);
  }

  private get textAt(): number {
    return Math.min(this.end, this.start + LOG_TIME_CHARS + 1);
  }
}

/** A line that lies in no chunk: it came in pieces. */
export function logLine(time: string, text: Buffer): LogLine {
  return new LineInPlace(
    Buffer.concat([Buffer.from(`${time} `), text]),
    0,
    time.length + 1 + text.length,
  );
}

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

interface Unfinished {
  readonly time: string;
  readonly parts: Buffer[];
  bytes: number;
}

/** The bytes of a log, in whatever pieces they come → its lines. */
export class FrameReader {
  private rest: Buffer = EMPTY;
  /** What of a line has come, by the stream that wrote it: the engine cuts long ones. */
  private readonly unfinished = new Map<number, Unfinished>();
  private lines: LogLine[] = [];
  /** What the agent said when the log broke off. */
  private failure: string | undefined;

  get error(): string | undefined {
    return this.failure;
  }

  read(chunk: Buffer): readonly LogLine[] {
    const from = this.readRest(chunk);
    const at = this.readFrames(chunk, from);
    // A copy, or the little that is left would keep the whole chunk in memory.
    if (at < chunk.length) this.rest = Buffer.concat([this.rest, chunk.subarray(at)]);
    return this.take();
  }

  /** The frame that was cut, with what of it has come now: not the whole chunk behind it. → How much of the chunk that was. */
  private readRest(chunk: Buffer): number {
    let at = 0;
    while (this.rest.length > 0 && at < chunk.length) {
      const { length } = this.rest;
      const wanted =
        length < FRAME_HEADER_BYTES
          ? FRAME_HEADER_BYTES
          : FRAME_HEADER_BYTES + this.rest.readUInt32BE(4);
      const piece = chunk.subarray(at, at + wanted - length);
      const bytes = Buffer.concat([this.rest, piece]);
      at += piece.length;
      this.rest = this.readFrames(bytes, 0) === 0 ? bytes : EMPTY;
    }
    return at;
  }

  /** Whole frames from there on. → Where they end. */
  private readFrames(bytes: Buffer, from: number): number {
    let at = from;
    while (at + FRAME_HEADER_BYTES <= bytes.length) {
      const start = at + FRAME_HEADER_BYTES;
      const end = start + bytes.readUInt32BE(at + 4);
      if (end > bytes.length) break;
      const kind = bytes.readUInt8(at);
      if (kind === FRAME.error) this.failure = bytes.toString('utf8', start, end);
      else this.readLines(kind, bytes, start, end);
      at = end;
    }
    return at;
  }

  /** A last line without an end. */
  end(): readonly LogLine[] {
    for (const kind of [...this.unfinished.keys()]) this.finish(kind, Buffer.of(NEWLINE));
    return this.take();
  }

  private take(): readonly LogLine[] {
    const { lines } = this;
    this.lines = [];
    return lines;
  }

  private readLines(kind: number, bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const found = bytes.indexOf(NEWLINE, at);
      const isWhole = found >= 0 && found < end;
      const next = isWhole ? found + 1 : end;
      if (isWhole && !this.unfinished.has(kind)) {
        this.lines.push(new LineInPlace(bytes, at, next));
      } else {
        this.readPiece(kind, bytes.subarray(at, next), isWhole);
      }
      at = next;
    }
  }

  /** Each piece has the time before it, also the second of a line. */
  private readPiece(kind: number, piece: Buffer, isWhole: boolean): void {
    const time = piece.toString('latin1', 0, LOG_TIME_CHARS);
    const text = piece.subarray(LOG_TIME_CHARS + 1);
    const begun = this.unfinished.get(kind);
    if (isWhole) {
      this.finish(kind, text);
      return;
    }
    const line: Unfinished = begun ?? { time, parts: [], bytes: 0 };
    line.parts.push(Buffer.from(text));
    line.bytes += text.length;
    this.unfinished.set(kind, line);
    if (line.bytes > LIMITS.logLineBytes) this.finish(kind, Buffer.of(NEWLINE));
  }

  private finish(kind: number, last: Buffer): void {
    const line = this.unfinished.get(kind);
    if (line === undefined) return;
    this.unfinished.delete(kind);
    this.lines.push(logLine(line.time, Buffer.concat([...line.parts, last])));
  }
}
