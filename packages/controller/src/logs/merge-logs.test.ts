import { systemClock } from '@nap/shared/runtime';
import { ManualClock } from '@nap/shared/testing';
import fc from 'fast-check';
import { logLine, type LogLine } from './frame-reader.js';
import { FOLLOWING, mergeLogs, READING, type MergeSink } from './merge-logs.js';

const line = (ms: number, text = String(ms)): LogLine =>
  logLine(new Date(ms).toISOString().replace('Z', '000000Z'), Buffer.from(`${text}\n`));

/** Gives its batches with a turn of the event loop between them. */
async function* gives(...batches: readonly (readonly LogLine[])[]): AsyncGenerator<LogLine[]> {
  for (const batch of batches) {
    await systemClock.sleep(0);
    yield [...batch];
  }
}

async function* saysNothing(signal: AbortSignal): AsyncGenerator<LogLine[]> {
  yield [];
  await systemClock.sleep(1e9, signal).catch(() => undefined);
}

class Written implements MergeSink {
  readonly lines: string[] = [];
  readonly isFull = false;
  write(source: number, { text }: LogLine): void {
    this.lines.push(`${source}:${text.toString().trimEnd()}`);
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
}

const over = { clock: systemClock, signal: new AbortController().signal };

it('writes every line once, in order of time, those of one source in their own order', async () => {
  const source = fc.array(fc.array(fc.nat(500), { maxLength: 5 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(source, { maxLength: 4 }), async (sources) => {
      const sorted = sources.map((batches) => {
        const times = batches.flat().sort((a, b) => a - b);
        return batches.map((batch) => times.splice(0, batch.length).map((ms) => line(ms)));
      });
      const written = new Written();
      const given = sorted.map((batches) => gives(...batches));
      await mergeLogs(given, written, { ...over, patience: READING });
      const times = written.lines.map((text) => Number(text.split(':')[1]));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.length).toBe(sources.flat(2).length);
    }),
    { numRuns: 40 },
  );
}, 30_000);

it('a silent source holds the others up for its window only', async () => {
  const stop = new AbortController();
  const written = new Written();
  const startedAtMs = performance.now();
  const done = mergeLogs([gives([line(1)], [line(2)]), saysNothing(stop.signal)], written, {
    ...{ patience: FOLLOWING, clock: systemClock, signal: stop.signal },
  });
  while (written.lines.length < 2) await systemClock.sleep(10);
  // Not for ever: how long exactly depends on what else the machine does.
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  stop.abort();
  await done;
  expect(written.lines).toEqual(['0:1', '0:2']);
}, 20_000);

it('a silent source holds up many small batches once, not each of them', async () => {
  const stop = new AbortController();
  const written = new Written();
  const clock = new ManualClock();
  const batches = Array.from({ length: 100 }, (_, at) => [line(at + 1)]);
  let given = 0;
  const counted = async function* (): AsyncGenerator<LogLine[]> {
    for await (const batch of gives(...batches)) {
      given += 1;
      yield batch;
    }
  };
  const done = mergeLogs([counted(), saysNothing(stop.signal)], written, {
    ...{ patience: FOLLOWING, clock, signal: stop.signal },
  });
  const most = FOLLOWING.openingMs + 2 * FOLLOWING.windowMs;
  for (let ms = 0; ms < most; ms += 50) {
    // A few of them each time, however slow the machine is.
    while (given < Math.min(batches.length, ms / 10)) await systemClock.sleep(1);
    await systemClock.sleep(5);
    await clock.advance(50);
  }
  stop.abort();
  await done;
  expect(written.lines.length).toBe(100);
}, 20_000);

it('reads no further ahead than there is room', async () => {
  const stop = new AbortController();
  const room = { given: 0, isBlocked: true };
  async function* floods(): AsyncGenerator<LogLine[]> {
    for (;;) {
      await systemClock.sleep(0);
      room.given += 1;
      yield [line(room.given, 'x'.repeat(1024 * 1024))];
    }
  }
  const sink: MergeSink = {
    isFull: true,
    write: () => undefined,
    flush: () => (room.isBlocked ? new Promise(() => undefined) : Promise.resolve()),
  };
  void mergeLogs([floods()], sink, { ...over, patience: FOLLOWING, signal: stop.signal });
  await systemClock.sleep(300);
  expect(room.given).toBeLessThanOrEqual(40);
  stop.abort();
});
