import { aPlacement } from './testing/builders.js';
import { Stage } from './testing/stage.js';

/** `down --volumes` asks for volumes that nothing mounts any more with a placement of an instance that has never run. */

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  stage.docker.volumes.add('shop_data');
  stage.docker.volumes.add('shop_logs');
  await stage.start();
});
afterEach(() => stage.stop());

const asked = { wanted: 'removed', removeVolumes: true } as const;
const mounting = (...names: readonly string[]) => ({
  image: 'none',
  mounts: names.map((name) => ({ type: 'volume' as const, name, target: `/${name}` })),
});

it('drops the volumes, reports it, and makes nothing', async () => {
  await stage.place(aPlacement('shop.volumes.1', asked, mounting('shop_data', 'shop_logs')));
  expect([...stage.docker.volumes]).toEqual([]);
  expect(stage.docker.names).toEqual([]);
  expect((await stage.report('shop.volumes.1'))?.status).toEqual({ state: 'removed' });
  await stage.unplace('shop.volumes.1');
  expect(await stage.report('shop.volumes.1')).toBeUndefined();
});

it('keeps what a container mounts that is to run on', async () => {
  const data = { mounts: [{ type: 'volume' as const, name: 'shop_data', target: '/data' }] };
  await stage.place(aPlacement('other.db.1', {}, data));
  await stage.place(aPlacement('shop.volumes.1', asked, mounting('shop_data', 'shop_logs')));
  expect([...stage.docker.volumes]).toEqual(['shop_data']);
});
