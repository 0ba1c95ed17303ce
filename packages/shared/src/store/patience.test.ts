import { ManualClock } from '../testing/index.js';
import { STORE_LIMITS } from './limits.js';
import { Patience } from './patience.js';

const LIMIT_MS = 1_500;
const { max, maxAlone, halvesInMs } = STORE_LIMITS.patience;

let clock: ManualClock;
let patience: Patience;

beforeEach(() => {
  clock = new ManualClock();
  patience = new Patience({ clock, endpoints: 1 });
});

it('is one where answers come promptly', () => {
  for (const tookMs of [0, 5, LIMIT_MS / 2]) patience.answered(tookMs, LIMIT_MS);
  expect(patience.learned).toBe(1);
});

it('leaves an answer twice the time that the slowest one took, and no more than four times the limit', () => {
  patience.answered(LIMIT_MS, LIMIT_MS);
  expect(patience.learned).toBe(2);
  patience.answered(LIMIT_MS * 1.5, LIMIT_MS);
  expect(patience.learned).toBe(3);
  patience.answered(LIMIT_MS, LIMIT_MS);
  expect(patience.learned).toBe(3);
  patience.answered(LIMIT_MS * 3, LIMIT_MS);
  expect(patience.learned).toBe(maxAlone);
});

it('goes less far where there are others to ask', () => {
  const among = new Patience({ clock, endpoints: 3 });
  among.answered(LIMIT_MS * 3, LIMIT_MS);
  expect(among.learned).toBe(max);
});

it('fades by and by, whether answers come or not', async () => {
  patience.answered(LIMIT_MS * 2, LIMIT_MS);
  await clock.advance(halvesInMs);
  expect(patience.learned).toBe(2);
  patience.answered(1, LIMIT_MS);
  await clock.advance(halvesInMs);
  expect(patience.learned).toBe(1);
});

it('does not take the time in which this process stood still for that of etcd', () => {
  patience.answered(60_000, LIMIT_MS);
  expect(patience.learned).toBe(1);
});

it('ends with its client', () => {
  patience.answered(LIMIT_MS * 2, LIMIT_MS);
  patience.end();
  expect(patience.learned).toBe(1);
});
