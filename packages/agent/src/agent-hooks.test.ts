import type { ContainerSpec } from '@nap/shared';
import { newMemory } from './reconcile/memory.js';
import { aContainer, aPlacement, NOW_MS, reconciled } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const hook = (...command: string[]) => ({ command });
const placed = (spec: Partial<ContainerSpec>) => aPlacement('shop.web.1', {}, spec);
const hooked = placed({ postStart: [hook('first'), hook('second')] });

let stage: Stage;
const calls = (): readonly string[] => stage.docker.calls;
const execs = (): readonly string[] => calls().filter((call) => call.startsWith('exec'));

beforeEach(async () => {
  stage = new Stage();
  await stage.start();
});
afterEach(() => stage.stop());

describe('post-start hooks', () => {
  it('run in order right after the start, once', async () => {
    await stage.place(hooked);
    await stage.pass(60_000);
    expect(calls()).toEqual([
      'create shop-web-1',
      'start shop-web-1',
      'exec shop-web-1 first',
      'exec shop-web-1 second',
    ]);
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
  });

  it('run again at the next start', async () => {
    await stage.place(hooked);
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(5_000);
    expect(execs()).toHaveLength(4);
  });

  it('do not run again for an agent that starts anew', async () => {
    await stage.place(hooked);
    await stage.kill();
    await stage.start();
    await stage.pass(60_000);
    expect(execs()).toHaveLength(2);
  });

  it('are not lost when the agent dies before they are over', async () => {
    stage.docker.slow('exec', 20_000);
    await stage.place(hooked);
    const killed = stage.kill();
    await stage.pass(30_000);
    await killed;
    stage.docker.slow('exec', 0);
    await stage.start();
    expect(execs().at(-1)).toBe('exec shop-web-1 second');
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
  });

  it('are not tried again before their time', () => {
    const memory = { ...newMemory(hooked.specHash), retryAtMs: NOW_MS + 1_000 };
    const scene = { placements: [hooked], containers: [aContainer(hooked)] };
    expect(reconciled(scene).chains).toHaveLength(1);
    const waiting = reconciled({ ...scene, memory: { 'shop.web.1': memory } });
    expect(waiting).toMatchObject({ chains: [], wakeAtMs: NOW_MS + 1_000 });
  });

  it('are part of the start: nobody is told of the instance before', async () => {
    stage.docker.slow('exec', 20_000);
    await stage.place(hooked);
    expect(await stage.name('shop.web.1')).toBeUndefined();
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'starting' },
      message: 'runs its post-start hooks',
    });
    await stage.pass(60_000);
    expect(await stage.name('shop.web.1')).toMatchObject({ condition: 'ready' });
  });

  it('that fail make the start fail: the program is stopped, and tried again later', async () => {
    let isBroken = true;
    stage.docker.command = ([name]) =>
      name === 'first' && isBroken ? { exitCode: 3, output: 'no such table\n' } : undefined;
    await stage.place(hooked);
    expect(calls().slice(0, 4)).toEqual([
      'create shop-web-1',
      'start shop-web-1',
      'exec shop-web-1 first',
      'stop shop-web-1',
    ]);
    expect(execs()).not.toContain('exec shop-web-1 second');
    await stage.pass(1_500);
    expect(stage.docker.running).toEqual([]);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'failed', cause: 'hook-failed' },
      message: 'the post-start hook first failed with exit code 3; its last words:\nno such table',
    });
    const tries = execs().length;
    await stage.pass(60_000);
    // With a growing pause, as for everything that fails.
    expect(execs().length - tries).toBeLessThan(6);
    isBroken = false;
    await stage.pass(90_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      message: '',
    });
  });

  it('whose program ends under them leave the word to its end', async () => {
    stage.docker.command = () => {
      stage.docker.exit('shop-web-1', 0);
      return { exitCode: 137, output: '' };
    };
    await stage.place(placed({ restart: { condition: 'no' }, postStart: [hook('first')] }));
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'completed' });
  });

  it('do not keep a failing instance from being removed', async () => {
    stage.docker.command = () => ({ exitCode: 1, output: '' });
    await stage.place(hooked);
    await stage.pass(60_000);
    await stage.unplace('shop.web.1');
    expect(stage.docker.names).toEqual([]);
  });
});

describe('pre-stop hooks', () => {
  const leaving = placed({ preStop: [hook('drain'), hook('flush')], stopGracePeriodMs: 5_000 });

  it('run before a stop on purpose, also when nothing but the container knows of them', async () => {
    await stage.place(leaving);
    stage.docker.calls.length = 0;
    await stage.unplace('shop.web.1');
    expect(calls()).toEqual([
      'exec shop-web-1 drain',
      'exec shop-web-1 flush',
      'stop shop-web-1',
      'remove shop-web-1',
    ]);
  });

  it('are those of the container that is stopped, not of the one that takes its place', async () => {
    await stage.place(leaving);
    await stage.place(placed({}));
    expect(execs()).toEqual(['exec shop-web-1 drain', 'exec shop-web-1 flush']);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('that fail do not keep it from being stopped', async () => {
    await stage.place(leaving);
    stage.docker.command = () => ({ exitCode: 1, output: 'no' });
    await stage.unplace('shop.web.1');
    expect(execs()).toEqual(['exec shop-web-1 drain']);
    expect(stage.docker.names).toEqual([]);
  });

  it('have the grace period, all together', async () => {
    await stage.place(leaving);
    stage.docker.slow('exec', 3_000);
    await stage.unplace('shop.web.1');
    expect(stage.docker.names).toEqual(['shop-web-1']);
    await stage.pass(2_500);
    expect(execs()).toHaveLength(2);
    expect(stage.docker.names).toEqual([]);
  });
});
