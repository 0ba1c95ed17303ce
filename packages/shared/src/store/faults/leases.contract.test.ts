import { type EtcdCluster, leased, startEtcd } from '../../testing/index.js';
import { openStore } from '../etcd-store.js';

let cluster: EtcdCluster;

beforeAll(async () => {
  cluster = await startEtcd({ members: 3 });
}, 60_000);
afterAll(async () => {
  await cluster.close();
});

it('each of three members tells of leases, as only their leader knows them', async () => {
  const stores = cluster.endpoints.map((endpoint) =>
    openStore({ endpoints: [endpoint], root: '/leases/' }),
  );
  try {
    const [first] = stores;
    const session = await first!.session({ ttlS: 10 });
    await first!.commit([leased('s/1')], { session });
    for (const store of stores) {
      const life = (await store.leases(['s/1'])).get('s/1');
      expect(life?.ttlMs).toBe(10_000);
      expect(life?.leftMs).toBeGreaterThanOrEqual(6_000);
    }
  } finally {
    for (const store of stores) await store.close();
  }
}, 60_000);
