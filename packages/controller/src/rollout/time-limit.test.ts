import { setTimeout as sleep } from 'node:timers/promises';
import { withTimeLimit } from './time-limit.js';

const parent = new AbortController().signal;
const onPassed = (): Error => new Error('too late');

it('the first look is made however long it takes; there is no time for a second one', async () => {
  const looked = withTimeLimit({ timeoutMs: 0, parent, onPassed }, async (signal) => {
    await sleep(20, undefined, { signal });
    return 'there';
  });
  await expect(looked).resolves.toBe('there');
  const waited = withTimeLimit({ timeoutMs: 0, parent, onPassed }, async (signal, left) =>
    sleep(left(1_000), undefined, { signal }),
  );
  await expect(waited).rejects.toThrow('too late');
});

it('says how long may be waited: no longer than is left', async () => {
  await withTimeLimit({ timeoutMs: 60_000, parent, onPassed }, (_signal, left) => {
    expect(left(5)).toBe(5);
    expect(left(1e9)).toBeLessThanOrEqual(60_000);
    return Promise.resolve();
  });
});
