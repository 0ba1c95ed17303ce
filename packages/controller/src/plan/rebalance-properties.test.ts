import fc from 'fast-check';
import { parseInstanceId, projectName, type InstanceId, type Project } from '@nap/shared';
import {
  anyProject,
  anyState,
  changeHosts,
  emptyCluster,
  type HostStates,
} from '../testing/any-cluster.js';
import type { FakeCluster } from '../testing/builders.js';
import type { Plan } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';
import { planRebalance } from './rebalance.js';
import { strategyOf } from './rebalance-scales.js';

/** What holds of a rebalance whatever has happened before it. */

const anyHistory = fc.record({
  shop: anyProject,
  blog: anyProject.map((it): Project => ({ ...it, name: projectName('blog') })),
  states: fc.array(anyState, { minLength: 1, maxLength: 3 }),
  // What is uneven is so because hosts were not there.
  areAllBack: fc.boolean(),
  maxMoves: fc.constantFrom(1, 2, 3, Infinity, Infinity),
});

interface Outcome {
  readonly before: ClusterView;
  readonly after: ClusterView;
  readonly plans: readonly Plan[];
  readonly cluster: FakeCluster;
  readonly maxMoves: number;
}

const rebalance = (view: ClusterView, maxMoves: number): readonly Plan[] =>
  planRebalance(view, { nowMs: 2, maxMoves });

function play(
  cluster: FakeCluster,
  projects: readonly Project[],
  states: readonly HostStates[],
): void {
  for (const state of states) {
    changeHosts(cluster, state);
    for (const wanted of projects) {
      const made = planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });
      if (made.unplaced.length === 0) cluster.commit(made);
    }
    for (const plan of planStored(cluster.view, 1)) cluster.commit(plan);
  }
}

function holds(check: (outcome: Outcome) => void): void {
  fc.assert(
    fc.property(anyHistory, ({ shop, blog, states, areAllBack, maxMoves }) => {
      const cluster = emptyCluster();
      play(cluster, [shop, blog], states);
      if (areAllBack) play(cluster, [], [{ labels: states[0]?.labels ?? [], states: [] }]);
      const before = cluster.view;
      const plans = rebalance(before, maxMoves);
      for (const plan of plans) cluster.commit(plan);
      check({ before, plans, after: cluster.view, cluster, maxMoves });
    }),
    { numRuns: 100 },
  );
}

const movesOf = (plans: readonly Plan[]): number => plans.flatMap(({ changes }) => changes).length;

it('a second one right after moves nothing', () => {
  holds(({ after, plans, maxMoves }) => {
    // With what the first one had left: what takes several moves at once may not have been among them.
    const left = maxMoves - movesOf(plans);
    if (left > 0) expect(rebalance(after, left).map(planText)).toEqual([]);
  });
});

it('one move after the other comes to an end', () => {
  holds(({ cluster }) => {
    for (let rounds = 0; ; rounds += 1) {
      const plans = rebalance(cluster.view, 1);
      if (plans.length === 0) break;
      expect(movesOf(plans)).toBe(1);
      expect(rounds).toBeLessThan(100);
      for (const plan of plans) cluster.commit(plan);
    }
  });
});

it('nothing moves more often than it may, and nothing else changes', () => {
  holds(({ before, after, plans, maxMoves }) => {
    expect(movesOf(plans)).toBeLessThanOrEqual(maxMoves);
    for (const { unplaced, changes } of plans) {
      expect(unplaced).toEqual([]);
      expect(changes.every(({ kind }) => kind === 'move')).toBe(true);
    }
    expect(instancesOf(after)).toEqual(instancesOf(before));
  });
});

const instancesOf = ({ placements }: ClusterView): readonly InstanceId[] =>
  placements.map(({ instance }) => instance);

const isSettled = ({ changes, unplaced }: Plan): boolean =>
  changes.length === 0 && unplaced.length === 0;

it('what runs well elsewhere stays there: whoever plans next changes nothing that was settled before', () => {
  holds(({ before, after }) => {
    // What waits for a place may have got one: room is made for it.
    if (planStored(before, 3).every(isSettled))
      expect(planStored(after, 3).map(planText).join('')).toBe(
        planStored(before, 3).map(planText).join(''),
      );
  });
});

it('only active hosts that are there give and get', () => {
  holds(({ before, plans }) => {
    for (const change of plans.flatMap(({ changes }) => changes)) {
      if (change.kind !== 'move') continue;
      for (const id of [change.from, change.placement.host]) {
        const host = before.hosts.get(id)!;
        expect([host.isAlive, host.policy.availability]).toEqual([true, 'active']);
      }
      expect(change.placement.mode).toBeUndefined();
    }
  });
});

it('no service that is to be spread has more on its fullest host than before', () => {
  holds(({ before, after }) => {
    for (const { project } of before.projects.values()) {
      for (const service of project.services) {
        if (strategyOf(service, project) !== 'spread' || service.scheduling?.spreadOver) continue;
        const most = (view: ClusterView): number =>
          Math.max(0, ...countsOf(view, project, service.name));
        expect(most(after)).toBeLessThanOrEqual(most(before));
      }
    }
  });
});

function countsOf(
  { placements }: ClusterView,
  { name }: Project,
  service: string,
): readonly number[] {
  const counts = new Map<string, number>();
  for (const { instance, host } of placements) {
    const parts = parseInstanceId(instance);
    if (parts?.project !== name || parts.service !== service) continue;
    counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return [...counts.values()];
}
