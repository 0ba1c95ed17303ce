import { hostCheckCodec, hostId, keys, projectName, type HostCheck } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import type { ClockReading, DoctorFacts } from './doctor-facts.js';
import { judgeDisks } from './judge-disks.js';
import { judgeClock, judgeHosts } from './judge-hosts.js';
import { clusterOf, factsOf, withHost } from './testing/facts.js';

const hostA = hostId('host-a');
const short = (facts: DoctorFacts): readonly string[] =>
  judgeHosts(facts).map(({ id, subject, evidence }) => `${id} ${subject}: ${evidence}`);

it('finds nothing where nothing is wrong', () => {
  expect(short(factsOf())).toEqual([]);
  expect(judgeDisks(factsOf())).toEqual([]);
});

it('no hosts, hosts that are away, and such as have told nothing', () => {
  expect(short(factsOf({ view: new FakeCluster().view }))).toEqual([
    'no-hosts cluster: no host is registered',
  ]);
  const cluster = clusterOf();
  cluster.lose('host-b');
  const facts = factsOf({ view: cluster.view, hosts: new Map() });
  expect(short(facts)).toEqual([
    'host-no-facts host-a: no facts/host-a in etcd',
    'host-away host-b: no lease; 0 instances are placed on it',
  ]);
});

it('a host that is away with one instance', () => {
  const cluster = clusterOf();
  const context = { appliedBy: 'a', files: [], nowMs: 1 };
  cluster.commit(planProject(cluster.view, project(service('web')), context));
  const [web] = cluster.view.placements;
  cluster.lose(web!.host);
  expect(short(factsOf({ view: cluster.view }))).toContain(
    `host-away ${web!.host}: no lease; 1 instance is placed on it`,
  );
});

it('a lease that is hardly renewed', () => {
  const sessions = new Map([[hostA, { ttlS: 3, grantedTtlS: 10 }]]);
  expect(short(factsOf({ sessions }))).toEqual(['host-lease-short host-a: 3 s left of 10 s']);
});

it.each<[string, ClockReading, readonly string[]]>([
  ['a reading of a moment ago', { hostMs: 990_000, heardAtMs: undefined }, []],
  [
    'ahead, without being heard',
    { hostMs: 1_010_000, heardAtMs: undefined },
    ['host-clock-off: 10.0 s ahead of this machine'],
  ],
  [
    'behind, heard',
    { hostMs: 900_000, heardAtMs: 950_000 },
    ['host-clock-off: 50.0 s behind this machine'],
  ],
  ['heard in time', { hostMs: 900_000, heardAtMs: 900_020 }, []],
  [
    'of long ago',
    { hostMs: 500_000, heardAtMs: undefined },
    ['host-check-old: its last check is 500 s old'],
  ],
])('a clock: %s', (_, reading, expected) => {
  const found = judgeClock(hostA, reading, 1_000_000);
  expect(found.map(({ id, evidence }) => `${id}: ${evidence}`)).toEqual(expected);
});

it('what the agent says itself, and names that are another map', () => {
  const cluster = clusterOf();
  const plan = planProject(cluster.view, project(service('web')), {
    ...{ appliedBy: 'a', files: [], nowMs: 1 },
  });
  cluster.commit(plan);
  const check: HostCheck = {
    atMs: 1_000_000,
    projects: { [projectName('shop')]: { digest: 'x', revision: '1', containers: 1 } },
    problems: [],
  };
  const put = (more: Partial<HostCheck>): void => {
    cluster.entries.set(keys.check(hostA), hostCheckCodec.encode({ ...check, ...more }));
  };
  put({});
  expect(short(factsOf({ view: cluster.view }))).toEqual([
    expect.stringMatching(/^hosts-file-drift shop on host-a: verified another map \(x, etcd has /),
  ]);
  put({ problems: ['no engine'] });
  expect(short(factsOf({ view: cluster.view }))).toEqual(['host-problem host-a: no engine']);
});

it('two hosts with one address, and versions that differ', () => {
  const cluster = clusterOf();
  cluster.addHost('host-b', {
    ...{ address: '10.98.0.11', agentVersion: '0.2.0', engineVersion: '28.1.0' },
  });
  expect(short(factsOf({ view: cluster.view }))).toEqual([
    'same-address host-a, host-b: both are 10.98.0.11',
    'agent-version-skew cluster: this is 0.1.0; agents: 0.1.0 on host-a; 0.2.0 on host-b',
    'engine-version-skew cluster: 20 on host-a; 28 on host-b',
  ]);
});

it.each([
  [{ usedPercent: 84 }, []],
  [{ usedPercent: 85 }, ['disk-filling: /d: 85 % of 1.0 KiB used']],
  [{ usedPercent: 95 }, ['disk-full: /d: 95 % of 1.0 KiB used']],
  [{ usedPercent: 10, usedInodesPercent: 99 }, ['disk-full: /d: 99 % of the inodes used']],
])('a disk with %j', (more, expected) => {
  const facts = withHost({ disks: [{ path: '/d', totalBytes: 1024, ...more }] });
  expect(judgeDisks(facts).map(({ id, evidence }) => `${id}: ${evidence}`)).toEqual(expected);
});

it('a clock that nothing keeps right', () => {
  expect(judgeDisks(withHost({ clock: { isSynchronised: false } }))).toMatchObject([
    { id: 'host-clock-unsynchronised', subject: 'host-a' },
  ]);
});
