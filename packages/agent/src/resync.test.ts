import { ManualClock } from '@nap/shared/testing';
import { Resync } from './resync.js';

it('is due at first, and once in the time of a resync, which may come a little early', () => {
  const clock = new ManualClock();
  const resync = new Resync(clock, 1_000);
  expect([resync.takeDue(), resync.takeDue()]).toEqual([true, false]);
  clock.jump(700);
  expect(resync.takeDue()).toBe(false);
  clock.jump(200);
  expect([resync.takeDue(), resync.takeDue()]).toEqual([true, false]);
});
