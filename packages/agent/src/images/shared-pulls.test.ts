import type { InstanceId } from '@nap/shared';
import type { StepOf } from '../reconcile/step.js';
import { SharedPulls } from './shared-pulls.js';

const step = (instance: string): StepOf<'pull'> => ({
  ...{ kind: 'pull', instance: instance as InstanceId, image: 'box', reason: 'image-missing' },
});

/** Pulls that end when the test says so, or are aborted. */
function bed() {
  const begun: { readonly signal: AbortSignal; readonly end: (err?: Error) => void }[] = [];
  const pulls = new SharedPulls(
    (_step, signal) =>
      new Promise((resolve, reject) => {
        const end = (err?: Error): void => {
          if (err === undefined) resolve();
          else reject(err);
        };
        begun.push({ signal, end });
      }),
  );
  return { pulls, begun };
}

const never = new AbortController().signal;

it('is one pull for all who wait, and each hears how it ended', async () => {
  const { pulls, begun } = bed();
  const waiting = [pulls.get(step('shop.web.1'), never), pulls.get(step('shop.web.2'), never)];
  expect(begun).toHaveLength(1);
  begun[0]?.end(new Error('denied'));
  for (const one of waiting) await expect(one).rejects.toThrow('denied');
  expect(begun[0]?.signal.aborted).toBe(false);
  const again = pulls.get(step('shop.web.1'), never);
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  await again;
});

it('goes on for those who still wait, and ends when nobody does', async () => {
  const { pulls, begun } = bed();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = pulls.get(step('shop.web.1'), one.signal);
  const second = pulls.get(step('shop.web.2'), two.signal);
  one.abort();
  await expect(first).rejects.toThrow();
  expect(begun[0]?.signal.aborted).toBe(false);
  two.abort();
  await expect(second).rejects.toThrow();
  expect(begun[0]?.signal.aborted).toBe(true);
});

it('that was given up fails nobody who comes after it', async () => {
  const { pulls, begun } = bed();
  const leaving = new AbortController();
  const first = pulls.get(step('shop.web.1'), leaving.signal);
  leaving.abort();
  await expect(first).rejects.toThrow();
  const second = pulls.get(step('shop.web.1'), never);
  begun[0]?.end(new Error('aborted'));
  begun[1]?.end();
  await second;
});
