import type { ServiceContainer, ServiceSpec } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { planProject } from './plan-project.js';

/** Hosts whose engines cannot do everything that a service asks for. */

const using = (
  name: string,
  container: Partial<ServiceContainer>,
  more: Partial<ServiceSpec> = {},
): ServiceSpec => service(name, { ...more, container: containerOf(container) });

const IMAGE_MOUNT: Partial<ServiceContainer> = {
  mounts: [{ type: 'image', image: 'data', target: '/data' }],
};

function clusterOf(apiVersions: Readonly<Record<string, string>>): FakeCluster {
  const cluster = new FakeCluster();
  for (const [name, engineApiVersion] of Object.entries(apiVersions)) {
    cluster.addHost(name, { engineApiVersion });
  }
  return cluster;
}

const plan = (cluster: FakeCluster, ...services: readonly ServiceSpec[]): Plan =>
  planProject(cluster.view, project(...services), { appliedBy: 'a', files: [], nowMs: 1 });

const placed = ({ changes }: Plan): readonly string[] =>
  changes.flatMap((it) =>
    it.kind === 'place' ? [`${it.placement.instance} ${it.placement.host}`] : [],
  );

it('what would be another container on an older engine goes to newer ones', () => {
  const cluster = clusterOf({ 'host-a': '1.41', 'host-b': '1.48' });
  const made = plan(cluster, using('web', IMAGE_MOUNT, { replicas: 2 }));
  expect(placed(made)).toEqual(['shop.web.1 host-b', 'shop.web.2 host-b']);
  expect(made.notes).toEqual([]);
});

it('where every engine is too old, the plan says what for', () => {
  const made = plan(clusterOf({ 'host-a': '1.41' }), using('web', IMAGE_MOUNT));
  expect(made.unplaced).toEqual([
    {
      instance: 'shop.web.1',
      reason: 'host-a has Engine API 1.41: a mount of type `image` needs 1.48',
    },
  ]);
});

it('a global service is said to pass over a host because of its engine', () => {
  const cluster = clusterOf({ 'host-a': '1.41', 'host-b': '1.48' });
  const made = plan(cluster, using('agent', IMAGE_MOUNT, { mode: 'global' }));
  expect(made.changes.map(({ kind }) => kind)).toEqual(['store-project', 'place']);
  expect(made.notes).toEqual([
    'shop.agent does not run on host-a, which has Engine API 1.41: a mount of type `image` needs 1.48',
  ]);
});

it('a global service is said to pass over a host that has fewer CPUs than its limit', () => {
  const cluster = new FakeCluster();
  cluster.addHost('host-a', { capacity: { cpus: 2, memoryBytes: 1 } });
  cluster.addHost('host-b', { capacity: { cpus: 4, memoryBytes: 1 } });
  const made = plan(cluster, using('agent', { cpus: 3 }, { mode: 'global' }));
  expect(placed(made)).toEqual(['shop.agent.2 host-b']);
  expect(made.notes).toEqual([
    'shop.agent does not run on host-a, which has 2 CPUs, and its engine takes no limit above that: this one is 3 CPUs',
  ]);
});

it('and so it is over one that has fewer than its cpuset', () => {
  const cluster = new FakeCluster();
  cluster.addHost('host-a', { capacity: { cpus: 2, memoryBytes: 1 } });
  cluster.addHost('host-b', { capacity: { cpus: 4, memoryBytes: 1 } });
  const made = plan(cluster, using('agent', { cpuset: '0-2' }, { mode: 'global' }));
  expect(placed(made)).toEqual(['shop.agent.2 host-b']);
  expect(made.notes).toEqual([
    'shop.agent does not run on host-a, which has 2 CPUs, and its engine takes no cpuset with more: this one is 0-2',
  ]);
});

it('what an older engine merely leaves out is said once for a service and a host', () => {
  const cluster = clusterOf({ 'host-a': '1.41', 'host-b': '1.48' });
  const made = plan(cluster, using('web', { annotations: { a: 'b' } }, { replicas: 4 }));
  expect(placed(made)).toHaveLength(4);
  expect(made.notes).toEqual([
    'shop.web.1 on host-a: `annotations` need Engine API 1.43, this host has 1.41: left out',
  ]);
});
