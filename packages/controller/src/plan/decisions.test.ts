import { LIMITS, projectName } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { planProject } from './plan-project.js';

const decided = (cluster: FakeCluster): readonly string[] =>
  (cluster.view.placements[0]?.decisions ?? []).map(
    ({ atMs, kind, host, reason }) => `${atMs} ${kind} ${host}: ${reason}`,
  );

function apply(cluster: FakeCluster, nowMs: number, image = 'busybox'): void {
  const wanted = project(service('web', { container: containerOf({ image }) }));
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs }));
}

describe('the decisions about an instance', () => {
  it('are kept with its placement, through a move and a new spec', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster, 1);
    apply(cluster, 2, 'busybox:2');
    cluster.setAvailability('host-a', 'draining');
    apply(cluster, 3, 'busybox:2');
    expect(decided(cluster)).toEqual([
      expect.stringMatching(/^1 placed host-a: spread: 2 of 2 hosts fit/),
      '2 recreated host-a: changed: image',
      expect.stringMatching(/^3 moved host-b: moved from host-a, which is draining; spread/),
    ]);
  });

  it('are no reason to write: the same file again changes nothing', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, 1);
    const before = new Map(cluster.entries);
    apply(cluster, 2);
    expect(cluster.entries).toEqual(before);
  });

  it('are bounded, the newest stay', () => {
    const cluster = new FakeCluster('host-a');
    const count = LIMITS.decisionsPerInstance + 3;
    for (let at = 1; at <= count; at += 1) apply(cluster, at, `busybox:${at}`);
    expect(decided(cluster)).toHaveLength(LIMITS.decisionsPerInstance);
    expect(decided(cluster).at(-1)).toBe(`${count} recreated host-a: changed: image`);
  });

  it('begin anew when the instance was gone', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, 1);
    const none = project(service('web', { replicas: 0 }));
    cluster.commit(planProject(cluster.view, none, { appliedBy: 'a', files: [], nowMs: 2 }));
    expect(cluster.view.projects.has(projectName('shop'))).toBe(true);
    apply(cluster, 3);
    expect(decided(cluster)).toEqual([expect.stringMatching(/^3 placed/)]);
  });
});
