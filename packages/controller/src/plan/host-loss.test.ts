import { hostId } from '@nap/shared';
import { FakeCluster } from '../testing/builders.js';
import { judgeHosts, withLosses, type LossVerdict } from './host-loss.js';

const POLICY = { graceMs: 5_000, brakeShare: 0.5 };
const none: LossVerdict['awaySinceMs'] = new Map();
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
  const later = judgeHosts(view, first.awaySinceMs, 5_999, POLICY);
  expect(later).toMatchObject({ lost: new Set(), wakeInMs: 1 });
  const lost = judgeHosts(view, later.awaySinceMs, 6_000, POLICY);
  expect(lost.lost).toEqual(new Set([a]));
  expect(lost.wakeInMs).toBeUndefined();
});

it('a host that comes back in between begins anew', () => {
  const cluster = five('host-a');
  const first = judgeHosts(cluster.view, none, 0, POLICY);
  cluster.revive('host-a');
  const back = judgeHosts(cluster.view, first.awaySinceMs, 4_000, POLICY);
  cluster.lose('host-a');
  expect(judgeHosts(cluster.view, back.awaySinceMs, 5_000, POLICY)).toMatchObject({
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
  const released = judgeHosts(cluster.view, braked.awaySinceMs, 1_000, POLICY);
  expect(released).toMatchObject({ lost: new Set(), wakeInMs: 34_000 });
  const late = judgeHosts(cluster.view, released.awaySinceMs, 35_000, POLICY);
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
