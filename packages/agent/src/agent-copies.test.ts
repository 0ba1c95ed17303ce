import { createRequest } from './docker/create-request.js';
import { aPlacement, CLUSTER, HOST, PLATFORM } from './testing/builders.js';
import { Stage } from './testing/stage.js';

/** `docker commit` of a container of nap, and `docker run` of what comes out: the copy has all of its labels. */

const web = aPlacement('shop.web.1');
const { body } = createRequest({
  ...{ name: 'shop-web-1', placement: web, cluster: CLUSTER, host: HOST, platform: PLATFORM },
  ...{ network: 'bridge', inherited: [], seeds: [], partners: new Map(), apiVersion: '1.41' },
  filePath: () => '/nowhere',
});
const copyBody = { ...body, Image: 'shop-web-1:debug' };

const stage = new Stage();
afterAll(() => stage.stop());

it('a copy of a container is not touched, and changes nothing for the original', async () => {
  await stage.start();
  await stage.place(web);
  stage.docker.calls.length = 0;
  stage.docker.addForeign('jolly_ride', '172.17.0.9', copyBody);
  await stage.pass(60_000);
  expect(stage.docker.calls).toEqual([]);
  expect(await stage.name('shop.web.1')).toMatchObject({ ip: '172.17.0.2' });
  await stage.unplace('shop.web.1');
  await stage.pass();
  expect(stage.docker.names).toEqual(['jolly_ride']);
});

it('a copy that has the name of its original is in the way like any other container', async () => {
  stage.docker.addForeign('shop-web-1', undefined, copyBody);
  await stage.place(web);
  await stage.pass(30_000);
  expect((await stage.report('shop.web.1'))?.status).toMatchObject({ cause: 'name-taken' });
  expect(stage.docker.names).toEqual(['jolly_ride', 'shop-web-1']);
});
