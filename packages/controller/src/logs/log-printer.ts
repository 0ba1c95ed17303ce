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
  private readonly prefixes: Buffer[] = [];
  private readonly hasColours: boolean;
  private readonly hasNames: boolean;
  private width: number;
  private readonly hasTimes: boolean;
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(output: Writable, { names, hasColours, hasTimes }: PrinterOptions) {
    this.output = output;
    this.hasTimes = hasTimes;
    this.hasColours = hasColours;
    this.hasNames = names !== undefined;
    this.width = Math.max(0, ...(names ?? []).map((name) => name.length));
    for (const name of names ?? []) this.add(name);
  }

  /** One more source: the next number is its own. */
  add(name: string): void {
    this.width = Math.max(this.width, name.length);
    const text = `${name.padEnd(this.width)}  | `;
    const colour = COLOURS[this.prefixes.length % COLOURS.length] ?? 36;
    const prefix = this.hasColours ? `\u001b[${colour}m${text}\u001b[0m` : text;
    this.prefixes.push(Buffer.from(this.hasNames ? prefix : ''));
  }

  get isFull(): boolean {
    return this.bytes >= WRITE_BYTES;
  }

  write(source: number, { time, text }: LogLine): void {
    const prefix = this.prefixes[source];
    if (prefix !== undefined && prefix.length > 0) this.put(prefix);
    if (this.hasTimes) {
      this.put(Buffer.from(time));
      this.put(SPACE);
    }
    this.put(text);
  }

  async flush(): Promise<void> {
    if (this.parts.length === 0) return;
    const bytes = Buffer.concat(this.parts, this.bytes);
    this.parts = [];
    this.bytes = 0;
    if (!this.output.write(bytes)) await once(this.output, 'drain');
  }

  private put(bytes: Buffer): void {
    this.parts.push(bytes);
    this.bytes += bytes.length;
  }
}
