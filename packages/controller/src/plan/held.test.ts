import { hostId, projectName, type HostId, type Project, type Scheduling } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { ClusterView } from './cluster-view.js';
import { DocumentCache } from './document-cache.js';
import { judgeHosts, withLosses } from './host-loss.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';

/** What is on a host that is away and is not to be moved, whatever else is asked of that host. */

const GRACE = { graceMs: 2_000, brakeShare: 0.5 };
const CONTEXT = { appliedBy: 'a', files: [], nowMs: 2 };
/** After which it is stopped for sure: 30 s, 10 s for the program and 5 s. */
const STOPPED_AFTER_MS = 45_000;
const a = hostId('host-a');

const db = (scheduling: Scheduling = {}, more = {}): Project =>
  project(
    service('db', {
      scheduling: { onPartition: { stopAfterMs: 30_000 }, ...scheduling },
      container: containerOf({ stopGracePeriodMs: 10_000 }),
      ...more,
    }),
  );

/** Three hosts, and the project on them: its first instance is on host-a. */
function clusterWith(wanted: Project): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  cluster.commit(planProject(cluster.view, wanted, CONTEXT));
  return cluster;
}

/** The view of a daemon when those hosts have been away for so long. */
function after(view: ClusterView, ms: number, ...away: readonly HostId[]): ClusterView {
  const awaySinceMs = new Map(away.map((host) => [host, 0] as const));
  return withLosses(view, judgeHosts(view, { awaySinceMs }, ms, GRACE));
}

const draining = (cluster: FakeCluster): void => {
  cluster.setAvailability('host-a', 'draining');
};

const stored = (view: ClusterView): string => planStored(view, 2).map(planText).join('\n');
const stays = /^note: shop\.db\.1 may still run on host-a/m;
const moves = /^move shop\.db\.1 from host-a/;

describe('what must not run twice waits until its host, which is away, has stopped it for sure', () => {
  it.each([
    ['that is drained', draining],
    [
      'that has lost the label that a constraint asks for',
      (cluster: FakeCluster) => {
        cluster.addHost('host-b', { labels: { disk: 'ssd' } });
        cluster.setAvailability('host-a', 'active', { disk: 'hdd' });
      },
    ],
  ])('on a host %s', (_which, change) => {
    const constraints = [{ key: 'node.labels.disk', operator: '!=', value: 'hdd' } as const];
    const cluster = clusterWith(db({ constraints }));
    cluster.lose('host-a');
    change(cluster);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1, a))).toMatch(stays);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS, a))).toMatch(moves);
  });

  it('whoever drains the host as a command has not watched it, and moves nothing', () => {
    const cluster = clusterWith(db());
    cluster.lose('host-a');
    cluster.setAvailability('host-a', 'draining');
    expect(stored({ ...cluster.view, hasDaemon: true })).toMatch(stays);
  });

  it('also where a new file wants it on another host', () => {
    const cluster = clusterWith(db());
    cluster.lose('host-a');
    const elsewhere = db({
      constraints: [{ key: 'node.hostname', operator: '!=', value: 'host-a' }],
    });
    const plan = planProject(cluster.view, elsewhere, CONTEXT);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(['store-project']);
    cluster.commit(plan);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS, a))).toMatch(moves);
  });

  it('a file that lets it run twice from now on is too late for what its agent was told', () => {
    const cluster = clusterWith(db());
    cluster.lose('host-a');
    const loose = project(
      service('db', { container: containerOf({ stopGracePeriodMs: 10_000 }), scheduling: {} }),
    );
    for (let time = 0; time < 2; time += 1) {
      const plan = planProject(cluster.view, loose, CONTEXT);
      expect(planText(plan)).toMatch(stays);
      cluster.commit(plan);
      expect(cluster.view.placements[0]?.stopAfterMs).toBe(30_000);
    }
    expect(planProject(cluster.view, loose, CONTEXT).changes).toEqual([]);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS, a))).toMatch(moves);
    cluster.revive('host-a');
    cluster.commit(planProject(cluster.view, loose, CONTEXT));
    expect(cluster.view.placements[0]).toMatchObject({ host: 'host-a' });
    expect(cluster.view.placements[0]?.stopAfterMs).toBeUndefined();
  });

  it('of a drain that had begun: nothing is taken back, and it moves afterwards', () => {
    const cluster = clusterWith(db());
    cluster.setAvailability('host-a', 'draining');
    for (const plan of planStored(cluster.view, 1)) cluster.commit(plan);
    expect(cluster.view.placements[0]).toMatchObject({ host: 'host-a', wanted: 'removed' });
    cluster.lose('host-a');
    expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1, a))).toMatch(stays);
    const changes = planStored(after(cluster.view, 0, a), 2).flatMap((plan) => plan.changes);
    expect(changes).toEqual([]);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS, a))).toMatch(moves);
  });

  it('also where its data may be left behind', () => {
    const mounts = [{ type: 'volume', name: 'shop_data', target: '/data' } as const];
    const container = containerOf({ stopGracePeriodMs: 10_000, mounts });
    const cluster = clusterWith(db({ onHostLoss: 'move' }, { container }));
    draining(cluster);
    cluster.lose('host-a');
    expect(stored(after(cluster.view, STOPPED_AFTER_MS - 1, a))).not.toMatch(moves);
    expect(stored(after(cluster.view, STOPPED_AFTER_MS, a))).toMatch(moves);
  });

  it('its agent has said that it is gone: nobody waits', () => {
    const cluster = clusterWith(db());
    cluster.setAvailability('host-a', 'draining');
    for (const plan of planStored(cluster.view, 1)) cluster.commit(plan);
    cluster.report(cluster.view.placements[0]!, { state: 'removed' });
    cluster.lose('host-a');
    expect(stored(after(cluster.view, GRACE.graceMs, a))).toMatch(moves);
  });

  it('what belongs to it from now on and runs elsewhere does not come to a host that is away', () => {
    const web = service('web');
    const cluster = clusterWith({ ...db(), services: [...db().services, web] });
    cluster.lose('host-a');
    const container = containerOf({ network: { service: db().services[0]!.name } });
    const tied = { ...db(), services: [...db().services, { ...web, container }] };
    const plan = planProject(cluster.view, tied, CONTEXT);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(['store-project']);
    expect(plan.unplaced.map(({ reason }) => reason)).toEqual(
      Array.from(
        { length: 2 },
        () => expect.stringContaining('shop.db.1 may still run on host-a') as string,
      ),
    );
  });
});

describe('while most hosts are away nothing leaves them', () => {
  const web = project(service('web', { replicas: 3 }));
  const documents = new DocumentCache();

  function braked(wanted: Project): { cluster: FakeCluster; view: () => ClusterView } {
    const cluster = clusterWith(wanted);
    cluster.lose('host-a');
    cluster.lose('host-b');
    return { cluster, view: () => after(cluster.viewWith(documents), 60_000, a, hostId('host-b')) };
  }

  it('not for a drain', () => {
    const { cluster, view } = braked(web);
    cluster.setAvailability('host-a', 'draining');
    expect(view().brake).toBeDefined();
    const plans = planStored(view(), 2);
    expect(plans.flatMap((plan) => plan.changes)).toEqual([]);
    expect(plans.map(planText).join('\n')).toContain(
      'shop.web.1 stays on host-a, which is draining: it is away',
    );
  });

  it('not for a constraint that does not hold any more', () => {
    const { view } = braked(web);
    const constraints = [{ key: 'node.hostname', operator: '==', value: 'host-c' } as const];
    const only = project(service('web', { replicas: 3, scheduling: { constraints } }));
    const { changes } = planProject(view(), only, CONTEXT);
    expect(changes.map(({ kind }) => kind)).toEqual(['store-project']);
  });

  it('when it is over they are emptied, as ever', () => {
    const { cluster, view } = braked(web);
    cluster.setAvailability('host-a', 'draining');
    // As for a daemon, which reads the same documents and plans the same project again and again.
    const { project: known } = cluster.view.projects.get(projectName('shop'))!;
    const plan = (seen: ClusterView): string => planText(planProject(seen, known, CONTEXT));
    expect(plan(view())).not.toMatch(/^move/m);
    cluster.revive('host-a');
    cluster.revive('host-b');
    expect(plan(after(cluster.viewWith(documents), 0))).toMatch(/^move shop\.web\.1 from host-a/m);
  });
});
