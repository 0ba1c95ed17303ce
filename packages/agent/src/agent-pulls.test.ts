import { NapError, type Placement } from '@nap/shared';
import { aPlacement } from './testing/builders.js';
import { Stage } from './testing/stage.js';

let stage: Stage;
const pulls = (): readonly string[] => stage.docker.calls.filter((call) => call.startsWith('pull'));

describe('an agent that is to pull', () => {
  beforeEach(async () => {
    stage = new Stage();
    stage.docker.registry.add('box');
    await stage.start();
  });
  afterEach(() => stage.stop());

  it('always, does so before each creation and for no restart', async () => {
    await stage.place(aPlacement('shop.web.1', { pull: 'always' }));
    expect(stage.docker.calls).toEqual(['pull box', 'create shop-web-1', 'start shop-web-1']);
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(5_000);
    expect(pulls()).toHaveLength(1);
    await stage.docker.remove('shop-web-1');
    await stage.pass(5_000);
    expect(pulls()).toHaveLength(2);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('now and then, remembers its last pull over its own death', async () => {
    const pull = { everyMs: 3_600_000 };
    await stage.place(aPlacement('shop.web.1', { pull }));
    await stage.kill();
    await stage.start();
    await stage.place(aPlacement('shop.web.2', { pull }));
    expect(pulls()).toHaveLength(1);
    await stage.pass(3_600_000);
    await stage.place(aPlacement('shop.web.3', { pull }));
    expect(pulls()).toHaveLength(2);
    expect(stage.docker.running).toHaveLength(3);
  });

  it('on request, looks once, and replaces its container only where there is another image', async () => {
    const asked = (refresh: number): Placement => aPlacement('shop.web.1', { refresh });
    await stage.place(aPlacement('shop.web.1'));
    const before = stage.docker.calls.length;
    await stage.place(asked(1));
    expect(stage.docker.calls.slice(before)).toEqual(['pull box']);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      refresh: { asked: 1, state: 'done' },
    });
    stage.docker.versions.push('box');
    await stage.pass(60_000);
    await stage.kill();
    await stage.start();
    expect(pulls()).toHaveLength(1);
    await stage.place(asked(2));
    expect(stage.docker.calls.slice(before + 1)).toEqual([
      'pull box',
      expect.stringMatching(/^create shop-web-1.nap-/),
      'stop shop-web-1',
      'remove shop-web-1',
      'rename shop-web-1',
      'start shop-web-1',
    ]);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({
      refresh: { asked: 2, state: 'done' },
    });
    stage.docker.versions.push('box');
    await stage.place(aPlacement('shop.web.1', { refresh: 2 }, { user: 'other' }));
    expect(pulls()).toHaveLength(2);
  });

  it('on request, runs on while the registry has no answer, says so, and has asked a few times', async () => {
    await stage.place(aPlacement('shop.web.1'));
    stage.docker.registry.delete('box');
    await stage.place(aPlacement('shop.web.1', { refresh: 1 }));
    await stage.pass(30_000);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'running' },
      refresh: { asked: 1, state: 'failed' },
      message: expect.stringContaining('no newer image was found: no image box') as string,
    });
    const tried = pulls().length;
    stage.docker.registry.add('box');
    stage.docker.versions.push('box');
    await stage.pass(120_000);
    expect(pulls()).toHaveLength(tried);
    await stage.place(aPlacement('shop.web.1', { refresh: 2 }));
    expect(await stage.report('shop.web.1')).toMatchObject({
      refresh: { asked: 2, state: 'done', isNewer: true },
      message: '',
    });
  });

  it('on request, finds it when the registry has an answer again within moments', async () => {
    await stage.place(aPlacement('shop.web.1'));
    const away = new NapError('REGISTRY_UNREACHABLE', 'cannot pull box');
    stage.docker.failNext('pull', away);
    stage.docker.failNext('pull', away);
    await stage.place(aPlacement('shop.web.1', { refresh: 1 }));
    await stage.pass();
    expect(await stage.report('shop.web.1')).toMatchObject({
      refresh: { asked: 1, state: 'done' },
      message: '',
    });
    expect(stage.docker.calls.filter((call) => call.startsWith('create'))).toHaveLength(1);
  });

  it('on request, waits for a slow registry without leaving a program alone that ends', async () => {
    await stage.place(aPlacement('shop.web.1'));
    stage.docker.slow('pull', 60_000);
    stage.docker.versions.push('box');
    await stage.place(aPlacement('shop.web.1', { refresh: 1 }));
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(5_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'running' } });
    await stage.pass(60_000);
    expect(pulls()).toHaveLength(1);
    expect(stage.docker.calls.filter((call) => call.startsWith('create'))).toHaveLength(2);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('an image for what must not run twice, stops the container that is there when etcd is gone', async () => {
    const once = { stopAfterMs: 10_000 };
    await stage.place(aPlacement('shop.web.1', once));
    stage.docker.registry.add('other');
    stage.docker.slow('pull', 600_000);
    await stage.place(aPlacement('shop.web.1', once, { image: 'other' }));
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'pulling' } });
    stage.etcd.wipe();
    await stage.pass(7_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    await stage.pass(7_000);
    expect(stage.docker.running).toEqual([]);
    expect(stage.docker.calls.filter((call) => call.startsWith('stop'))).toHaveLength(1);
  });

  it('on request, does so before the first container too, whatever the policy', async () => {
    const placement = aPlacement('shop.web.1', { pull: 'never', refresh: 1 }, { image: 'other' });
    stage.docker.registry.add('other');
    await stage.place(placement);
    expect(stage.docker.calls).toEqual(['pull other', 'create shop-web-1', 'start shop-web-1']);
    expect(await stage.report('shop.web.1')).toMatchObject({
      refresh: { asked: 1, state: 'done' },
    });
  });

  it.each(['removed', 'stopped'] as const)(
    'what is to be %s meanwhile, is so at once',
    async (wanted) => {
      const placement = aPlacement('shop.web.1', {}, { image: 'other' });
      stage.docker.registry.add('other');
      stage.docker.slow('pull', 600_000);
      await stage.place(placement);
      expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'pulling' } });
      await stage.place({ ...placement, wanted });
      expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: wanted } });
    },
  );

  it('another image meanwhile, does not wait for the first', async () => {
    stage.docker.registry.add('other');
    stage.docker.slow('pull', 600_000);
    await stage.place(aPlacement('shop.web.1', {}, { image: 'other' }));
    stage.docker.slow('pull', 0);
    await stage.place(aPlacement('shop.web.1'));
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('what is not to be had, and is removed while it waits for its next try, is so at once', async () => {
    const placement = aPlacement('shop.web.1', {}, { image: 'nowhere' });
    await stage.place(placement);
    await stage.pass(20_000);
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'failed' } });
    await stage.place({ ...placement, wanted: 'removed' });
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'removed' } });
  });

  it('never, says that the image is not here', async () => {
    await stage.place(aPlacement('shop.web.1', { pull: 'never' }, { image: 'other' }));
    expect(pulls()).toEqual([]);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'failed', cause: 'image-not-found' },
      message: expect.stringContaining('the image other is not on this host') as string,
    });
    stage.docker.images.add('other');
    await stage.pass(35_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });
});
