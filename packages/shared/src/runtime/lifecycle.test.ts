import { NapError } from '../errors/nap-error.js';
import { ManualClock, settle } from '../testing/manual-clock.js';
import {
  type Component,
  type LifecycleOptions,
  runLifecycle,
  type StopSignal,
} from './lifecycle.js';
import { silentLog } from './log.js';

describe('lifecycle', () => {
  let clock: ManualClock;
  let events: string[];
  let signal: (name: StopSignal) => void;
  let isListening: boolean;

  const component = (name: string, more: Partial<Component> = {}): Component => ({
    name,
    start: () => {
      events.push(`start ${name}`);
      return Promise.resolve();
    },
    stop: () => {
      events.push(`stop ${name}`);
      return Promise.resolve();
    },
    ...more,
  });

  function run(
    components: readonly Component[],
    more: Partial<LifecycleOptions> = {},
  ): Promise<number> {
    return runLifecycle({
      components,
      signals: (callback) => {
        signal = callback;
        isListening = true;
        return () => {
          isListening = false;
        };
      },
      clock,
      log: silentLog,
      stopWithinMs: 10_000,
      ...more,
    });
  }

  beforeEach(() => {
    clock = new ManualClock();
    events = [];
  });
  afterEach(() => {
    expect(isListening).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  test('starts in order, stops in reverse order on SIGTERM, and exits with 0', async () => {
    const code = run([component('a'), component('b')]);
    await settle();
    expect(events).toEqual(['start a', 'start b']);
    signal('SIGTERM');
    expect(await code).toBe(0);
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  test('exits with 130 on SIGINT', async () => {
    const code = run([component('a')]);
    await settle();
    signal('SIGINT');
    expect(await code).toBe(130);
  });

  test('a start that fails stops what runs, and its error decides the exit code', async () => {
    const fails = component('b', {
      start: () => Promise.reject(new NapError('BAD_CONFIG', 'no such file')),
    });
    expect(await run([component('a'), fails, component('c')])).toBe(3);
    expect(events).toEqual(['start a', 'stop c', 'stop b', 'stop a']);
  });

  test('an unknown error exits with 1', async () => {
    const fails = component('a', { start: () => Promise.reject(new Error('what?')) });
    expect(await run([fails])).toBe(1);
  });

  test('a signal during the start aborts it, and starts no more', async () => {
    const slow = component('a', { start: (stop) => clock.sleep(3_600_000, stop) });
    const code = run([slow, component('b')]);
    await settle();
    signal('SIGTERM');
    expect(await code).toBe(0);
    expect(events).toEqual(['stop b', 'stop a']);
  });

  test('a start that hears no signal does not keep the process', async () => {
    const deaf = component('a', { start: () => new Promise(() => undefined) });
    const code = run([deaf]);
    await settle();
    signal('SIGTERM');
    expect(await code).toBe(0);
  });

  test('a component that does not stop is left behind at the deadline', async () => {
    const stuck = component('b', { stop: () => new Promise(() => undefined) });
    const code = run([component('a'), stuck]);
    await settle();
    signal('SIGTERM');
    await clock.advance(9_999);
    let isOver = false;
    void code.then(() => (isOver = true));
    await settle();
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(await code).toBe(0);
  });

  test('a second signal ends the wait', async () => {
    const stuck = component('a', { stop: () => new Promise(() => undefined) });
    const code = run([stuck]);
    await settle();
    signal('SIGTERM');
    await settle();
    signal('SIGTERM');
    expect(await code).toBe(0);
  });

  test('a component that fails to stop does not keep the others from stopping', async () => {
    const fails = component('b', { stop: () => Promise.reject(new Error('no')) });
    const code = run([component('a'), fails]);
    await settle();
    signal('SIGTERM');
    expect(await code).toBe(0);
    expect(events.at(-1)).toBe('stop a');
  });

  test('stops on its own signal, with the code of the reason', async () => {
    const stop = new AbortController();
    const code = run([component('a')], { signal: stop.signal });
    await settle();
    stop.abort(new NapError('ETCD_DENIED', 'no'));
    expect(await code).toBe(5);
    const plain = new AbortController();
    const other = run([component('a')], { signal: plain.signal });
    plain.abort();
    expect(await other).toBe(0);
  });
});
