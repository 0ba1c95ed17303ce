import { instanceId } from '@nap/shared';
import { engines, request, type Engine } from '../testing/engines.js';

/** Containers that share a network, on the fake and on a real dockerd. */
describe.each(engines)('%s', (_kind, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  }, 60_000);
  afterAll(() => engine.stop(), 60_000);

  const partner = instanceId('shop.db.1');

  it('has no address and no hosts file of its own where its network is another container’s', async () => {
    const { docker } = engine;
    const db = await docker.create(request());
    await docker.start(db);
    const partners = new Map([[partner, db]]);
    const web = await docker.create(request({ network: { instance: partner } }, { partners }));
    await docker.start(web);
    const observed = await docker.inspect(web);
    expect(observed).toMatchObject({ network: { container: db }, partners });
    expect(observed?.ip).toBeUndefined();
    expect(observed?.hostsPath).toBe((await docker.inspect(db))?.hostsPath);
    await docker.remove(web);
    await docker.remove(db);
  });

  it('joins no network of a container that does not run', async () => {
    const { docker } = engine;
    const db = await docker.create(request());
    const partners = new Map([[partner, db]]);
    const web = await docker.create(request({ network: { instance: partner } }, { partners }));
    await expect(docker.start(web)).rejects.toMatchObject({ code: 'DOCKER_CONFLICT' });
    await docker.remove(web);
    await docker.remove(db);
  });

  it.each(['host', 'none'] as const)('has no address of its own on %s', async (network) => {
    const { docker } = engine;
    const id = await docker.create(request({ network }));
    await docker.start(id);
    const observed = await docker.inspect(id);
    expect(observed?.network).toBe(network);
    expect(observed?.ip).toBeUndefined();
    await docker.remove(id);
  });
});
