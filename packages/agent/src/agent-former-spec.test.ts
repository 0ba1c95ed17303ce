import { aPlacement } from './testing/builders.js';
import { Stage } from './testing/stage.js';

/** A service that is mended while its old container is just being started once more. */

const broken = aPlacement('shop.web.1', {}, { restart: { condition: 'always' }, command: ['no'] });
const mended = aPlacement('shop.web.1', {}, { restart: { condition: 'always' }, command: ['yes'] });
/** Longer than it takes until the next start is due. */
const START_MS = 20_000;

let stage: Stage;

beforeEach(async () => {
  stage = new Stage(({ body }) =>
    body.Cmd?.includes('no') === true ? { exitCode: 7 } : undefined,
  );
  await stage.start();
});
afterEach(() => stage.stop());

it('does not count the restarts of the container that it had before', async () => {
  await stage.place(broken);
  stage.docker.slow('start', START_MS);
  await stage.pass(10_000);
  await stage.place(mended);
  stage.docker.slow('start', 0);
  await stage.pass(60_000);
  expect(stage.docker.calls.at(-1)).toBe('start shop-web-1');
  expect(await stage.report('shop.web.1')).toMatchObject({
    specHash: mended.specHash,
    status: { state: 'running' },
    restarts: 0,
  });
});
