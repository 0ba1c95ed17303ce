import {
  instanceId,
  keys,
  nameRecordCodec,
  projectName,
  type NameRecord,
  type Placement,
} from '@nap/shared';
import { planDown } from '../plan/plan-down.js';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { NO_FILES, planWrites } from './plan-writes.js';

const SHOP = projectName('shop');
const INSTANCE = instanceId('shop.migrate.1');
const job = service('migrate');

function apply(cluster: FakeCluster, replicas = 1): void {
  const wanted = project({ ...job, replicas });
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
}

/** As its agent tells. */
function complete(cluster: FakeCluster): void {
  const [placement] = cluster.view.placements;
  if (placement === undefined) throw new Error('nothing is placed');
  cluster.entries.set(keys.name(INSTANCE), nameRecordCodec.encode(recordOf(placement)));
}

const recordOf = ({ host, specHash }: Placement): NameRecord => ({
  ...{ instance: INSTANCE, project: SHOP, service: job.name, index: 1, host, specHash },
  ...{ containerName: 'shop-migrate-1', aliases: [], condition: 'completed' },
});

/** It has completed on host-a, which is gone for good. */
function done(): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b');
  apply(cluster);
  complete(cluster);
  cluster.lose('host-a');
  return cluster;
}

describe('that an instance has completed', () => {
  it.each([false, true])('is forgotten with its project, with volumes: %s', (removeVolumes) => {
    const cluster = done();
    cluster.commit(planDown(cluster.view, SHOP, { removeVolumes, nowMs: 0 }));
    expect(cluster.view.names.size).toBe(0);
  });

  it('is forgotten with its project, although it completes only while that is taken away', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster);
    const plan = planDown(cluster.view, SHOP, { removeVolumes: false, nowMs: 0 });
    const writes = planWrites([plan], cluster.view, {
      cluster: { id: 'c', createdAtMs: 0 },
      ...NO_FILES,
    });
    expect(writes).toContainEqual({ kind: 'delete', key: keys.name(INSTANCE) });
  });

  it('is forgotten when it is scaled away', () => {
    const cluster = done();
    apply(cluster, 0);
    expect(cluster.view.names.size).toBe(0);
  });

  it('is known where it goes from a host that is lost', () => {
    const cluster = done();
    apply(cluster);
    expect(cluster.view.placements).toMatchObject([{ host: 'host-b' }]);
    expect(cluster.view.names.get(INSTANCE)?.condition).toBe('completed');
  });
});
