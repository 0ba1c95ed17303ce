import {
  projectName,
  serviceName,
  type Project,
  type Scheduling,
  type ServiceSpec,
  type Strategy,
} from '@nap/shared';
import { containerOf, FakeCluster, project, published, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { planProject } from './plan-project.js';
import { planText } from './plan-text.js';

/** What services ask of their hosts, and in which words the planner answers. */

const GiB = 1024 ** 3;

const plan = (cluster: FakeCluster, wanted: Project, strategy?: Strategy): Plan =>
  planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1, strategy });

function apply(cluster: FakeCluster, wanted: Project, strategy?: Strategy): Record<string, string> {
  const made = plan(cluster, wanted, strategy);
  expect(made.unplaced).toEqual([]);
  cluster.commit(made);
  expect(plan(cluster, wanted).changes).toEqual([]);
  return Object.fromEntries(
    cluster.view.placements.map(({ instance, host }) => [instance.replace('shop.', ''), host]),
  );
}

const asking = (
  name: string,
  scheduling: Scheduling,
  more: Partial<ServiceSpec> = {},
): ServiceSpec => service(name, { ...more, scheduling });

const reserving = (name: string, memoryBytes: number, replicas = 1, cpus?: number): ServiceSpec =>
  asking(
    name,
    { reserves: { memoryBytes, ...(cpus === undefined ? {} : { cpus }) } },
    { replicas },
  );

const label = (key: string, value: string): Scheduling => ({
  constraints: [{ key: `node.labels.${key}`, operator: '==', value }],
});

function hosts(labels: Readonly<Record<string, Readonly<Record<string, string>>>>): FakeCluster {
  const cluster = new FakeCluster();
  for (const [name, own] of Object.entries(labels)) {
    cluster.addHost(name, {
      labels: { ...own },
      capacity: { cpus: 2, memoryBytes: 4 * GiB },
    });
  }
  return cluster;
}

describe('what fits nowhere', () => {
  it('has a sentence with what is needed, what each host has, and the other causes', () => {
    const cluster = hosts({ 'host-a': { disk: 'ssd' }, 'host-b': { disk: 'ssd' }, 'host-c': {} });
    apply(cluster, project(reserving('cache', 2.875 * GiB)));
    cluster.setAvailability('host-b', 'draining');
    const db = asking('db', { ...label('disk', 'ssd'), reserves: { memoryBytes: 2 * GiB } });
    expect(planText(plan(cluster, project(reserving('cache', 2.875 * GiB), db)))).toBe(
      [
        'store shop revision 2: replaces revision 1',
        'cannot place shop.db.1: needs 2 GiB of memory: host-a has 1.1 GiB of memory free; host-b is draining; host-c lacks label disk=ssd',
      ].join('\n'),
    );
  });

  it.each<[string, readonly ServiceSpec[], string]>([
    [
      'CPUs',
      [reserving('a', GiB, 1, 1.5), reserving('b', GiB, 1, 0.75)],
      'needs 1 GiB of memory and 0.75 CPUs: host-a has 0.5 CPUs free',
    ],
    [
      'the most of a service on a host',
      [asking('b', { maxPerHost: 1 }, { replicas: 2 })],
      'host-a has 1 of b, the most it may have',
    ],
    [
      'services apart',
      [service('a'), asking('b', { apartFrom: [serviceName('a')] })],
      'host-a runs a, which b must be apart from',
    ],
    [
      'a port',
      [service('a', published(80)), service('b', published(80))],
      'host-a has port 80/tcp taken by shop-a-1',
    ],
    [
      'a limit of CPUs above those of the host, however free they are',
      [service('a', { container: containerOf({ cpus: 2.5 }) })],
      'host-a has 2 CPUs, and its engine takes no limit above that: this one is 2.5 CPUs',
    ],
    [
      'a cpuset of more CPUs than those of the host',
      [service('a', { container: containerOf({ cpuset: '0-31' }) })],
      'host-a has 2 CPUs, and its engine takes no cpuset with more: this one is 0-31',
    ],
  ])('%s', (_, services, reason) => {
    const cluster = hosts({ 'host-a': {} });
    expect(plan(cluster, project(...services)).unplaced.map((it) => it.reason)).toEqual([reason]);
  });

  it('is counted, not listed, where many hosts are alike', () => {
    const cluster = hosts(
      Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`host-${at}`, {}])),
    );
    expect(plan(cluster, project(reserving('a', 8 * GiB))).unplaced[0]?.reason).toBe(
      'needs 8 GiB of memory: 9 hosts: each has 4 GiB of memory free',
    );
    apply(cluster, project(reserving('b', GiB)));
    expect(
      plan(cluster, project(reserving('b', GiB), reserving('a', 8 * GiB))).unplaced[0]?.reason,
    ).toBe(
      'needs 8 GiB of memory: 9 hosts: each has too little memory free (the most: host-1 has 4 GiB of memory free)',
    );
  });
});

it('a limit of CPUs goes where there are as many', () => {
  const cluster = hosts({ 'host-a': {}, 'host-c': {} });
  cluster.addHost('host-b', { capacity: { cpus: 8, memoryBytes: GiB } });
  const limited = (cpus: number, replicas: number): Project =>
    project(service('web', { replicas, container: containerOf({ cpus }) }));
  expect(apply(cluster, limited(2, 3))).toEqual({
    'web.1': 'host-a',
    'web.2': 'host-b',
    'web.3': 'host-c',
  });
  expect(apply(cluster, limited(8, 2))).toEqual({ 'web.1': 'host-b', 'web.2': 'host-b' });
});

it('all of IPv4 and all of IPv6 are two ports of one host', () => {
  const on = (name: string, hostIp: string): ServiceSpec =>
    service(name, {
      container: containerOf({
        ports: [{ target: 80, published: { from: 80, to: 80 }, protocol: 'tcp', hostIp }],
      }),
    });
  const cluster = hosts({ 'host-a': {} });
  apply(cluster, project(on('four', '0.0.0.0'), on('six', '::')));
  const both = plan(
    cluster,
    project(on('four', '0.0.0.0'), on('six', '::'), service('web', published(80))),
  );
  expect(both.unplaced.map(({ reason }) => reason)).toEqual([
    'host-a has port 80/tcp taken by shop-four-1',
  ]);
});

describe('reservations', () => {
  it('of all projects count', () => {
    const cluster = hosts({ 'host-a': {}, 'host-b': {} });
    apply(cluster, project(reserving('db', 3 * GiB)));
    const blog = { ...project(reserving('db', 3 * GiB, 2)), name: projectName('blog') };
    const { changes, unplaced } = plan(cluster, blog);
    expect(changes[1]).toMatchObject({ placement: { host: 'host-b' } });
    expect(unplaced).toHaveLength(1);
  });

  it('are part of a placement only where there are any', () => {
    const cluster = hosts({ 'host-a': {} });
    apply(cluster, project(service('a'), reserving('b', GiB)));
    expect(cluster.view.placements.map(({ reserves }) => reserves)).toEqual([
      undefined,
      { memoryBytes: GiB },
    ]);
  });

  it('that grow update what still fits, and move what does not', () => {
    const cluster = hosts({ 'host-a': {}, 'host-b': {} });
    apply(cluster, project(reserving('a', GiB), service('x'), reserving('b', GiB)));
    const grown = project(reserving('a', 3.5 * GiB), service('x'), reserving('b', 2 * GiB));
    expect(planText(plan(cluster, grown))).toContain(
      [
        'update shop.a.1 on host-a: the container stays; changed: reservations.memoryBytes',
        'move shop.b.1 from host-a to host-b: moved from host-a, which has 512 MiB of memory free; spread: 1 of 2 hosts fit, host-b had the fewest (0 of b, 1 of shop)',
      ].join('\n'),
    );
  });
});

describe('constraints', () => {
  it('hold for a global service: a host that stops matching loses its instance', () => {
    const cluster = hosts({ 'host-a': { disk: 'ssd' }, 'host-b': {}, 'host-c': { disk: 'ssd' } });
    const agent = project(asking('agent', label('disk', 'ssd'), { mode: 'global' }));
    expect(Object.values(apply(cluster, agent))).toEqual(['host-a', 'host-c']);
    cluster.setAvailability('host-c', 'active', { disk: 'hdd' });
    expect(planText(plan(cluster, agent))).toBe(
      'remove shop.agent.3 from host-c: host-c takes no agent any more',
    );
  });

  it('that stop to hold move the instance', () => {
    const cluster = hosts({ 'host-a': { disk: 'ssd' }, 'host-b': { disk: 'ssd' } });
    const wanted = project(asking('db', label('disk', 'ssd')));
    apply(cluster, wanted);
    cluster.setAvailability('host-a', 'active', { disk: 'hdd' });
    expect(apply(cluster, wanted)).toEqual({ 'db.1': 'host-b' });
  });
});

describe('strategies', () => {
  it('binpack fills the fullest host that fits, by what is reserved', () => {
    const cluster = hosts({ 'host-a': {}, 'host-b': {} });
    apply(cluster, project(service('x'), reserving('b', GiB)));
    const more = project(service('x'), reserving('b', GiB), reserving('c', 1.5 * GiB, 3, 0.5));
    expect(planText(plan(cluster, more, 'binpack'))).toBe(
      [
        'store shop revision 2: replaces revision 1',
        'place shop.c.1 on host-b: binpack: 2 of 2 hosts fit, host-b was the fullest (0 CPUs and 1 GiB of 4 GiB reserved, 1 instance)',
        'place shop.c.2 on host-b: binpack: 2 of 2 hosts fit, host-b was the fullest (0.5 CPUs and 2.5 GiB of 4 GiB reserved, 2 instances)',
        'place shop.c.3 on host-a: binpack: 1 of 2 hosts fit, host-a was the fullest (0 CPUs and 0 B of 4 GiB reserved, 1 instance)',
      ].join('\n'),
    );
  });

  it('random is repeatable, and another seed chooses otherwise', () => {
    const names = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`host-${at}`, {}]));
    const wanted = (seed: string): Project =>
      project(asking('web', { strategy: 'random', seed }, { replicas: 20 }));
    const first = apply(hosts(names), wanted('1'));
    expect(apply(hosts(names), wanted('1'))).toEqual(first);
    expect(apply(hosts(names), wanted('2'))).not.toEqual(first);
    expect(planText(plan(hosts(names), wanted('1')))).toContain(
      'random: 20 of 20 hosts fit, random with seed 1',
    );
  });

  it('the command counts more than the service, and the service more than the project', () => {
    const cluster = hosts({ 'host-a': {} });
    const wanted = {
      ...project(service('a'), asking('b', { strategy: 'random' })),
      scheduling: { strategy: 'binpack' as const },
    };
    expect(planText(plan(cluster, wanted))).toMatch(
      /a\.1 on host-a: binpack[^]*b\.1 on host-a: random/,
    );
    expect(planText(plan(cluster, wanted, 'spread'))).toMatch(
      /a\.1 on host-a: spread[^]*b\.1 on host-a: spread/,
    );
  });

  it('preferences go before them: over zones first, then over racks, then the emptiest host', () => {
    const cluster = hosts({
      'host-a': { zone: 'east', rack: '1' },
      'host-b': { zone: 'east', rack: '2' },
      'host-c': { zone: 'east', rack: '2' },
      'host-d': { zone: 'west', rack: '1' },
    });
    const spreadOver = ['node.labels.zone', 'node.labels.rack'];
    const places = apply(cluster, project(asking('web', { spreadOver }, { replicas: 6 })));
    expect(Object.values(places)).toEqual([
      'host-a',
      'host-d',
      'host-b',
      'host-d',
      'host-a',
      'host-d',
    ]);
    expect(cluster.view.placements[2]?.reason).toBe(
      'spread: 4 of 4 hosts fit, hosts with zone=east had the fewest (1 of web); hosts with rack=2 had the fewest (0 of web); host-b had the fewest (0 of web, 0 of shop)',
    );
  });
});

it('a name that another project has keeps an instance off that host alone', () => {
  const cluster = hosts({ 'host-a': {}, 'host-b': {} });
  const blog = {
    ...project(service('x', { containerName: 'shop-web-2' })),
    name: projectName('blog'),
  };
  cluster.commit(plan(cluster, blog));
  const places = apply(cluster, project(service('web', { replicas: 3 })));
  expect(places['web.2']).toBe('host-b');
  expect(places['web.3']).toBe('host-a');
});

it('volumes that every host has of its own tie nobody', () => {
  const cluster = hosts({ 'host-a': {}, 'host-b': {} });
  const mounts = [{ type: 'volume' as const, name: 'data-{{.Node.Hostname}}', target: '/data' }];
  const places = apply(
    cluster,
    project(service('web', { replicas: 2, container: containerOf({ mounts }) })),
  );
  expect(new Set(Object.values(places)).size).toBe(2);
  expect(cluster.view.volumes.size).toBe(0);
});
