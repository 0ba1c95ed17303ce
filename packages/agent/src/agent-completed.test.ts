import { hostId, keys, placementCodec, serviceName, type Placement } from '@nap/shared';
import { aPlacement, aRecord, HOST } from './testing/builders.js';
import type { Program } from './testing/fake-docker.js';
import { Stage } from './testing/stage.js';

const OTHER = hostId('host-z');
const ends: Program = () => ({ exitCode: 0 });
const job = aPlacement('shop.job.1', {}, { restart: { condition: 'no' } });
const { instance, specHash } = job;
const elsewhere = { ...job, host: OTHER };
const completed = aRecord('shop.job.1', { host: OTHER, specHash, condition: 'completed' });

let stage: Stage;
async function begin(program?: Program): Promise<void> {
  stage = new Stage(program);
  await stage.start();
}
afterEach(async () => {
  await stage.stop();
});

const starts = (): number => stage.docker.calls.filter((it) => it.startsWith('start ')).length;
const state = async (): Promise<unknown> => (await stage.report('shop.job.1'))?.status.state;

/** As the controller does it: all at once. */
async function moveAway(left?: Placement): Promise<void> {
  const here = keys.placement(HOST, instance);
  await stage.operator.commit([
    left === undefined
      ? { kind: 'delete', key: here }
      : { kind: 'put', key: here, value: placementCodec.encode(left) },
    {
      ...{ kind: 'put', key: keys.placement(OTHER, instance) },
      value: placementCodec.encode(elsewhere),
    },
  ]);
  await stage.pass(10_000);
}

describe('what has completed on another host', () => {
  it('is not run again where it is moved to, where nothing of its project was before', async () => {
    await begin(ends);
    await stage.publish(completed);
    await stage.place(job);
    await stage.pass(30_000);
    expect(starts()).toBe(0);
    expect(await state()).toBe('completed');
    expect(await stage.name('shop.job.1')).toMatchObject({ condition: 'completed' });
  });

  it('is run when it has another spec by now', async () => {
    await begin(ends);
    await stage.publish({ ...completed, specHash: aPlacement('shop.x.1').specHash });
    await stage.place(job);
    expect(starts()).toBe(1);
    expect(await stage.name('shop.job.1')).toMatchObject({ host: HOST, condition: 'completed' });
  });
});

describe('what has completed here', () => {
  it.each<[string, Placement | undefined]>([
    ['gone', undefined],
    ['left until it is elsewhere', { ...job, wanted: 'removed', yieldsTo: OTHER }],
  ])('stays completed when it is moved away, its placement here %s', async (_what, left) => {
    await begin(ends);
    await stage.place(job);
    expect(await state()).toBe('completed');
    await moveAway(left);
    expect(stage.docker.calls).toContain('remove shop-job-1');
    expect(await stage.name('shop.job.1')).toMatchObject({ condition: 'completed' });
  });

  it('counts for what depends on it here, when it was moved away', async () => {
    await begin(ends);
    await stage.place(job);
    await moveAway();
    const needs = { service: serviceName('job'), condition: 'completed', required: true } as const;
    await stage.place(aPlacement('shop.api.1', { dependencies: [{ ...needs, instances: 1 }] }));
    await stage.pass(10_000);
    expect(stage.docker.calls).toContain('start shop-api-1');
  });

  it('and was elsewhere since is not run again when it comes back', async () => {
    await begin(ends);
    await stage.place(job);
    await moveAway();
    await stage.place(job);
    await stage.pass(30_000);
    expect(starts()).toBe(1);
    expect(await state()).toBe('completed');
    expect(await stage.name('shop.job.1')).toMatchObject({ condition: 'completed' });
  });

  it('is not run again when what this host remembered is lost with its containers', async () => {
    await begin(ends);
    await stage.place(job);
    await stage.kill();
    stage.disk.clear();
    await stage.docker.remove('shop-job-1');
    await stage.start();
    await stage.pass(30_000);
    expect(starts()).toBe(1);
    expect(await state()).toBe('completed');
    expect(await stage.name('shop.job.1')).toMatchObject({ condition: 'completed' });
  });

  it('is forgotten when it is to be removed, and runs when it is placed anew', async () => {
    await begin(ends);
    await stage.place(job);
    await stage.place({ ...job, wanted: 'removed', removeVolumes: true });
    expect(await stage.name('shop.job.1')).toBeUndefined();
    await stage.unplace('shop.job.1');
    await stage.place(job);
    expect(starts()).toBe(2);
  });

  it('runs when it is placed anew after the controller has deleted its record', async () => {
    await begin(ends);
    await stage.place(job);
    await stage.operator.commit([
      { kind: 'delete', key: keys.placement(HOST, instance) },
      { kind: 'delete', key: keys.name(instance) },
    ]);
    await stage.pass(10_000);
    expect(await stage.name('shop.job.1')).toBeUndefined();
    await stage.place(job);
    expect(starts()).toBe(2);
  });

  it('is all that is kept: the record of what still runs goes when it is moved away', async () => {
    await begin();
    await stage.place(job);
    expect(await stage.name('shop.job.1')).toMatchObject({ condition: 'ready' });
    await moveAway();
    expect(stage.docker.running).toEqual([]);
    expect(await stage.name('shop.job.1')).toBeUndefined();
  });
});
