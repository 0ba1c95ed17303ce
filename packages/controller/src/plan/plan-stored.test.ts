import { hostId, projectName, type Project } from '@nap/shared';
import { FakeCluster, mounting, project, published, service } from '../testing/builders.js';
import { blocking } from './change.js';
import { judgeHosts, withLosses } from './host-loss.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';

const blog = projectName('blog');

function apply(cluster: FakeCluster, wanted: Project): void {
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
}

const moves = (cluster: FakeCluster): string =>
  planStored(cluster.view, 2)
    .filter(({ changes }) => changes.length > 0)
    .map(planText)
    .join('\n');

it('changes nothing while all is as it was applied', () => {
  const cluster = new FakeCluster('host-a', 'host-b');
  apply(cluster, project(service('web', { replicas: 3 }), service('db', mounting('shop_data'))));
  cluster.addHost('host-c');
  expect(moves(cluster)).toBe('');
});

it('moves what a lost host ran, of every project, and nothing else', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  apply(cluster, project(service('web', { replicas: 3 })));
  apply(cluster, { ...project(service('api')), name: blog });
  cluster.lose('host-a');
  expect(moves(cluster)).toMatch(
    /^move shop\.web\.1 from host-a to host-[bc]: .*\nmove blog\.api\.1 from host-a to host-[bc]: .*$/,
  );
});

it('leaves what holds data where the data is, and says so', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  apply(cluster, project(service('db', mounting('shop_data'))));
  cluster.lose('host-a');
  const [plan] = planStored(cluster.view, 2);
  expect(plan?.changes).toEqual([]);
  expect(plan?.notes.join()).toContain('volume shop_data is there');
});

it('two projects that both have to move do not count on one port of one host', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  cluster.setAvailability('host-c', 'paused');
  apply(cluster, project(service('web', published(80))));
  cluster.setAvailability('host-c', 'active');
  cluster.setAvailability('host-b', 'paused');
  apply(cluster, { ...project(service('web', published(81))), name: blog });
  cluster.setAvailability('host-b', 'active');
  cluster.lose('host-a');
  const plans = planStored(cluster.view, 2);
  expect(plans.flatMap(({ unplaced }) => unplaced)).toEqual([]);
});

it('what fits nowhere stays placed, and is named', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  apply(cluster, project(service('web', { ...published(80), replicas: 3 })));
  cluster.lose('host-a');
  const [plan] = planStored(cluster.view, 2);
  expect(plan?.changes).toEqual([]);
  expect(plan?.unplaced).toMatchObject([{ instance: 'shop.web.1' }]);
});

it.each([
  [
    'is away',
    (cluster: FakeCluster) => {
      cluster.lose('host-a');
    },
  ],
  [
    'is drained',
    (cluster: FakeCluster) => {
      cluster.setAvailability('host-a', 'draining');
    },
  ],
])('what is on a host that %s, and fits nowhere else, holds nothing else up', (_how, change) => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  const web = service('web', { ...published(80), replicas: 3 });
  apply(cluster, project(web));
  change(cluster);
  const made = planProject(cluster.view, project(web, service('api')), {
    appliedBy: 'a',
    files: [],
    nowMs: 2,
  });
  expect(made.unplaced).toMatchObject([{ instance: 'shop.web.1', staysOn: 'host-a' }]);
  expect(blocking(made.unplaced)).toEqual([]);
  expect(made.changes.map(({ kind }) => kind)).toEqual(['store-project', 'place']);
  expect(planText(made)).toMatch(/^note: shop\.web\.1 stays on host-a, and fits nowhere else: /m);
  // One more has nowhere to run at all.
  const more = planProject(cluster.view, project({ ...web, replicas: 4 }), {
    appliedBy: 'a',
    files: [],
    nowMs: 2,
  });
  expect(blocking(more.unplaced)).toMatchObject([{ instance: 'shop.web.4' }]);
});

it('a drained host ends empty', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  apply(cluster, project(service('web', { replicas: 6 }), service('agent', { mode: 'global' })));
  cluster.setAvailability('host-b', 'draining');
  for (const plan of planStored(cluster.view, 2)) cluster.commit(plan);
  expect(cluster.view.placements.filter(({ host }) => host === hostId('host-b'))).toEqual([]);
  expect(moves(cluster)).toBe('');
});

it('a host that is away for a moment keeps what it ran', () => {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  apply(cluster, project(service('web', { replicas: 3 })));
  cluster.lose('host-a');
  const { view } = cluster;
  const verdict = judgeHosts(view, { awaySinceMs: new Map() }, 0, {
    graceMs: 5_000,
    brakeShare: 0.5,
  });
  expect(planStored(withLosses(view, verdict), 2).flatMap(({ changes }) => changes)).toEqual([]);
});
