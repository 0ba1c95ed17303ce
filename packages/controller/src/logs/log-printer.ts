import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { LOG_TIME_CHARS } from '@nap/shared';
import type { MergeSink } from './merge-logs.js';
import type { LogLine } from './frame-reader.js';

export interface PrinterOptions {
  /** Of each source; none: lines as they are. */
  readonly names: readonly string[] | undefined;
  readonly hasColours: boolean;
  readonly hasTimes: boolean;
}

const WRITE_BYTES = 64 * 1024;
/** Room for the line that makes it full. */
const PAGE_BYTES = WRITE_BYTES + 16 * 1024;
/** Compose's own order. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94] as const;
const NOTHING = Buffer.alloc(0);

/** Lines with the names of their instances before them, as Compose prints them; in writes of a size that terminals like. */
export class LogPrinter implements MergeSink {
  private readonly output: Writable;
  private readonly prefixes: Buffer[] = [];
  private readonly hasColours: boolean;
  private readonly hasNames: boolean;
  private width: number;
  private readonly hasTimes: boolean;
  /** What is to be written next. */
  private page: Buffer = Buffer.allocUnsafeSlow(PAGE_BYTES);
  private bytes = 0;
  /** One that is written. A new one for each write would be collected by the hundred, and that costs more than writing. */
  private spare: Buffer | undefined;

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

  write(source: number, line: LogLine): void {
    const prefix = this.prefixes[source] ?? NOTHING;
    this.makeRoom(prefix.length + LOG_TIME_CHARS + 1 + line.bytes);
    this.bytes += prefix.copy(this.page, this.bytes);
    if (this.hasTimes) this.bytes += this.page.write(`${line.time} `, this.bytes, 'latin1');
    line.copyTo(this.page, this.bytes);
    this.bytes += line.bytes;
  }

  async flush(): Promise<void> {
    if (this.bytes === 0) return;
    const { page } = this;
    const bytes = page.subarray(0, this.bytes);
    // The stream has it until it is written.
    this.page = this.spare ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
    this.spare = undefined;
    this.bytes = 0;
    const hasRoom = this.output.write(bytes, () => {
      if (page.length === PAGE_BYTES) this.spare = page;
    });
    if (!hasRoom) await once(this.output, 'drain');
  }

  /** A line may be longer than a page. */
  private makeRoom(bytes: number): void {
    if (this.bytes + bytes <= this.page.length) return;
    const larger = Buffer.allocUnsafeSlow(this.bytes + bytes);
    this.page.copy(larger, 0, 0, this.bytes);
    this.page = larger;
  }
}
