import { seededRandom } from '@nap/shared/testing';

/** What a seed draws from. */
export class Dice {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** A whole number in [from, to]. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  one<T>(...of: readonly T[]): T {
    const drawn = of[Math.floor(this.random() * of.length)];
    if (drawn === undefined) throw new RangeError('nothing to choose from');
    return drawn;
  }

  /** Mostly short, at times long enough for leases to end and instances to move. */
  spanMs(longestMs = 45_000): number {
    return this.one(
      this.whole(200, 3_000),
      this.whole(3_000, 12_000),
      this.whole(12_000, longestMs),
    );
  }
}
