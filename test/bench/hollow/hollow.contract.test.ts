import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { since, sum, type Counts } from './counted-store.js';
import { readLoad } from './etcd-load.js';
import { HollowHost } from './hollow-host.js';
import { Operator } from './operator.js';
import { filler, NEAR, NEAR_HOSTS, PROJECT_SIZE } from './projects.js';
import { waitUntilRegistered, waitUntilRunning } from './waits.js';

/** A small hollow cluster: what a change costs, counted exactly. Nothing of it is done again by a timer within the test. */

const LOOKS_MAX = 10;
const QUIET_MS = 600_000;
const CHANGED_SIZE = 2 * NEAR_HOSTS;

class HollowCluster {
  readonly hosts: readonly HollowHost[];
  readonly operator: Operator;

  constructor(etcd: EtcdCluster, count: number) {
    this.operator = new Operator(etcd.endpoints);
    this.hosts = Array.from(
      { length: count },
      (_, index) =>
        new HollowHost({
          ...{ endpoints: etcd.endpoints, index },
          group: index < NEAR_HOSTS ? NEAR : 'far',
          ...{ leaseTtlS: 30, resyncMs: QUIET_MS },
          onFatal: (err) => {
            throw err;
          },
        }),
    );
  }

  /** With a project of thirty everywhere, and the one that is changed on its few hosts. */
  async fill(): Promise<void> {
    for (const host of this.hosts) await host.start();
    await waitUntilRegistered(this.operator.store, this.hosts.length, 20_000);
    await this.operator.fill([filler(0), filler(1)]);
    await this.running(2 * PROJECT_SIZE);
    await this.operator.change(NEAR_HOSTS, 1);
    await this.running(2 * PROJECT_SIZE + CHANGED_SIZE);
  }

  running(instances: number): Promise<void> {
    return waitUntilRunning(this.operator.store, { instances, withinMs: 20_000, everyMs: 50 });
  }

  /** What was asked of etcd by the hosts that run the changed project and by all others, once nothing moves any more. */
  async costs(change: () => Promise<void>): Promise<{ near: Counts; far: Counts }> {
    const before = await this.settled();
    await change();
    const after = await this.settled();
    const total = (from: number, to?: number): Counts =>
      since(sum(before.slice(from, to)), sum(after.slice(from, to)));
    return { near: total(0, NEAR_HOSTS), far: total(NEAR_HOSTS) };
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.operator.close();
  }

  /** Checks are written up to a second after what they are about. */
  private async settled(): Promise<readonly Counts[]> {
    const look = (): readonly Counts[] => this.hosts.map(({ counts }) => structuredClone(counts));
    let last = look();
    for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const now = look();
      if (JSON.stringify(now) === JSON.stringify(last)) return now;
      last = now;
    }
    throw new Error('the cluster does not settle');
  }
}

const NOTHING = { commits: 0, snapshots: 0, mirrors: 0, nudges: 0, writes: {} };

/** What scaling a service by one costs in a cluster of so many hosts. */
async function costsIn(count: number): Promise<{ readonly near: Counts; readonly far: Counts }> {
  const etcd = await startEtcd();
  const cluster = new HollowCluster(etcd, count);
  try {
    await cluster.fill();
    return await cluster.costs(() => cluster.operator.scale(NEAR_HOSTS + 1));
  } finally {
    await cluster.close();
    await etcd.close();
  }
}

it('a change costs what has changed: hosts without the project hear and write nothing, the others as much in any cluster', async () => {
  const [ten, twenty] = [await costsIn(10), await costsIn(20)];
  expect([ten.far, twenty.far]).toEqual([NOTHING, NOTHING]);
  // Its name and its report, and on each host of the project what its hosts files were verified against.
  expect(twenty.near.writes).toEqual({ names: 1, reports: 1, checks: NEAR_HOSTS });
  expect(twenty.near).toEqual(ten.near);
}, 120_000);

it('an agent has one stream of watches, however many projects its host has', async () => {
  const etcd = await startEtcd();
  const cluster = new HollowCluster(etcd, 6);
  try {
    await cluster.fill();
    const { watchers, watchStreams } = await readLoad(etcd.first.metricsUrl);
    expect(watchStreams).toBe(6);
    // Its placements, two projects that are everywhere, and the one that is on some.
    expect(watchers).toBe(6 * 3 + NEAR_HOSTS);
  } finally {
    await cluster.close();
    await etcd.close();
  }
}, 60_000);
