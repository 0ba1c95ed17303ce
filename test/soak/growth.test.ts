import { growthOf, type Sample } from './growth.js';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const samples = (mib: (minute: number) => number, count = 60): readonly Sample[] =>
  Array.from({ length: count }, (_, at) => ({ atMs: at * MINUTE_MS, bytes: mib(at) * MIB }));

it('what is flat after a warm-up is bounded, however much it breathes', () => {
  const growth = growthOf(samples((minute) => Math.min(80, 40 + 4 * minute) + 8 * (minute % 2)));
  expect(growth.isUnbounded).toBe(false);
  expect(growth).toMatchObject({ first: 40 * MIB, highest: 88 * MIB });
});

it('a saw of compactions is bounded', () => {
  expect(growthOf(samples((minute) => 5 + 3 * (minute % 5))).isUnbounded).toBe(false);
});

it('what goes on growing is not, and says how fast', () => {
  const growth = growthOf(samples((minute) => 60 + 0.5 * minute));
  expect(growth.isUnbounded).toBe(true);
  expect(Math.round((growth.bytesPerHour ?? 0) / MIB)).toBe(30);
});

it('too little says nothing', () => {
  expect(growthOf(samples((minute) => minute * 100, 10))).toMatchObject({
    bytesPerHour: undefined,
    isUnbounded: false,
  });
});
