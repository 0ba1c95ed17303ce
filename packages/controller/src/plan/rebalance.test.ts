import { projectName, serviceName, type Project, type ServiceSpec } from '@nap/shared';
import { containerOf, FakeCluster, mounting, project, service } from '../testing/builders.js';
import { planProject } from './plan-project.js';
import { planText } from './plan-text.js';
import { planRebalance, type RebalanceOptions } from './rebalance.js';

const named = (name: string, ...services: readonly ServiceSpec[]): Project => ({
  name: projectName(name),
  services: [...services],
});

/** The projects as they run when they were applied while host-a was the only host. */
function crowded(...projects: readonly Project[]): FakeCluster {
  const cluster = new FakeCluster('host-a');
  for (const it of projects) apply(cluster, it);
  cluster.addHost('host-b');
  cluster.addHost('host-c');
  return cluster;
}

function apply(cluster: FakeCluster, wanted: Project): void {
  const made = planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });
  expect(made.unplaced).toEqual([]);
  cluster.commit(made);
}

function rebalance(cluster: FakeCluster, more: Partial<RebalanceOptions> = {}): string {
  const plans = planRebalance(cluster.view, { nowMs: 2, maxMoves: Infinity, ...more });
  for (const plan of plans) cluster.commit(plan);
  return plans.map(planText).join('\n');
}

const countsOf = (cluster: FakeCluster): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { host } of cluster.view.placements) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
};

describe('spread', () => {
  it('evens out a service, with numbers, and has nothing to do a second time', () => {
    const cluster = crowded(project(service('web', { replicas: 9 })));
    const text = rebalance(cluster);
    expect(text).toMatch(
      /^move shop\.web\.\d from host-a to host-[bc]: moved from host-a; rebalance: host-a has 9 of web, host-[bc] has 0/m,
    );
    expect(countsOf(cluster)).toEqual({ 'host-a': 3, 'host-b': 3, 'host-c': 3 });
    expect(rebalance(cluster)).toBe('');
  });

  it('moves nothing where it would only swap places', () => {
    const cluster = crowded(project(service('web', { replicas: 1 })));
    expect(rebalance(cluster)).toBe('');
  });

  it('evens out projects and hosts by services that do not mind', () => {
    const projects = ['p1', 'p2', 'p3'].map((name) => named(name, service('web')));
    const cluster = crowded(...projects);
    expect(rebalance(cluster)).toContain('rebalance: host-a has 3 instances, host-b has 0');
    expect(countsOf(cluster)).toEqual({ 'host-a': 1, 'host-b': 1, 'host-c': 1 });
  });

  it('moves no more than it may, counted over all projects, and of the named project only', () => {
    const cluster = crowded(
      named('blog', service('web', { replicas: 4 })),
      named('shop', service('web', { replicas: 4 })),
    );
    expect(rebalance(cluster, { maxMoves: 3 }).split('\n')).toHaveLength(3);
    const shop = new Set([projectName('shop')]);
    expect(rebalance(cluster, { projects: shop })).not.toContain('blog');
  });

  it('minds preferences first', () => {
    const scheduling = { spreadOver: ['node.labels.zone'] };
    const cluster = crowded(project(service('web', { replicas: 4, scheduling })));
    cluster.setAvailability('host-a', 'active', { zone: 'north' });
    cluster.setAvailability('host-b', 'active', { zone: 'north' });
    cluster.setAvailability('host-c', 'active', { zone: 'south' });
    expect(rebalance(cluster)).toContain('zone=north has 4 of web, zone=south has 0');
    expect(countsOf(cluster)).toEqual({ 'host-a': 1, 'host-b': 1, 'host-c': 2 });
  });

  it('keeps together what shares a namespace', () => {
    const network = { service: serviceName('web') };
    const debug = service('debug', { replicas: 3, container: containerOf({ network }) });
    const cluster = crowded(project(service('web', { replicas: 3 }), debug));
    expect(rebalance(cluster)).toContain('; together with shop.debug.');
    expect(countsOf(cluster)).toEqual({ 'host-a': 2, 'host-b': 2, 'host-c': 2 });
  });
});

describe('what is never moved', () => {
  const cases: Readonly<Record<string, Partial<ServiceSpec>>> = {
    'data in a named volume': mounting('shop_data'),
    'data in a volume without a name': {
      container: containerOf({ mounts: [{ type: 'volume', target: '/data' }] }),
    },
    'one for every host': { mode: 'global' },
    'what must never run twice': { scheduling: { onPartition: { stopAfterMs: 30_000 } } },
    'what only host-a may run': {
      scheduling: { constraints: [{ key: 'node.hostname', operator: '==', value: 'host-a' }] },
    },
  };
  it.each(Object.entries(cases))('%s', (_, more) => {
    const cluster = crowded(project(service('web', { replicas: 4, ...more })));
    expect(rebalance(cluster)).toBe('');
  });

  it('what has ended: elsewhere it would run once more', () => {
    const cluster = crowded(project(service('web', { replicas: 4 })));
    for (const placement of cluster.view.placements) {
      cluster.report(placement, { state: 'completed', finishedAtMs: 1 });
    }
    expect(rebalance(cluster)).toBe('');
  });

  it.each(['paused', 'draining'] as const)('anything to a host that is %s', (availability) => {
    const cluster = crowded(project(service('web', { replicas: 4 })));
    cluster.setAvailability('host-b', availability);
    rebalance(cluster);
    expect(countsOf(cluster)).toEqual({ 'host-a': 2, 'host-c': 2 });
  });

  it('anything while more hosts are away than can have died', () => {
    const cluster = crowded(project(service('web', { replicas: 4 })));
    const view = { ...cluster.view, brake: '2 of 3 hosts are away' };
    expect(planRebalance(view, { nowMs: 2, maxMoves: Infinity })).toEqual([]);
  });
});

describe('binpack', () => {
  const GiB = 1024 ** 3;
  const packed = (name: string, memoryBytes: number): ServiceSpec =>
    service(name, { scheduling: { strategy: 'binpack', reserves: { memoryBytes } } });
  const small = { capacity: { cpus: 2, memoryBytes: 4 * GiB } };

  function halfEmpty(...services: readonly ServiceSpec[]): FakeCluster {
    const cluster = new FakeCluster();
    cluster.addHost('host-a', small);
    apply(cluster, project(...services.slice(0, 2)));
    cluster.addHost('host-b', small);
    cluster.setAvailability('host-a', 'paused');
    apply(cluster, project(...services));
    cluster.setAvailability('host-a', 'active');
    return cluster;
  }

  it('empties a host where all that it runs fits on others', () => {
    const cluster = halfEmpty(packed('a', GiB), packed('b', GiB), packed('c', GiB));
    expect(rebalance(cluster)).toBe(
      'move shop.c.1 from host-b to host-a: moved from host-b; rebalance: host-b is emptied, its 1 instance fit on hosts that are in use; host-a was the fullest (0 CPUs and 2 GiB of 4 GiB reserved, 2 instances)',
    );
    expect(rebalance(cluster)).toBe('');
  });

  it('moves nothing where no host would be empty after it', () => {
    const cluster = halfEmpty(
      ...[packed('a', GiB), packed('b', GiB)],
      ...[packed('c', GiB), packed('d', 2 * GiB)],
    );
    expect(rebalance(cluster)).toBe('');
  });

  it('does not count against what is spread, which would otherwise move to and fro', () => {
    const cluster = halfEmpty(packed('a', GiB), packed('b', GiB), service('web'));
    expect(rebalance(cluster)).toContain('host-a is emptied, its 2 instances fit');
    expect(countsOf(cluster)).toEqual({ 'host-b': 3 });
    expect(rebalance(cluster)).toBe('');
  });
});

it('is a decision about the instance, beside those before it', () => {
  const cluster = crowded(project(service('web', { replicas: 2 })));
  rebalance(cluster);
  const moved = cluster.view.placements.find(({ host }) => host !== 'host-a');
  expect(moved).toMatchObject({
    decidedAtMs: 2,
    reason: expect.stringContaining('rebalance') as string,
    decisions: [{ kind: 'placed' }, { atMs: 2, kind: 'moved' }],
  });
});
