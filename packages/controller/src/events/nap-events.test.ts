import { hostId, hostSessionCodec, keys } from '@nap/shared';
import { planProject } from '../plan/index.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { napEvents, type Happening } from './nap-events.js';

type Entries = Parameters<typeof napEvents>[0];

const entriesOf = ({ entries }: FakeCluster): Entries =>
  new Map([...entries].map(([key, value]) => [key, { key, value }]));
const texts = (happenings: readonly Happening[]): readonly string[] =>
  happenings.map(({ kind, action, host, instance, message }) =>
    [kind, action, host, instance, message].join(' '),
  );

it('tells of placements, reports and hosts as they change, and of nothing else', () => {
  const cluster = new FakeCluster('host-a');
  const empty = entriesOf(cluster);
  const context = { appliedBy: 'alice', files: [], nowMs: 0 };
  const plan = planProject(cluster.view, project(service('web')), context);
  cluster.commit(plan);
  const placed = entriesOf(cluster);
  expect(texts(napEvents(empty, placed, 7))).toEqual([
    expect.stringMatching(/^placement place host-a shop\.web\.1 /) as string,
  ]);
  const [placement] = cluster.view.placements;
  if (placement === undefined) throw new Error('nothing is placed');
  cluster.report(placement, { state: 'running', health: 'starting', startedAtMs: 0 });
  const started = entriesOf(cluster);
  cluster.report(placement, { state: 'running', health: 'healthy', startedAtMs: 0 });
  const healthy = entriesOf(cluster);
  expect(texts(napEvents(placed, started, 7))).toEqual([
    'report running (starting) host-a shop.web.1 ',
  ]);
  expect(texts(napEvents(started, healthy, 7))).toEqual([
    'report running (healthy) host-a shop.web.1 ',
  ]);
  expect(napEvents(healthy, healthy, 7)).toEqual([]);
  cluster.lose('host-a');
  expect(napEvents(healthy, entriesOf(cluster), 7)).toEqual([
    {
      ...{ atMs: 7, source: 'nap', kind: 'host', action: 'away', host: 'host-a' },
      ...{ instance: undefined, message: 'its agent holds no lease any more' },
    },
  ]);
});

it('a session that is put again is no news, and what cannot be read is passed over', () => {
  const key = keys.hostSession(hostId('host-a'));
  const put = (startedAtMs: number): Entries =>
    new Map([[key, { key, value: hostSessionCodec.encode({ startedAtMs }) }]]);
  expect(napEvents(put(1), put(2), 7)).toEqual([]);
  expect(napEvents(new Map(), new Map([[key, { key, value: '{"v":99}' }]]), 7)).toEqual([]);
});
