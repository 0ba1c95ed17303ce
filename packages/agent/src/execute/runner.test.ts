import { NapError, type InstanceId } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { ManualClock } from '@nap/shared/testing';
import type { Chain } from '../reconcile/step.js';
import type { Executors } from './executors.js';
import { Runner } from './runner.js';

const once = 'shop.db.1' as InstanceId;
const others = ['shop.web.1', 'shop.web.2'] as InstanceId[];

const started = (instance: InstanceId): Chain => ({
  instance,
  steps: [{ kind: 'start', instance, container: instance, reason: 'not-started' }],
});

const pulling = (instance: InstanceId): Chain => ({
  instance,
  steps: [{ kind: 'pull', instance, image: 'web', reason: 'image-missing' }],
});

/** Whatever needs no time. */
const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Bed {
  readonly clock: ManualClock;
  readonly runner: Runner;
  /** What has been started, in order. */
  readonly starts: readonly InstanceId[];
  readonly answer: () => void;
  readonly refuse: (err: Error) => void;
  readonly failed: readonly InstanceId[];
}

/** One slot; a start of `once` asks etcd before, which does not answer by itself. */
function bed(): Bed {
  const clock = new ManualClock();
  const starts: InstanceId[] = [];
  const failed: InstanceId[] = [];
  let answer = (): void => undefined;
  let refuse: (err: Error) => void = () => undefined;
  const asked = new Promise<void>((resolve, reject) => {
    answer = resolve;
    refuse = reject;
  });
  const start: Executors['start'] = async ({ instance }, { lend }) => {
    if (instance === once) await lend(asked);
    starts.push(instance);
    await clock.sleep(100);
  };
  const runner = new Runner({
    // Nothing else is carried out here.
    executors: { start } as unknown as Executors,
    ...{ clock, log: silentLog, concurrency: 1 },
    ...{ onStep: () => undefined, onDone: () => undefined, onIdle: () => undefined },
    onFailed: ({ instance }) => failed.push(instance),
    onBug: (err) => {
      throw err;
    },
  });
  return { clock, runner, starts, failed, answer, refuse };
}

it('what waits for an etcd that does not answer does not hold up what may start without', async () => {
  const { clock, runner, starts, answer } = bed();
  for (const instance of [once, ...others]) runner.submit(started(instance));
  await clock.advance(200);
  expect(starts).toEqual([]);
  await clock.advance(300);
  expect(starts).toEqual(others);
  answer();
  await clock.advance(200);
  expect(starts).toEqual([...others, once]);
  expect(runner.busy.size).toBe(0);
});

it('one slot is lent, and given back', async () => {
  const { clock, runner, starts, failed, refuse } = bed();
  runner.submit(started(once));
  await clock.advance(1_000);
  refuse(new NapError('ETCD_UNAVAILABLE', 'etcd does not answer'));
  await clock.advance(10);
  expect(failed).toEqual([once]);
  for (const instance of others) runner.submit(started(instance));
  await clock.advance(50);
  expect(starts).toEqual(others.slice(0, 1));
  await clock.advance(200);
  expect(starts).toEqual(others);
});

it('an answer in time keeps the slot', async () => {
  const { clock, runner, starts, answer } = bed();
  for (const instance of [once, ...others]) runner.submit(started(instance));
  await clock.advance(20);
  answer();
  await clock.advance(50);
  expect(starts).toEqual([once]);
  await clock.advance(500);
  expect(starts).toEqual([once, ...others]);
});

it('a pull that is no use ends before its turn comes, and holds up nothing', async () => {
  const begun: InstanceId[] = [];
  const over: (readonly [InstanceId, boolean])[] = [];
  const bugs: unknown[] = [];
  let answer = (): void => undefined;
  const pulled = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const pull: Executors['pull'] = async ({ instance }) => {
    begun.push(instance);
    await pulled;
  };
  const runner = new Runner({
    executors: { pull } as unknown as Executors,
    ...{ clock: new ManualClock(), log: silentLog, concurrency: 1 },
    ...{ onStep: () => undefined, onDone: () => undefined, onFailed: () => undefined },
    onIdle: ({ instance }, isDone) => over.push([instance, isDone]),
    onBug: (err) => bugs.push(err),
  });
  const instances = [1, 2, 3, 4, 5].map((slot) => `shop.web.${slot}` as InstanceId);
  const [first, second, third, fourth, fifth] = instances;
  for (const instance of instances) runner.submit(pulling(instance));
  await settled();
  expect(begun).toEqual([first, second, third]);
  runner.endPulls(({ instance }) => instance === fourth);
  await settled();
  expect(over).toEqual([[fourth, false]]);
  expect([...runner.busy]).toEqual([first, second, third, fifth]);
  answer();
  await settled();
  expect(begun).toEqual([first, second, third, fifth]);
  expect(over.slice(1).every(([, isDone]) => isDone)).toBe(true);
  expect(runner.busy.size).toBe(0);
  expect(bugs).toEqual([]);
});

it('what must have stopped by some time waits for no slot', async () => {
  const stops: InstanceId[] = [];
  const stop: Executors['stop'] = async ({ instance }) => {
    stops.push(instance);
    await new Promise(() => undefined);
  };
  const runner = new Runner({
    executors: { stop } as unknown as Executors,
    ...{ clock: new ManualClock(), log: silentLog, concurrency: 1 },
    ...{ onStep: () => undefined, onDone: () => undefined, onIdle: () => undefined },
    ...{ onFailed: () => undefined, onBug: () => undefined },
  });
  const stopping = (at: number, reason: 'cut-off' | 'superseded'): Chain => {
    const instance = `shop.web.${at}` as InstanceId;
    return { instance, steps: [{ kind: 'stop', instance, container: 'c', graceMs: 1, reason }] };
  };
  const all = Array.from({ length: 20 }, (_, at) => at + 1);
  for (const at of all) runner.submit(stopping(at, 'superseded'));
  await settled();
  expect(stops.length).toBeLessThan(20);
  stops.length = 0;
  for (const at of all) runner.submit(stopping(at + 20, 'cut-off'));
  await settled();
  expect(stops).toHaveLength(20);
  expect(runner.stopping.size).toBeGreaterThan(20);
});
