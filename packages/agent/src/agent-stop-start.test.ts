import { newMemory } from './reconcile/memory.js';
import { chainsText } from './reconcile/step-text.js';
import { aContainer, aPlacement, aRecord, exited, NOW_MS, reconciled } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const web = aPlacement('shop.web.1');
const stopped = { ...web, wanted: 'stopped' as const };
const asked = (atMs: number) => ({ ...web, restart: { askedAtMs: atMs } });
const drained = aPlacement('shop.web.1', {}, { drainMs: 10_000 });
const job = aPlacement('shop.web.1', {}, { restart: { condition: 'no' } });

let stage: Stage;
const calls = (): readonly string[] => stage.docker.calls;
const state = async (): Promise<string | undefined> =>
  (await stage.report('shop.web.1'))?.status.state;

async function begin(program?: ConstructorParameters<typeof Stage>[0]): Promise<void> {
  stage = new Stage(program);
  await stage.start();
}

beforeEach(() => begin());
afterEach(() => stage.stop());

describe('an instance that is to be stopped', () => {
  it('is stopped and keeps its container', async () => {
    await stage.place(web);
    await stage.place(stopped);
    expect(calls()).toEqual(['create shop-web-1', 'start shop-web-1', 'stop shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'stopped' },
      message: 'is stopped, and its container is kept',
    });
  });

  it('loses its name first, and has its drain time', async () => {
    await stage.place(drained);
    expect(await stage.name('shop.web.1')).toBeDefined();
    await stage.place({ ...drained, wanted: 'stopped' });
    expect(await stage.name('shop.web.1')).toBeUndefined();
    expect(calls()).not.toContain('stop shop-web-1');
    await stage.pass(10_000);
    expect(calls()).toContain('stop shop-web-1');
  });

  it('may take as long to end as the operator says', () => {
    const { chains } = reconciled({
      placements: [{ ...stopped, stopGraceMs: 3_000 }],
      containers: [aContainer(web)],
    });
    const [chain] = chains;
    expect(chain?.steps.map(({ kind }) => kind)).toEqual(['withdraw-name', 'stop']);
    expect(chain?.steps.at(-1)).toMatchObject({ graceMs: 3_000 });
  });

  it('stays stopped when the agent, the engine or the host starts again', async () => {
    await stage.place(web);
    await stage.place(stopped);
    await stage.kill();
    stage.docker.halt('crashed');
    stage.docker.boot();
    await stage.start();
    await stage.pass(60_000);
    expect(calls().filter((it) => it.startsWith('start'))).toHaveLength(1);
    expect(await state()).toBe('stopped');
  });

  it('is stopped again when somebody starts it by hand', async () => {
    await stage.place(web);
    await stage.place(stopped);
    await stage.docker.start('shop-web-1');
    await stage.pass();
    expect(calls().at(-1)).toBe('stop shop-web-1');
    expect(await state()).toBe('stopped');
  });

  it('without a container needs none', async () => {
    await stage.place(stopped);
    expect(calls()).toEqual([]);
    expect(await state()).toBe('stopped');
  });

  it('starts again in the same container when it is wanted, and that is no restart of its own', async () => {
    await stage.place(web);
    await stage.place(stopped);
    await stage.place(web);
    expect(calls()).toEqual([
      'create shop-web-1',
      'start shop-web-1',
      'stop shop-web-1',
      'start shop-web-1',
    ]);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      restarts: 0,
    });
    expect(await stage.name('shop.web.1')).toMatchObject({ condition: 'ready' });
  });

  it('starts again although its policy would not have let it', async () => {
    await begin(() => undefined);
    await stage.place(job);
    stage.docker.exit('shop-web-1', 1);
    await stage.pass();
    expect(await state()).toBe('failed');
    await stage.place({ ...job, wanted: 'stopped' });
    await stage.place(job);
    expect(await state()).toBe('running');
  });

  it('is replaced when it is wanted with another spec', async () => {
    await stage.place(web);
    await stage.place(stopped);
    await stage.place(aPlacement('shop.web.1', {}, { environment: { A: '2' } }));
    expect(await state()).toBe('running');
    expect(calls().filter((it) => it.startsWith('create'))).toHaveLength(2);
  });

  it('that has completed stays completed, and is named as that', async () => {
    await stage.stop();
    await begin(() => ({ exitCode: 0 }));
    await stage.place(job);
    await stage.place({ ...job, wanted: 'stopped' });
    expect(await state()).toBe('completed');
    expect(await stage.name('shop.web.1')).toMatchObject({ condition: 'completed' });
  });

  it('is not stopped while nobody knows whether that is still so', async () => {
    await stage.place(web);
    await stage.place(stopped);
    stage.store.disconnect();
    await stage.pass(10_000);
    await stage.docker.start('shop-web-1');
    await stage.pass(10_000);
    expect(calls().at(-1)).toBe('start shop-web-1');
    stage.store.reconnect();
    await stage.pass(10_000);
    expect(calls().at(-1)).toBe('stop shop-web-1');
  });
});

describe('an instance that is to be restarted', () => {
  it('is stopped and started in place, once', async () => {
    await stage.place(web);
    await stage.place(asked(NOW_MS));
    await stage.pass(120_000);
    expect(calls()).toEqual([
      'create shop-web-1',
      'start shop-web-1',
      'stop shop-web-1',
      'start shop-web-1',
    ]);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      restartedFor: NOW_MS,
      restarts: 0,
    });
  });

  it('runs on while nobody knows whether that is still so', () => {
    const scene = { placements: [asked(1)], containers: [aContainer(web)] };
    expect(chainsText(reconciled(scene).chains)).toContain('stop');
    expect(reconciled({ ...scene, desired: { isFresh: false } }).chains).toEqual([]);
  });

  it('needs only one instance of what it depends on', () => {
    const { service } = aRecord('shop.db.1');
    const dependencies = [{ service, condition: 'started', required: true, instances: 2 } as const];
    const placement = { ...asked(1), dependencies };
    const scene = { placements: [placement], containers: [aContainer(web)] };
    expect(reconciled(scene).chains).toEqual([]);
    const { chains } = reconciled({ ...scene, names: [aRecord('shop.db.1')] });
    expect(chainsText(chains)).toContain('stop');
  });

  it('is restarted for the next request too, and not by an agent that starts anew', async () => {
    await stage.place(web);
    await stage.place(asked(NOW_MS));
    await stage.kill();
    await stage.start();
    await stage.pass(30_000);
    expect(calls().filter((it) => it.startsWith('stop'))).toHaveLength(1);
    await stage.place(asked(NOW_MS + 1));
    expect(calls().filter((it) => it.startsWith('stop'))).toHaveLength(2);
  });

  it('is started when the agent died in between, whatever its policy says', () => {
    const { instance, specHash } = job;
    const container = aContainer(job, { run: exited(0) });
    const { chains } = reconciled({
      placements: [{ ...job, restart: { askedAtMs: NOW_MS } }],
      containers: [container],
      memory: { [instance]: { ...newMemory(specHash), completedAtMs: NOW_MS - 10_000 } },
    });
    expect(chainsText(chains)).toBe(
      `${instance}: start ${container.id.slice(0, 12)} (restart-asked)`,
    );
  });

  it('is not restarted on a host to which it has just come', async () => {
    await stage.place(asked(NOW_MS));
    await stage.pass(30_000);
    expect(calls()).toEqual(['create shop-web-1', 'start shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({ restartedFor: NOW_MS });
  });

  it('is not restarted by an agent that has lost its memory', async () => {
    await stage.place(asked(NOW_MS));
    await stage.kill();
    stage.disk.clear();
    await stage.start();
    await stage.pass(30_000);
    expect(calls().filter((it) => it.startsWith('stop'))).toEqual([]);
  });

  it('runs once more when it has completed', async () => {
    await stage.stop();
    await begin(() => ({ exitCode: 0 }));
    await stage.place(job);
    await stage.place({ ...job, restart: { askedAtMs: NOW_MS } });
    expect(calls().filter((it) => it.startsWith('start'))).toHaveLength(2);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'completed' },
      restartedFor: NOW_MS,
    });
  });

  it('starts at once although it waits for its next try', async () => {
    await stage.place(web);
    for (let ended = 0; ended < 5; ended += 1) {
      stage.docker.exit('shop-web-1', 1);
      await stage.pass(2 ** ended * 1_000 + 500);
    }
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(1_000);
    expect(await state()).toBe('failed');
    await stage.place(asked(NOW_MS));
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      restarts: 0,
    });
  });

  it('runs on while it could not start again, and says why', async () => {
    await stage.place(web);
    const dependency = { service: 'db', condition: 'started', required: true, instances: 1 };
    await stage.place({
      ...asked(NOW_MS),
      dependencies: [{ ...dependency, stopped: true } as (typeof web.dependencies)[number]],
    });
    expect(calls()).not.toContain('stop shop-web-1');
    expect((await stage.report('shop.web.1'))?.message).toBe(
      'runs on; its restart waits for db to be started (0 of 1); it is stopped: nap-controller start',
    );
  });
});
