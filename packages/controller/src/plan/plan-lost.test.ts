import { hostId, type Project, type Scheduling } from '@nap/shared';
import { containerOf, FakeCluster, mounting, project, service } from '../testing/builders.js';
import { judgeHosts, nextReplacementMs, withLosses } from './host-loss.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';

/** What a file says about a host that is lost: x-nap on_host_loss and on_partition. */

const GRACE = { graceMs: 2_000, brakeShare: 0.5 };

function clusterWith(wanted: Project): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  cluster.lose('host-a');
  return cluster;
}

/** The plan after host-a has been away for so long. */
function planAfter(cluster: FakeCluster, ms: number): string {
  const { view } = cluster;
  const away = judgeHosts(view, { awaySinceMs: new Map([[hostId('host-a'), 0]]) }, ms, GRACE);
  return planStored(withLosses(view, away), 2).map(planText).join('\n');
}

const asking = (scheduling: Scheduling, more = {}): Project =>
  project(service('web', { scheduling, ...more }));

it('waits where the file says so, and a reader is told', () => {
  const cluster = clusterWith(asking({ onHostLoss: 'wait' }));
  expect(planAfter(cluster, 3_600_000)).toBe(
    'note: shop.web.1 waits for host-a, which is away: on_host_loss is wait',
  );
});

describe('a command', () => {
  const command = (cluster: FakeCluster, hasDaemon: boolean) =>
    planProject({ ...cluster.view, hasDaemon }, asking({}), {
      appliedBy: 'a',
      files: [],
      nowMs: 2,
    });

  it('places elsewhere at once where no daemon is at work', () => {
    const plan = command(clusterWith(asking({})), false);
    expect(planText(plan)).toMatch(/^move shop\.web\.1 from host-a/);
  });

  it('leaves that to the daemon, which knows its grace, and says so', () => {
    const cluster = clusterWith(asking({}));
    expect(planText(command(cluster, true))).toMatch(
      /^note: shop\.web\.1 stays on host-a, which is away: nap-controller serve is at work/,
    );
    const { view } = cluster;
    const verdict = judgeHosts(
      view,
      { awaySinceMs: new Map([[hostId('host-a'), 0]]) },
      5_000,
      GRACE,
    );
    const [plan] = planStored(withLosses({ ...view, hasDaemon: true }, verdict), 2);
    expect(plan?.changes.map(({ kind }) => kind)).toEqual(['move']);
  });

  it('empties a host that is drained, away or not', () => {
    const cluster = clusterWith(asking({}));
    cluster.setAvailability('host-a', 'draining');
    expect(planText(command(cluster, true))).toMatch(/^move shop\.web\.1 from host-a/);
  });
});

it('leaves a local volume behind where the file says so', () => {
  const cluster = clusterWith(asking({ onHostLoss: 'move' }, mounting('shop_data')));
  const text = planAfter(cluster, 5_000);
  expect(text).toMatch(/^move shop\.web\.1 from host-a to host-[bc]/);
  expect(text).toContain('the data of shop_data stays behind');
  for (const plan of planStored(cluster.view, 2)) cluster.commit(plan);
  expect(cluster.view.volumes.get('shop_data')?.host).not.toBe('host-a');
});

describe('an instance that must not run twice', () => {
  const container = containerOf({ stopGracePeriodMs: 10_000 });
  const once = asking({ onPartition: { stopAfterMs: 30_000 } }, { container });

  it('tells its agent when to stop it', () => {
    const cluster = clusterWith(once);
    expect(cluster.view.placements[0]?.stopAfterMs).toBe(30_000);
  });

  it('is placed elsewhere only when its agent has stopped it for sure', () => {
    const cluster = clusterWith(once);
    expect(planAfter(cluster, 44_999)).toMatch(/^note: shop\.web\.1 may still run on host-a/);
    expect(planAfter(cluster, 45_000)).toMatch(/^move shop\.web\.1 from host-a/);
  });

  it('its pre-stop hooks may take as long as its program, before it', () => {
    const hooked = { ...container, preStop: [{ command: ['bye'] }] };
    const cluster = clusterWith(
      asking({ onPartition: { stopAfterMs: 30_000 } }, { container: hooked }),
    );
    expect(planAfter(cluster, 54_999)).toMatch(/^note: shop\.web\.1 may still run on host-a/);
    expect(planAfter(cluster, 55_000)).toMatch(/^move shop\.web\.1 from host-a/);
  });

  it('says when to look again', () => {
    const { view } = clusterWith(once);
    const away = judgeHosts(view, { awaySinceMs: new Map([[hostId('host-a'), 0]]) }, 40_000, GRACE);
    expect(nextReplacementMs(withLosses(view, away))).toBe(5_000);
  });

  it('is never placed elsewhere by a command, which has not watched the host', () => {
    const cluster = clusterWith(once);
    const plan = planProject(cluster.view, once, { appliedBy: 'a', files: [], nowMs: 2 });
    expect(plan.changes).toEqual([]);
  });

  it('changes its policy without a restart', () => {
    const cluster = clusterWith(once);
    cluster.revive('host-a');
    const later = asking({ onPartition: { stopAfterMs: 60_000 } }, { container });
    const plan = planProject(cluster.view, later, { appliedBy: 'a', files: [], nowMs: 2 });
    expect(planText(plan)).toContain('the container stays; changed: on_partition');
  });
});

it('a policy for the whole project counts where a service says nothing else', () => {
  const wanted: Project = {
    ...project(service('web'), service('api', { scheduling: { onHostLoss: 'move' } })),
    scheduling: { onHostLoss: 'wait' },
  };
  const cluster = clusterWith(wanted);
  cluster.revive('host-a');
  cluster.lose('host-b');
  const judged = judgeHosts(
    cluster.view,
    { awaySinceMs: new Map([[hostId('host-b'), 0]]) },
    5_000,
    GRACE,
  );
  const text = planStored(withLosses(cluster.view, judged), 2).map(planText).join('\n');
  expect(text).toContain('move shop.api.1 from host-b');
});
