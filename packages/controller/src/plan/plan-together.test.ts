import { serviceName, type Project, type ServiceSpec } from '@nap/shared';
import {
  containerOf,
  FakeCluster,
  mounting,
  project,
  published,
  service,
} from '../testing/builders.js';
import type { Plan } from './change.js';
import { planProject } from './plan-project.js';

/** Instances that are for one host: those that share a namespace, and those of global services. */

const plan = (cluster: FakeCluster, wanted: Project): Plan =>
  planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });

function apply(cluster: FakeCluster, wanted: Project): Record<string, string> {
  const made = plan(cluster, wanted);
  expect(made.unplaced).toEqual([]);
  cluster.commit(made);
  expect(plan(cluster, wanted).changes).toEqual([]);
  return Object.fromEntries(
    cluster.view.placements.map(({ instance, host }) => [instance.replace('shop.', ''), host]),
  );
}

const sharing = (name: string, more: Partial<ServiceSpec> = {}): Partial<ServiceSpec> => ({
  ...more,
  container: containerOf({ network: { service: serviceName(name) } }),
});

describe('instances that share a namespace', () => {
  it('run on one host, each with its twin', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const places = apply(
      cluster,
      project(service('proxy', sharing('web', { replicas: 2 })), service('web', { replicas: 2 })),
    );
    expect(places).toEqual({
      'proxy.1': 'host-a',
      'proxy.2': 'host-b',
      'web.1': 'host-a',
      'web.2': 'host-b',
    });
  });

  it('a newcomer goes to where its partner runs, which stays', () => {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
    const web = service('web', { replicas: 3 });
    apply(cluster, project(service('a'), web));
    const before = cluster.view.placements.find(({ instance }) => instance === 'shop.web.3');
    const places = apply(cluster, project(service('debug', sharing('web')), service('a'), web));
    expect(places['debug.1']).toBe(places['web.1']);
    expect(cluster.view.placements).toContainEqual(before);
  });

  it('a replica without a twin shares with the first', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('web'), service('debug', sharing('web', { replicas: 2 }))));
    const shared = cluster.view.placements.map(({ spec }) => spec.network);
    expect(shared.filter(Boolean)).toEqual([
      { instance: 'shop.web.1' },
      { instance: 'shop.web.1' },
    ]);
  });

  it('says who must be where when they fit nowhere together', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('x', published(80))));
    const { unplaced } = plan(
      cluster,
      project(
        service('x', published(80)),
        service('web', published(80)),
        service('proxy', sharing('web')),
      ),
    );
    expect(unplaced).toEqual(
      ['shop.web.1', 'shop.proxy.1'].map((instance) => ({
        instance,
        reason: 'host-a has port 80/tcp taken by shop-x-1',
      })),
    );
  });
});

describe('a global service', () => {
  const agent = service('agent', { mode: 'global', ...mounting('shop_buffer') });

  it('has one instance on every host, also on one that comes later', () => {
    const cluster = new FakeCluster('host-a', 'host-c');
    expect(apply(cluster, project(agent))).toEqual({ 'agent.1': 'host-a', 'agent.2': 'host-c' });
    cluster.addHost('host-b');
    expect(apply(cluster, project(agent))).toEqual({
      'agent.1': 'host-a',
      'agent.2': 'host-c',
      'agent.3': 'host-b',
    });
  });

  it('keeps its volumes on each host, and ties nobody to one of them', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster, project(agent));
    expect(cluster.view.volumes.size).toBe(0);
  });

  it('leaves a host that is drained, and stays on one that is away or paused', () => {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
    apply(cluster, project(agent));
    cluster.lose('host-a');
    cluster.setAvailability('host-b', 'draining');
    cluster.setAvailability('host-c', 'paused');
    expect(apply(cluster, project(agent))).toEqual({ 'agent.1': 'host-a', 'agent.3': 'host-c' });
  });

  it('is waited for on every host', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const dependencies = [
      { service: serviceName('agent'), condition: 'started' as const, required: true },
    ];
    apply(cluster, project(agent, service('web', { dependencies })));
    const web = cluster.view.placements.find(({ instance }) => instance === 'shop.web.1');
    expect(web?.dependencies).toMatchObject([{ instances: 2 }]);
  });
});

it('an image of another platform goes to a host that runs it', () => {
  const cluster = new FakeCluster('host-a');
  const onArm = project(service('web', { container: containerOf({ platform: 'linux/arm64/v8' }) }));
  expect(plan(cluster, onArm).unplaced).toMatchObject([
    { reason: 'host-a is linux/amd64, not linux/arm64/v8' },
  ]);
  const onAmd = project(service('web', { container: containerOf({ platform: 'linux/x86_64' }) }));
  expect(plan(cluster, onAmd).unplaced).toEqual([]);
});
