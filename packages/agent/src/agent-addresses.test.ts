import type { InstanceId } from '@nap/shared';
import { emptyBook, takeAddress } from './network/address-book.js';
import { aPlacement } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const GATEWAY = '10.4.1.1';
const web = aPlacement('shop.web.1', {}, { mounts: [{ type: 'volume', target: '/data' }] });

/** Depends on the instance's name alone. */
function firstAddress(instance: InstanceId): string {
  return takeAddress(emptyBook('10.4.1.0/24'), instance, GATEWAY, 0)?.address ?? '';
}
const first = firstAddress(web.instance);

describe("an agent on nap's own network", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    stage.disk.set('/subnet.env', `FLANNEL_SUBNET=${GATEWAY}/24\nFLANNEL_MTU=1450\n`);
    await stage.start();
  });
  afterEach(() => stage.stop());

  it('keeps the address of an instance over its containers', async () => {
    await stage.place(web);
    expect(await stage.name('shop.web.1')).toMatchObject({ ip: first });
    await stage.docker.remove('shop-web-1');
    await stage.pass();
    expect(await stage.name('shop.web.1')).toMatchObject({ ip: first });
  });

  it('gives an instance another address when a foreign container has its own', async () => {
    stage.docker.addForeign('holder', first);
    await stage.place(web);
    await stage.pass();
    expect(stage.docker.running).toEqual(['holder', 'shop-web-1']);
    expect(stage.docker.names).toEqual(['holder', 'shop-web-1']);
    const record = await stage.name('shop.web.1');
    expect(record?.ip).toMatch(/^10\.4\.1\.\d+$/);
    expect(record?.ip).not.toBe(first);
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'running' } });
  });

  it('says why the first try has failed', async () => {
    stage.docker.addForeign('holder', first);
    stage.docker.slow('create', 10_000);
    await stage.place(web);
    await stage.pass(7_500);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'failed', cause: 'refused' },
      message: 'Address already in use',
    });
  });

  it('replaces what has lost its address while it was down, and keeps its data', async () => {
    await stage.place(web);
    const volumes = [...stage.docker.volumes];
    await stage.docker.stop('shop-web-1');
    stage.docker.addForeign('thief', first);
    await stage.pass(6_000);
    expect(stage.docker.running).toEqual(['thief', 'shop-web-1']);
    expect((await stage.name('shop.web.1'))?.ip).not.toBe(first);
    expect([...stage.docker.volumes]).toEqual(volumes);
  });

  it('remembers on its disk which container makes way', async () => {
    stage.docker.addForeign('holder', first);
    stage.docker.slow('create', 10_000);
    await stage.place(web);
    await stage.pass(7_200);
    await stage.kill();
    stage.docker.slow('create', 0);
    await stage.start();
    await stage.pass(6_000);
    expect(stage.docker.calls.filter((call) => call.startsWith('start '))).toHaveLength(2);
    expect(stage.docker.running).toEqual(['holder', 'shop-web-1']);
  });
});

describe('an agent with instances on other networks than its own', () => {
  const db = aPlacement('shop.db.1', {}, { network: 'host' });

  it('publishes the host’s address for one on the host’s network, and tells it the others', async () => {
    const stage = new Stage();
    await stage.start();
    await stage.place(db, aPlacement('shop.web.1'));
    expect(await stage.name('shop.db.1')).toMatchObject({ ip: '10.0.0.1', condition: 'ready' });
    expect(stage.docker.hostsFile('shop-web-1')).toContain('10.0.0.1         db-1');
    expect(stage.docker.hostsFile('shop-db-1')).toContain('172.17.0.2       shop-web-1 web-1');
    await stage.stop();
  });
});
