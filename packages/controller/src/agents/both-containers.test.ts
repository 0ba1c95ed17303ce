import { hostId, keys, nameRecordCodec, type SpecHash } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { planProject } from '../plan/plan-project.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { bothContainers, successorOf } from './both-containers.js';
import { allTargets, type Target } from './targets.js';

let cluster: FakeCluster;

/** Applies a version of web, and returns the hash of its spec. */
function apply(version: string, order: 'start-first' | 'stop-first' = 'start-first'): SpecHash {
  const container = containerOf({ environment: { V: version } });
  const shop = project(service('web', { container, update: { order } }));
  const context = { appliedBy: 'alice', files: [], nowMs: 1 };
  cluster.commit(planProject(cluster.view, shop, context));
  return cluster.view.placements[0]!.specHash;
}

/** Whose container the name leads to. */
function answers(specHash: SpecHash): void {
  const { instance } = cluster.view.placements[0]!;
  const record = nameRecordCodec.encode({
    ...{ instance, host: hostId('host-a'), specHash, ip: '10.0.0.9', containerName: 'shop-web-1' },
    ...{ aliases: [], condition: 'ready', project: 'shop', service: 'web', index: 1 },
  } as never);
  cluster.entries.set(keys.name(instance), record);
}

const shown = (view: ClusterView): readonly (readonly [string, SpecHash | undefined])[] =>
  bothContainers(view, allTargets(view)).map(({ containerName, spec }) => [containerName, spec]);
const now = (): Target => allTargets(cluster.view)[0]!;

beforeEach(() => {
  cluster = new FakeCluster('host-a');
});

it('are the one that answers and the one that is to replace it', () => {
  const good = apply('good');
  answers(good);
  expect(shown(cluster.view)).toEqual([['shop-web-1', undefined]]);
  const bad = apply('bad');
  expect(shown(cluster.view)).toEqual([
    ['shop-web-1', good],
    ['shop-web-1 (new)', bad],
  ]);
  answers(bad);
  expect(shown(cluster.view)).toEqual([['shop-web-1', undefined]]);
});

it('are one where the older one goes first', () => {
  answers(apply('good', 'stop-first'));
  apply('bad', 'stop-first');
  expect(shown(cluster.view)).toEqual([['shop-web-1', undefined]]);
});

it('are followed each by itself, and the newer one as the instance when it is alone', () => {
  answers(apply('good'));
  const bad = apply('bad');
  const [older, newer] = bothContainers(cluster.view, [now()]);
  expect(successorOf(cluster.view, older!, now())).toEqual(older);
  expect(successorOf(cluster.view, newer!, now())).toEqual(newer);
  answers(bad);
  expect(successorOf(cluster.view, older!, now())).toBeUndefined();
  expect(successorOf(cluster.view, newer!, now())).toEqual(now());
  expect(successorOf(cluster.view, now(), now())).toEqual(now());
});

it('are followed no further when another version replaces the newer one', () => {
  answers(apply('good'));
  apply('bad');
  const [older, newer] = bothContainers(cluster.view, [now()]);
  apply('better');
  expect(successorOf(cluster.view, older!, now())).toEqual(older);
  expect(successorOf(cluster.view, newer!, now())).toBeUndefined();
});
