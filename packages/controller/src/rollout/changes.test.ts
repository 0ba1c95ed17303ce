import { ManualClock } from '@nap/shared/testing';
import type { Mirror } from '@nap/shared/store';
import { Changes } from './changes.js';

const never = new AbortController().signal;

class Bed {
  readonly clock = new ManualClock();
  private callback = (): void => undefined;
  readonly changes = new Changes(
    [
      {
        onChange: (callback: () => void) => {
          this.callback = callback;
          return () => undefined;
        },
      } as unknown as Mirror,
    ],
    this.clock,
  );
  looks = 0;

  change(): void {
    this.callback();
  }

  /** Looks again and again; each look takes so long. */
  async look(tookMs: number): Promise<void> {
    for (;;) {
      this.looks += 1;
      await this.clock.sleep(tookMs);
      await this.changes.next(60_000, never);
    }
  }
}

it('a look that costs little follows each change at once', async () => {
  const bed = new Bed();
  void bed.look(0);
  await bed.clock.advance(1);
  for (let at = 0; at < 10; at += 1) {
    bed.change();
    await bed.clock.advance(5);
  }
  expect(bed.looks).toBe(11);
});

it('between two looks that cost more there is a rest, and what changes in it costs one look', async () => {
  const bed = new Bed();
  void bed.look(10);
  await bed.clock.advance(10);
  for (let at = 0; at < 60; at += 1) {
    bed.change();
    await bed.clock.advance(10);
  }
  // 10 ms and five times as long.
  expect(bed.looks).toBeGreaterThan(8);
  expect(bed.looks).toBeLessThan(13);
});

it('no change is missed: what comes during a look is followed by another one', async () => {
  const bed = new Bed();
  void bed.look(10);
  await bed.clock.advance(5);
  bed.change();
  await bed.clock.advance(100);
  expect(bed.looks).toBe(2);
});
