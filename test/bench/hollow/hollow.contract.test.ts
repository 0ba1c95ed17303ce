import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { since, sum, type Counts } from './counted-store.js';
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

describe.each([10, 20])('a cluster of %d hollow hosts', (count) => {
  let etcd: EtcdCluster;
  let cluster: HollowCluster;

  beforeAll(async () => {
    etcd = await startEtcd();
    cluster = new HollowCluster(etcd, count);
    await cluster.fill();
  }, 60_000);

  afterAll(async () => {
    await cluster.close();
    await etcd.close();
  }, 30_000);

  it('a service that is scaled: hosts without the project hear and say nothing, the others as much in every cluster', async () => {
    const { near, far } = await cluster.costs(() => cluster.operator.scale(NEAR_HOSTS + 1));
    expect(far).toEqual(NOTHING);
    console.log(count, near);
  }, 30_000);

  it('a service whose environment changes: the same', async () => {
    const { near, far } = await cluster.costs(() => cluster.operator.change(NEAR_HOSTS + 1, 2));
    expect(far).toEqual(NOTHING);
    console.log(count, near);
  }, 30_000);
});
