import { hostId, type HostId } from '@nap/shared';
import { FakeCluster } from '../testing/builders.js';
import {
  DEFAULT_LOSS_POLICY,
  isRenewedLately,
  judgeHosts,
  shortestTtlMs,
  withLosses,
  type LossMemory,
  type LossPolicy,
} from './host-loss.js';

const POLICY = { graceMs: 5_000, brakeShare: 0.5 };
const none: LossMemory = { awaySinceMs: new Map() };
const a = hostId('host-a');

function five(...away: readonly string[]): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c', 'host-d', 'host-e');
  for (const host of away) cluster.lose(host);
  return cluster;
}

it('a host is lost once it has been away for the grace, and not before', () => {
  const { view } = five('host-a');
  const first = judgeHosts(view, none, 1_000, POLICY);
  expect(first).toMatchObject({ lost: new Set(), wakeInMs: 5_000 });
  const later = judgeHosts(view, first, 5_999, POLICY);
  expect(later).toMatchObject({ lost: new Set(), wakeInMs: 1 });
  const lost = judgeHosts(view, later, 6_000, POLICY);
  expect(lost.lost).toEqual(new Set([a]));
  expect(lost.wakeInMs).toBeUndefined();
});

it('a host that comes back in between begins anew', () => {
  const cluster = five('host-a');
  const first = judgeHosts(cluster.view, none, 0, POLICY);
  cluster.revive('host-a');
  const back = judgeHosts(cluster.view, first, 4_000, POLICY);
  cluster.lose('host-a');
  expect(judgeHosts(cluster.view, back, 5_000, POLICY)).toMatchObject({
    lost: new Set(),
    wakeInMs: 5_000,
  });
});

it('a controller that takes over waits for the whole grace once more', () => {
  expect(judgeHosts(five('host-a').view, none, 1_000_000, POLICY).wakeInMs).toBe(5_000);
});

it('nothing moves while more than half of the hosts are away, and says why', () => {
  const two = judgeHosts(five('host-a', 'host-b').view, none, 0, { ...POLICY, graceMs: 0 });
  expect(two.lost.size).toBe(2);
  const three = judgeHosts(five('host-a', 'host-b', 'host-c').view, none, 0, {
    ...POLICY,
    graceMs: 0,
  });
  expect(three.lost.size).toBe(0);
  expect(three.brake).toMatch(/^3 of 5 hosts are away \(host-a, host-b, host-c\)/);
});

it('those that come back later than others after a brake are given the time for it', () => {
  const cluster = five('host-a', 'host-b', 'host-c');
  const braked = judgeHosts(cluster.view, none, 0, POLICY);
  cluster.revive('host-a');
  const released = judgeHosts(cluster.view, braked, 1_000, POLICY);
  expect(released).toMatchObject({ lost: new Set(), wakeInMs: 34_000 });
  const late = judgeHosts(cluster.view, released, 35_000, POLICY);
  expect(late.lost.size).toBe(2);
});

it('one of two may be lost, and the only one may not', () => {
  const policy = { graceMs: 0, brakeShare: 0.5 };
  const two = new FakeCluster('host-a', 'host-b');
  two.lose('host-a');
  expect(judgeHosts(two.view, none, 0, policy).lost).toEqual(new Set([a]));
  const one = new FakeCluster('host-a');
  one.lose('host-a');
  expect(judgeHosts(one.view, none, 0, policy).brake).toBeDefined();
});

it('the planner sees a host that is away without being lost as one that keeps what it has', () => {
  const { view } = five('host-a');
  const verdict = judgeHosts(view, none, 0, POLICY);
  expect(withLosses(view, verdict).hosts.get(a)).toMatchObject({ isAlive: false, isLost: false });
});

describe('where all others have proven to be well', () => {
  const well = (atMs: number, ...hosts: readonly string[]): ReadonlyMap<HostId, number> =>
    new Map(hosts.map((host) => [hostId(host), atMs]));
  const others = ['host-b', 'host-c', 'host-d', 'host-e'] as const;

  it('a host is lost at once, and asks for the proof before', () => {
    const { view } = five('host-a');
    const first = judgeHosts(view, none, 1_000, POLICY);
    expect(first.unproven).toEqual(others);
    const proven = judgeHosts(view, { ...first, wellAtMs: well(1_000, ...others) }, 1_050, POLICY);
    expect(proven).toMatchObject({ lost: new Set([a]), unproven: [] });
    expect(proven.wakeInMs).toBeUndefined();
  });

  it('one that has not, or a proof as old as the grace, keeps it waiting', () => {
    const { view } = five('host-a');
    const first = judgeHosts(view, none, 1_000, POLICY);
    const three = { ...first, wellAtMs: well(1_000, 'host-b', 'host-c', 'host-d') };
    expect(judgeHosts(view, three, 1_100, POLICY)).toMatchObject({
      ...{ lost: new Set(), wakeInMs: 4_900, unproven: ['host-e'] },
    });
    const memory = { ...none, wellAtMs: well(1_000, ...others) };
    expect(judgeHosts(view, memory, 6_001, POLICY).unproven).toEqual(others);
  });

  it('several that are away are lost at once, and too many are not', () => {
    const memory = { ...none, wellAtMs: well(0, ...others) };
    expect(judgeHosts(five('host-a', 'host-b').view, memory, 0, POLICY).lost.size).toBe(2);
    const three = judgeHosts(five('host-a', 'host-b', 'host-c').view, memory, 0, POLICY);
    expect(three).toMatchObject({ lost: new Set(), unproven: [] });
    expect(three.brake).toBeDefined();
  });

  it('what a brake has held back is given its time all the same', () => {
    const cluster = five('host-a', 'host-b', 'host-c');
    const braked = judgeHosts(cluster.view, none, 0, POLICY);
    cluster.revive('host-a');
    const memory = { ...braked, wellAtMs: well(1_000, 'host-a', 'host-d', 'host-e') };
    const released = judgeHosts(cluster.view, memory, 1_000, POLICY);
    expect(released).toMatchObject({ lost: new Set(), wakeInMs: 34_000, unproven: [] });
  });

  it('a grace that an operator has asked for is waited for', () => {
    const memory = { ...none, wellAtMs: well(0, ...others) };
    const fixed = judgeHosts(five('host-a').view, memory, 0, { ...POLICY, isGraceFixed: true });
    expect(fixed).toMatchObject({ lost: new Set(), wakeInMs: 5_000, unproven: [] });
  });

  it('a host that goes down on purpose is waited for: the others may follow', () => {
    const cluster = five();
    cluster.addHost('host-a', { goingDown: { kind: 'reboot', atMs: 0 } });
    cluster.lose('host-a');
    const memory = { ...none, wellAtMs: well(0, ...others) };
    expect(judgeHosts(cluster.view, memory, 0, POLICY)).toMatchObject({
      ...{ lost: new Set(), wakeInMs: 5_000, unproven: [] },
    });
  });

  it('where there is no other, nobody is', () => {
    const one = new FakeCluster('host-a');
    one.lose('host-a');
    expect(judgeHosts(one.view, none, 0, { ...POLICY, brakeShare: 1 }).lost.size).toBe(0);
  });
});

it('a lease that was renewed within the last four seconds tells so in whole seconds', () => {
  const isWell = (leftMs: number, ttlMs: number, shortestMs = ttlMs): boolean =>
    isRenewedLately({ leftMs, ttlMs }, shortestMs);
  expect(isWell(10_000, 10_000)).toBe(true);
  expect(isWell(6_000, 10_000)).toBe(true);
  expect(isWell(5_000, 10_000)).toBe(false);
  // As two that vanished at one moment, when the first of their short leases ends.
  expect(isWell(0, 2_000)).toBe(false);
  expect(isWell(55_000, 60_000)).toBe(false);
  // Beside a lease of 2 s that has just ended: the two may have vanished 1.8 s ago.
  expect(isWell(8_000, 10_000, 2_000)).toBe(false);
  expect(isWell(9_000, 10_000, 2_000)).toBe(true);
});

describe('with leases of other lengths', () => {
  /** host-a is away, and the leases of all last so long, in seconds, in the order of their names. */
  function leased(...ttls: readonly number[]): FakeCluster {
    const cluster = new FakeCluster();
    for (const [at, leaseTtlS] of ttls.entries()) {
      cluster.addHost(`host-${'abcde'[at]}`, { leaseTtlS });
    }
    cluster.lose('host-a');
    return cluster;
  }
  const graceOf = (policy: LossPolicy, ...ttls: readonly number[]): number | undefined =>
    judgeHosts(leased(...ttls).view, none, 0, policy).wakeInMs;

  it('the grace lasts until those have ended, too, that vanished at the same moment', () => {
    expect(graceOf(DEFAULT_LOSS_POLICY, 2, 2, 2)).toBe(1_500);
    expect(graceOf(DEFAULT_LOSS_POLICY, 10, 10, 10)).toBe(1_500);
    expect(graceOf(DEFAULT_LOSS_POLICY, 60, 60, 60)).toBe(6_500);
    expect(graceOf(DEFAULT_LOSS_POLICY, 120, 120, 120)).toBe(12_500);
    // Its lease was renewed 2 s before it ended, and 0.2 s before it vanished at most.
    expect(graceOf(DEFAULT_LOSS_POLICY, 2, 10, 10)).toBe(8_700);
    expect(graceOf(DEFAULT_LOSS_POLICY, 10, 2, 60)).toBe(51_500);
    expect(graceOf(DEFAULT_LOSS_POLICY, 60, 10, 10)).toBe(6_500);
  });

  it('a grace that an operator has asked for is as long as that, and a command has none', () => {
    expect(graceOf({ ...DEFAULT_LOSS_POLICY, isGraceFixed: true }, 60, 60, 60)).toBe(1_500);
    const { view } = leased(60, 60, 60);
    const command = judgeHosts(view, none, 0, { ...DEFAULT_LOSS_POLICY, graceMs: 0 });
    expect(command.lost).toEqual(new Set([a]));
  });

  it('the shortest bounds what counts as a proof', () => {
    expect(shortestTtlMs(leased(60, 2, 10).view)).toBe(2_000);
    expect(shortestTtlMs(new FakeCluster('host-a').view)).toBe(10_000);
  });
});
