import { jest } from '@jest/globals';
import { FOUND } from './found.js';
import { makeSchedule } from './make-schedule.js';
import { MUTANTS } from './mutants.js';
import type { Action, Schedule } from './actions.js';
import { shrink } from './shrink.js';
import { simulate } from './simulate.js';

jest.setTimeout(120_000);

/** Each host is cut off for a minute, one after the other, so that one of them has what must not run twice. */
const CUTS: Schedule = {
  seed: 1,
  latencyMs: 12,
  actions: [
    {
      ...{ atMs: 1_000, kind: 'apply', project: 'blog', waits: false },
      variant: { version: 1, data: 1, web: 1, api: 1 },
    },
    ...(['host-a', 'host-b', 'host-c'] as const).map((machine, at): Action => ({
      kind: 'cut',
      there: 'drop',
      back: 'drop',
      machine,
      atMs: 20_000 + at * 100_000,
      forMs: 60_000,
    })),
  ],
};
const SEEDS_FOR_MUTANTS = 12;

it.each([3, 14, 21])('seed %d has the same history every time, line by line', async (seed) => {
  const first = await simulate(makeSchedule(seed));
  const again = await simulate(makeSchedule(seed));
  expect(again).toEqual(first);
  expect(first.trace.length).toBeGreaterThan(100);
});

it('holds all rules while one host after the other is cut off', async () => {
  const { violation, trace } = await simulate(CUTS);
  expect(violation).toBeUndefined();
  expect(
    trace.filter((line) => line.includes('docker start blog-ledger-1')).length,
  ).toBeGreaterThan(1);
});

describe('what nap was once wrong about ends well:', () => {
  it.each(Object.entries(FOUND))('%s', async (_name, schedule) => {
    expect((await simulate(schedule)).violation).toBeUndefined();
  });
});

describe('notices an agent that', () => {
  it.each(Object.entries(MUTANTS))('%s', async (_name, seams) => {
    const seeds = Array.from({ length: SEEDS_FOR_MUTANTS }, (_, at) => makeSchedule(at + 1));
    for (const schedule of [CUTS, ...seeds]) {
      const { violation } = await simulate(schedule, seams);
      if (violation !== undefined) return;
    }
    throw new Error('no history shows that it is broken');
  });
});

it('shrinks a history that fails to what makes it fail', async () => {
  const seams = MUTANTS['starts without minding what an instance depends on'] ?? {};
  const schedule = makeSchedule(1);
  const fewest = await shrink(schedule, async (it) => {
    const { violation } = await simulate(it, seams);
    return violation?.includes('before') === true;
  });
  expect(fewest.actions.length).toBe(1);
  expect(fewest.actions[0]?.kind).toBe('apply');
});

it('lets nothing run on the timers of the machine', async () => {
  const world = simulate(makeSchedule(1));
  expect(() => setTimeout(() => undefined, 1)).toThrow('setTimeout of the machine');
  await world;
  clearTimeout(setTimeout(() => undefined, 1));
});
