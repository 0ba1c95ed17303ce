import { silentLog } from '@nap/shared/runtime';
import { ManualClock } from '@nap/shared/testing';
import { EnginePulse } from './engine-pulse.js';

type Mood = 'answers' | 'is silent' | 'refuses';

let clock: ManualClock;
let mood: Mood;
let pulse: EnginePulse;
let changes: number;
let pings: number;

beforeEach(async () => {
  clock = new ManualClock();
  [mood, changes, pings] = ['answers', 0, 0];
  const ping = (signal: AbortSignal): Promise<void> => {
    pings += 1;
    if (mood === 'answers') return Promise.resolve();
    if (mood === 'refuses') return Promise.reject(new Error('ECONNREFUSED'));
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    });
  };
  pulse = new EnginePulse({ ping, clock, log: silentLog });
  pulse.onChange(() => (changes += 1));
  await pulse.start();
});
afterEach(() => pulse.stop());

it('says nothing of an engine that answers, and asks it again', async () => {
  await clock.advance(35_000);
  expect(pulse.problem).toBeUndefined();
  expect([pings, changes]).toEqual([4, 0]);
});

it('says within twenty seconds that the engine is silent, once, and then that it is not', async () => {
  mood = 'is silent';
  await clock.advance(20_000);
  expect(pulse.problem?.message).toMatch(/dockerd has not answered for 10 s/);
  expect(changes).toBe(1);
  await clock.advance(60_000);
  expect(changes).toBe(1);
  mood = 'answers';
  await clock.advance(10_500);
  expect(pulse.problem).toBeUndefined();
  expect(changes).toBe(2);
});

it('leaves an engine that is gone to those who listen to it', async () => {
  mood = 'refuses';
  await clock.advance(40_000);
  expect([pulse.problem, changes]).toEqual([undefined, 0]);
});
