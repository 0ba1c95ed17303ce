import { ManualClock } from '../testing/index.js';
import { STORE_LIMITS } from './limits.js';
import { Patience } from './patience.js';

const LIMIT_MS = 1_500;
const { max, halvesInMs } = STORE_LIMITS.patience;

let clock: ManualClock;
let patience: Patience;

beforeEach(() => {
  clock = new ManualClock();
  patience = new Patience(clock);
});

it('is one where answers come promptly', () => {
  for (const tookMs of [0, 5, LIMIT_MS / 2]) patience.answered(tookMs, LIMIT_MS);
  expect(patience.factor).toBe(1);
});

it('leaves an answer twice the time that the slowest one took, and no more than four times the limit', () => {
  patience.answered(LIMIT_MS, LIMIT_MS);
  expect(patience.factor).toBe(2);
  patience.answered(LIMIT_MS * 1.5, LIMIT_MS);
  expect(patience.factor).toBe(3);
  patience.answered(LIMIT_MS * 3, LIMIT_MS);
  expect(patience.factor).toBe(max);
});

it('forgets by and by, and only while answers come', async () => {
  patience.answered(LIMIT_MS * 2, LIMIT_MS);
  await clock.advance(halvesInMs);
  expect(patience.factor).toBe(4);
  patience.answered(1, LIMIT_MS);
  expect(patience.factor).toBe(2);
  for (let answer = 0; answer < 10; answer += 1) {
    await clock.advance(halvesInMs / 10);
    patience.answered(1, LIMIT_MS);
  }
  expect(patience.factor).toBeCloseTo(1);
});

it('does not take the time in which this process stood still for that of etcd', () => {
  patience.answered(60_000, LIMIT_MS);
  expect(patience.factor).toBe(1);
});

it('multiplies what was configured, and judges answers by it', () => {
  const own = new Patience(clock, 10);
  expect(own.factor).toBe(10);
  own.answered(LIMIT_MS * 5, LIMIT_MS);
  expect(own.factor).toBe(10);
  own.answered(LIMIT_MS * 10, LIMIT_MS);
  expect(own.factor).toBe(20);
});
