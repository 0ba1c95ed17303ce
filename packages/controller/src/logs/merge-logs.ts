import type { Clock } from '@nap/shared/runtime';
import { Heap } from '../plan/heap.js';
import { isBefore, type LogLine } from './frame-reader.js';

/** How long the oldest line waits for older ones of sources that are silent. */
export interface Patience {
  readonly windowMs: number;
  /** For who spoke a moment ago, and will again: although there may be no more room for the others. */
  readonly recentMs: number;
  /** For who is just being opened. */
  readonly openingMs: number;
}

/** Who has nothing to say now may have nothing to say for long. */
export const FOLLOWING: Patience = { windowMs: 300, recentMs: 100, openingMs: 1_000 };
/** What was written is all there: who is silent is slow, or away. */
export const READING: Patience = { windowMs: 3_000, recentMs: 3_000, openingMs: 3_000 };

/** A log that is merged, and where in the sink its lines go. */
export interface MergeSource {
  readonly lines: AsyncIterable<readonly LogLine[]>;
  readonly index: number;
}

export interface MergeOptions {
  readonly patience: Patience;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Logs that join later, as they come. They keep nobody waiting: who has ended last has ended it all. */
  readonly joining?: AsyncIterable<MergeSource>;
}

export interface MergeSink {
  write(source: number, line: LogLine): void;
  /** True: `flush` before more is written. */
  readonly isFull: boolean;
  flush(): Promise<void>;
  /** The last line of a source is written, and it has no more. */
  onEnd?(source: number): void;
}

/** Bytes that are kept of all sources together, so that one waits for another without stopping its host. */
const BUFFER_BYTES = 32 * 1024 * 1024;
const SOURCE_BYTES_MIN = 256 * 1024;

/**
 * Merges logs by the time of their lines; each is in order by itself. Reads ahead of what is written as far as there is
 * room, and no further: a slow reader slows down the sources, and memory stays as it is. Ends when all sources have ended,
 * or at once when the signal aborts. A source does not throw.
 */
export async function mergeLogs(
  sources: readonly AsyncIterable<readonly LogLine[]>[],
  sink: MergeSink,
  options: MergeOptions,
): Promise<void> {
  await new LogMerge(sources, sink, options).run();
}

interface Batch {
  readonly lines: readonly LogLine[];
  /** Its lines wait for others from then on, not from when it was their turn: a burst of small batches waits once. */
  readonly arrivedAtMs: number;
}

interface Source {
  readonly index: number;
  readonly lines: AsyncIterator<readonly LogLine[]>;
  /** Its lines that are not written yet: batches, and where in the first of them. */
  readonly batches: Batch[];
  at: number;
  bytes: number;
  saidAtMs: number;
  isOpening: boolean;
  isOver: boolean;
  hasHead: boolean;
  makeRoom: (() => void) | undefined;
}

class LogMerge {
  private readonly sources = new Set<Source>();
  private readonly heads: Heap<Source>;
  private readonly sink: MergeSink;
  private readonly options: MergeOptions;
  /** Something has changed since the sources were last looked at. */
  private hasNews = false;
  /** A source may have neither lines nor more to come. */
  private mayHaveEnded = true;
  private endSleep: () => void = () => undefined;

  constructor(
    sources: readonly AsyncIterable<readonly LogLine[]>[],
    sink: MergeSink,
    options: MergeOptions,
  ) {
    this.heads = new Heap<Source>([], (a, b) => {
      const [lineA, lineB] = [headOf(a), headOf(b)];
      return isBefore(lineA, lineB) || (!isBefore(lineB, lineA) && a.index < b.index);
    });
    this.sink = sink;
    this.options = options;
    for (const [index, lines] of sources.entries()) this.add({ index, lines });
  }

  /** Of each. */
  private get limitBytes(): number {
    return Math.max(SOURCE_BYTES_MIN, BUFFER_BYTES / Math.max(1, this.sources.size));
  }

  private add({ index, lines }: MergeSource): Source {
    const nowMs = this.options.clock.monotonicMs();
    const source: Source = {
      ...{ index, lines: lines[Symbol.asyncIterator](), batches: [], at: 0, bytes: 0 },
      ...{ saidAtMs: nowMs, isOpening: true, isOver: false, hasHead: false },
      makeRoom: undefined,
    };
    this.sources.add(source);
    return source;
  }

  private async join(joining: AsyncIterable<MergeSource>): Promise<void> {
    for await (const source of joining) {
      void this.fill(this.add(source));
      this.wake();
    }
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    signal.addEventListener('abort', this.onAbort, { once: true });
    for (const source of this.sources) void this.fill(source);
    if (this.options.joining !== undefined) void this.join(this.options.joining);
    while (!signal.aborted) {
      this.hasNews = false;
      const first = this.heads.first;
      if (this.mayHaveEnded) await this.endSome();
      if (this.sources.size === 0) break;
      const waitMs = first === undefined ? Infinity : this.waitMs(first);
      if (waitMs > 0) await this.sleep(waitMs);
      else {
        const pause = this.writeSome();
        // A promise for each line would cost more than the line.
        if (pause !== undefined) await pause;
      }
    }
    signal.removeEventListener('abort', this.onAbort);
    await this.sink.flush();
  }

  private async endSome(): Promise<void> {
    this.mayHaveEnded = false;
    for (const source of this.sources) {
      if (!source.isOver || source.hasHead) continue;
      this.sources.delete(source);
      await this.sink.flush();
      this.sink.onEnd?.(source.index);
    }
  }

  private wake(): void {
    this.hasNews = true;
    this.endSleep();
  }

  private readonly onAbort = (): void => {
    for (const source of this.sources) source.makeRoom?.();
    this.wake();
  };

  /** As long as there is room. */
  private async fill(source: Source): Promise<void> {
    const { clock, signal } = this.options;
    while (!signal.aborted) {
      const next = await source.lines.next();
      source.saidAtMs = clock.monotonicMs();
      source.isOpening = false;
      if (next.done === true) break;
      if (next.value.length > 0) this.take(source, next.value);
      this.wake();
      if (source.bytes < this.limitBytes) continue;
      await new Promise<void>((resolve) => (source.makeRoom = resolve));
      source.makeRoom = undefined;
    }
    source.isOver = true;
    this.mayHaveEnded = true;
    this.wake();
  }

  private take(source: Source, batch: readonly LogLine[]): void {
    source.batches.push({ lines: batch, arrivedAtMs: source.saidAtMs });
    source.bytes += bytesOf(batch);
    if (source.hasHead) return;
    source.at = 0;
    source.hasHead = true;
    this.heads.add(source);
  }

  /** Until the first line may be written, as far as is known now. */
  private waitMs(first: Source): number {
    const { clock, patience } = this.options;
    const hasRoom = first.bytes < this.limitBytes;
    const windowMs = hasRoom ? (first.batches[0]?.arrivedAtMs ?? 0) + patience.windowMs : 0;
    let untilMs = 0;
    for (const { hasHead, isOver, isOpening, saidAtMs } of this.sources) {
      if (hasHead || isOver) continue;
      const ownMs = saidAtMs + (isOpening ? patience.openingMs : patience.recentMs);
      untilMs = Math.max(untilMs, ownMs, windowMs);
    }
    return untilMs === 0 ? 0 : untilMs - clock.monotonicMs();
  }

  private async sleep(ms: number): Promise<void> {
    await this.sink.flush();
    if (this.hasNews) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === Infinity ? undefined : this.options.clock.after(ms, resolve);
      this.endSleep = () => {
        cancel?.();
        resolve();
      };
    });
    this.endSleep = () => undefined;
  }

  /** Lines of the source that has the oldest one, up to the oldest of the others; what it gives is waited for before more. */
  private writeSome(): Promise<void> | undefined {
    const source = this.heads.first;
    if (source === undefined) return undefined;
    this.heads.removeFirst();
    const other = this.heads.first;
    const until = other === undefined ? undefined : headOf(other);
    const batch = batchOf(source);
    let { at } = source;
    let next: LogLine | undefined = headOf(source);
    do {
      this.sink.write(source.index, next);
      at += 1;
      next = batch[at];
    } while (
      next !== undefined &&
      !this.sink.isFull &&
      (until === undefined || isBefore(next, until))
    );
    source.at = at;
    if (at >= batch.length) this.dropBatch(source, batch);
    if (source.hasHead) this.heads.add(source);
    if (this.sink.isFull) return this.sink.flush();
    // Without a turn for the others a source that has much would never see that they have something, too.
    return at >= batch.length ? Promise.resolve() : undefined;
  }

  private dropBatch(source: Source, batch: readonly LogLine[]): void {
    source.batches.shift();
    source.at = 0;
    source.bytes -= bytesOf(batch);
    source.hasHead = source.batches.length > 0;
    this.mayHaveEnded ||= source.isOver;
    if (source.bytes < this.limitBytes) source.makeRoom?.();
  }
}

const batchOf = ({ batches }: Source): readonly LogLine[] => batches[0]?.lines ?? [];

function headOf({ batches, at }: Source): LogLine {
  const line = batches[0]?.lines[at];
  if (line === undefined) throw new RangeError('a source without a line');
  return line;
}

const LINE_BYTES = 64;
const bytesOf = (batch: readonly LogLine[]): number =>
  batch.reduce((sum, { bytes }) => sum + bytes + LINE_BYTES, 0);
