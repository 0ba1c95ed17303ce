import { NapError } from '../errors/nap-error.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withDeadline } from './deadline.js';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

it('returns what the work returns, in time', async () => {
  await expect(withDeadline({ ms: 10 }, () => Promise.resolve(7))).resolves.toBe(7);
});

it('ends the work when the time is up', async () => {
  const clock = new ManualClock();
  const outcome = expect(withDeadline({ ms: 2_000, clock }, untilAborted)).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'not within 2 s',
  });
  await clock.advance(2_000);
  await outcome;
});

it('says it in the caller’s words', async () => {
  const clock = new ManualClock();
  const onPassed = (cause: unknown): Error => new NapError('NOT_CONVERGED', 'too slow', { cause });
  const outcome = expect(
    withDeadline({ ms: 1, clock, onPassed }, untilAborted),
  ).rejects.toMatchObject({ code: 'NOT_CONVERGED' });
  await clock.advance(1);
  await outcome;
});

it('ends the work when the parent aborts, with the parent’s reason', async () => {
  const parent = new AbortController();
  const onPassed = (): Error => new Error('wrong');
  const work = withDeadline({ ms: 60_000, parent: parent.signal, onPassed }, untilAborted);
  parent.abort(new NapError('INTERRUPTED', 'interrupted by SIGINT'));
  await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('leaves no timer and no listener behind', async () => {
  const parent = new AbortController();
  for (let at = 0; at < 20; at += 1) {
    await withDeadline({ ms: 3_600_000, parent: parent.signal }, () => Promise.resolve());
  }
  // A timer left behind would keep jest's process alive; listeners would make Node.js warn at eleven.
});
