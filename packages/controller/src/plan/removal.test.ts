import { hostId, keys, projectName, type Project } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { judgeHosts, withLosses } from './host-loss.js';
import { planDown } from './plan-down.js';
import { planForget } from './plan-forget.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';

/** What must not run twice is taken away, and wanted again. */

const CONTEXT = { appliedBy: 'a', files: [], nowMs: 2 };
/** After which it is stopped for sure: 30 s, 10 s for the program and 5 s. */
const STOPPED_AFTER_MS = 45_000;
const SHOP = projectName('shop');
const a = hostId('host-a');

const db = (replicas: number): Project =>
  project(
    service('db', {
      replicas,
      scheduling: { onPartition: { stopAfterMs: 30_000 } },
      container: containerOf({ stopGracePeriodMs: 10_000 }),
    }),
  );

/** The view of a daemon when host-a has been away for so long. */
function after(view: ClusterView, ms: number): ClusterView {
  const awaySinceMs = new Map([[a, 0] as const]);
  return withLosses(view, judgeHosts(view, { awaySinceMs }, ms));
}

const scaled = (view: ClusterView, replicas: number): Plan =>
  planProject(view, db(replicas), CONTEXT);
const down = (view: ClusterView): Plan => planDown(view, SHOP, { removeVolumes: false, nowMs: 2 });
const stored = (view: ClusterView): string => planStored(view, 2).map(planText).join('\n');
const where = ({ view }: FakeCluster): readonly string[] =>
  view.placements.map(({ instance, host, wanted }) => `${instance} ${host} ${wanted}`);

function running(): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  cluster.commit(scaled(cluster.view, 1));
  expect(where(cluster)).toEqual(['shop.db.1 host-a running']);
  return cluster;
}

const WAYS: readonly (readonly [string, (view: ClusterView) => Plan])[] = [
  ['its service is scaled down', (view) => scaled(view, 0)],
  ['its service has left the file', (view) => planProject(view, project(), CONTEXT)],
  ['its project is taken down', down],
];

describe.each(WAYS)('%s', (_way, takeAway) => {
  it.each([true, false])(
    'wanted again it is where it may still run; its host was away: %s',
    (isAway) => {
      const cluster = running();
      if (isAway) cluster.lose('host-a');
      const plan = takeAway(cluster.view);
      expect(planText(plan)).toContain('remove shop.db.1 from host-a');
      cluster.commit(plan);
      // The host may have been cut off when it looked as if it were there.
      cluster.lose('host-a');
      cluster.commit(scaled(cluster.view, 1));
      expect(where(cluster)).toEqual(['shop.db.1 host-a running']);
      expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1))).toMatch(/may still run on host-a/);
      expect(stored(after(cluster.view, STOPPED_AFTER_MS))).toMatch(
        /^move shop\.db\.1 from host-a/,
      );
    },
  );

  it('it is forgotten when its agent has said that it is gone', () => {
    const cluster = running();
    cluster.commit(takeAway(cluster.view));
    expect(where(cluster)).toEqual(['shop.db.1 host-a removed']);
    expect(stored(cluster.view)).not.toMatch(/db/);
    cluster.report(cluster.view.placements[0]!, { state: 'removed' });
    expect(stored(cluster.view)).toMatch(/^remove shop\.db\.1 from host-a/);
    for (const plan of planStored(cluster.view, 2)) cluster.commit(plan);
    expect(where(cluster)).toEqual([]);
  });

  it('it is forgotten when its host has been away for so long that it is stopped for sure', () => {
    const cluster = running();
    cluster.commit(takeAway(cluster.view));
    cluster.lose('host-a');
    expect(stored(cluster.view)).not.toMatch(/^remove/m);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1))).not.toMatch(/^remove/m);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS))).toMatch(
      /^remove shop\.db\.1 from host-a/m,
    );
  });
});

it('while most hosts are away nothing of it is forgotten', () => {
  const cluster = running();
  cluster.commit(scaled(cluster.view, 0));
  cluster.lose('host-a');
  cluster.lose('host-b');
  expect(stored(after(cluster.view, 3_600_000))).not.toMatch(/^remove/m);
});

it('what was to leave its host before it comes to another one, and is wanted no more, is not forgotten before it is gone', () => {
  const cluster = running();
  cluster.setAvailability('host-a', 'draining');
  for (const plan of planStored(cluster.view, 1)) cluster.commit(plan);
  expect(cluster.view.placements).toMatchObject([{ host: a, wanted: 'removed' }]);
  cluster.commit(scaled(cluster.view, 0));
  expect(cluster.view.placements).toMatchObject([{ host: a, wanted: 'removed' }]);
  expect(cluster.view.placements[0]).not.toHaveProperty('yieldsTo');
  cluster.commit(scaled(cluster.view, 1));
  expect(where(cluster)).toEqual(['shop.db.1 host-a removed']);
  cluster.report(cluster.view.placements[0]!, { state: 'removed' });
  cluster.commit(scaled(cluster.view, 1));
  expect(where(cluster)).toEqual(['shop.db.1 host-b running']);
});

it('that it was removed from there before is no answer', () => {
  const cluster = running();
  cluster.report(cluster.view.placements[0]!, { state: 'removed' });
  cluster.commit(scaled(cluster.view, 0));
  expect(cluster.entries.has(keys.report(cluster.view.placements[0]!.instance))).toBe(false);
  expect(stored(cluster.view)).not.toMatch(/^remove/m);
});

it('nor is what another host says', () => {
  const cluster = running();
  cluster.commit(down(cluster.view));
  const [placement] = cluster.view.placements;
  cluster.report({ ...placement!, host: hostId('host-b') }, { state: 'removed' });
  expect(planForget(cluster.view, SHOP).changes).toEqual([]);
});

it('a host that was taken out has nothing of it', () => {
  const cluster = running();
  cluster.commit(down(cluster.view));
  const hosts = new Map([...cluster.view.hosts].filter(([id]) => id !== a));
  expect(stored({ ...cluster.view, hosts })).toMatch(/^remove shop\.db\.1 from host-a/);
});

it('without volumes to be dropped the home of its data is kept', () => {
  const cluster = new FakeCluster('host-a', 'host-b');
  const mounts = [{ type: 'volume', name: 'shop_data', target: '/data' } as const];
  const [one] = db(1).services;
  const wanted = project({ ...one!, container: containerOf({ mounts }) });
  cluster.commit(planProject(cluster.view, wanted, CONTEXT));
  cluster.commit(down(cluster.view));
  cluster.report(cluster.view.placements[0]!, { state: 'removed' });
  for (const plan of planStored(cluster.view, 2)) cluster.commit(plan);
  expect(where(cluster)).toEqual([]);
  expect(cluster.view.volumes.get('shop_data')?.host).toBe('host-a');
});

it('what may run twice is taken away at once', () => {
  const cluster = new FakeCluster('host-a');
  cluster.commit(planProject(cluster.view, project(service('web')), CONTEXT));
  cluster.commit(planProject(cluster.view, project(), CONTEXT));
  expect(where(cluster)).toEqual([]);
});

it('a shorter time to stop that comes while its host is away does not shorten the wait', () => {
  const cluster = running();
  cluster.lose('host-a');
  const [one] = db(1).services;
  const shorter = project({ ...one!, container: containerOf({ stopGracePeriodMs: 1_000 }) });
  for (let time = 0; time < 2; time += 1) {
    cluster.commit(planProject(cluster.view, shorter, CONTEXT));
    expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1))).toMatch(/may still run on host-a/);
  }
  expect(stored(after(cluster.view, STOPPED_AFTER_MS))).toMatch(/^move shop\.db\.1 from host-a/m);
});
