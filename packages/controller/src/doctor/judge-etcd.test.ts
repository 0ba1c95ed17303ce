import type { EtcdMemberStatus } from '@nap/shared';
import { judgeEtcd } from './judge-etcd.js';
import { etcdOf, factsOf, MEMBER } from './testing/facts.js';

const GIB = 1024 ** 3;
const short = (facts: Parameters<typeof judgeEtcd>[0]): readonly string[] =>
  judgeEtcd(facts).map(({ id, subject, evidence }) => `${id} ${subject}: ${evidence}`);

it('finds nothing where nothing is wrong', () => {
  expect(short(factsOf())).toEqual([]);
});

it.each<[string, Partial<EtcdMemberStatus>]>([
  ['etcd-no-leader m0: http://10.98.0.1:2379 names none', { leaderId: undefined }],
  ['etcd-nearly-full m0: 1.5 GiB of 2.0 GiB, 75 %', { dbBytes: 1.5 * GIB, dbInUseBytes: GIB }],
  [
    'etcd-fragmented m0: 900.0 MiB of 1000.0 MiB are free',
    { dbBytes: 1000 * 1024 ** 2, dbInUseBytes: 100 * 1024 ** 2 },
  ],
  [
    'etcd-not-compacted m0: 200000 revisions are kept; database 20.0 MiB of 2.0 GiB, 1 %',
    { revision: 200_000, compactedRevision: -1 },
  ],
  ['etcd-slow m0: http://10.98.0.1:2379 took 800 ms', { latencyMs: 800 }],
  ['etcd-lagging m0: 5000 entries not applied', { raftIndex: 5_100 }],
  ['etcd-member-error m0: etcdserver: no leader', { errors: ['etcdserver: no leader'] }],
  ['etcd-clock-off m0: 5.0 s behind this machine', { clockAheadMs: -5_000 }],
])('%s', (expected, status) => {
  expect(short(factsOf({ etcd: etcdOf(status) }))).toEqual([expected]);
});

it('a quota that it does not tell is taken for the default, and that is said', () => {
  const { quotaBytes: _, ...status } = { ...MEMBER, dbBytes: 1.9 * GIB, dbInUseBytes: 1.9 * GIB };
  const etcd = etcdOf({}, { members: [{ id: '1', name: 'm0', clientUrls: [], status }] });
  expect(short(factsOf({ etcd }))).toEqual([
    'etcd-nearly-full m0: 1.9 GiB of 2.0 GiB (the default; it does not say), 95 %',
  ]);
});

it('alarms, endpoints that lead nowhere, members that do not answer', () => {
  const etcd = etcdOf(
    { errors: ['memberID:1 alarm:NOSPACE '] },
    {
      alarms: [{ memberId: '1', kind: 'NOSPACE' }],
      strangers: [{ endpoint: 'http://x:2379', problem: 'refused' }],
    },
  );
  expect(short(factsOf({ etcd }))).toEqual([
    'etcd-alarm-nospace m0: alarm NOSPACE',
    'etcd-endpoint-wrong http://x:2379: refused',
  ]);
  const corrupt = etcdOf({}, { alarms: [{ memberId: '7', kind: 'CORRUPT' }] });
  expect(short(factsOf({ etcd: corrupt }))).toEqual(['etcd-alarm-corrupt 7: alarm CORRUPT']);
  const down = { id: '2', name: 'm1', clientUrls: [], problem: 'ECONNREFUSED' };
  const members = [...etcdOf().members, down];
  expect(short(factsOf({ etcd: etcdOf({}, { members }) }))).toEqual([
    'etcd-even-members etcd: 2 members',
    'etcd-member-down m1: ECONNREFUSED',
  ]);
});

it('members that disagree', () => {
  const other = { ...MEMBER, leaderId: '2', version: '3.5.9' };
  const members = ['1', '2', '3'].map((id) => ({
    ...{ id, name: `m${id}`, clientUrls: [] },
    status: id === '2' ? other : MEMBER,
  }));
  expect(short(factsOf({ etcd: etcdOf({}, { members }) }))).toEqual([
    'etcd-leaders-differ etcd: 2 leaders are named',
    'etcd-version-skew etcd: versions 3.4.23, 3.5.9',
  ]);
});

it('an etcd out of reach is one finding, and one that refuses another', () => {
  const away = { code: 'ETCD_UNAVAILABLE', message: 'etcd cannot be reached' };
  expect(short(factsOf({ etcd: away, view: away }))).toEqual([
    'etcd-unreachable etcd: etcd cannot be reached',
  ]);
  const denied = { code: 'ETCD_DENIED', message: 'permission denied' };
  expect(short(factsOf({ view: denied }))).toEqual(['etcd-denied etcd: permission denied']);
});

it('values that nobody can read', () => {
  const { view } = factsOf();
  const unreadable = ['the value of leader in etcd is not JSON'];
  expect(short(factsOf({ view: { ...view, unreadable } as typeof view }))).toEqual([
    'etcd-value-unreadable etcd: the value of leader in etcd is not JSON',
  ]);
});
