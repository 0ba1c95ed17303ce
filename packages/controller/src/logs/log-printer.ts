import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { MergeSink } from './merge-logs.js';
import type { LogLine } from './frame-reader.js';

export interface PrinterOptions {
  /** Of each source; none: lines as they are. */
  readonly names: readonly string[] | undefined;
  readonly hasColours: boolean;
  readonly hasTimes: boolean;
}

const WRITE_BYTES = 64 * 1024;
/** Compose's own order. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94] as const;
const SPACE = Buffer.from(' ');

/** Lines with the names of their instances before them, as Compose prints them; in writes of a size that terminals like. */
export class LogPrinter implements MergeSink {
  private readonly output: Writable;
  private readonly prefixes: readonly Buffer[];
  private readonly hasTimes: boolean;
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(output: Writable, { names, hasColours, hasTimes }: PrinterOptions) {
    this.output = output;
    this.hasTimes = hasTimes;
    const width = Math.max(0, ...(names ?? []).map((name) => name.length));
    this.prefixes = (names ?? []).map((name, at) => {
      const text = `${name.padEnd(width)}  | `;
      return Buffer.from(
        hasColours ? `\u001b[${COLOURS[at % COLOURS.length] ?? 36}m${text}\u001b[0m` : text,
      );
    });
  }

  get isFull(): boolean {
    return this.bytes >= WRITE_BYTES;
  }

  write(source: number, { time, text }: LogLine): void {
    const prefix = this.prefixes[source];
    if (prefix !== undefined) this.add(prefix);
    if (this.hasTimes) {
      this.add(Buffer.from(time));
      this.add(SPACE);
    }
    this.add(text);
  }

  async flush(): Promise<void> {
    if (this.parts.length === 0) return;
    const bytes = Buffer.concat(this.parts, this.bytes);
    this.parts = [];
    this.bytes = 0;
    if (!this.output.write(bytes)) await once(this.output, 'drain');
  }

  private add(bytes: Buffer): void {
    this.parts.push(bytes);
    this.bytes += bytes.length;
  }
}
