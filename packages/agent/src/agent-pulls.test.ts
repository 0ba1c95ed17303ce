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
