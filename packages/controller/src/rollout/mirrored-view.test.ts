import fc from 'fast-check';
import { hostId, keys, projectName, volumeHomeCodec } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { eventually, MemoryEtcd, MemoryStore } from '@nap/shared/testing';
import type { Write } from '@nap/shared/store';
import { toClusterView, VIEW_PREFIXES } from '../plan/cluster-view.js';
import { DocumentCache } from '../plan/document-cache.js';
import { planProject } from '../plan/plan-project.js';
import { anyProject, anyState, changeHosts, emptyCluster } from '../testing/any-cluster.js';
import { MirroredView } from './mirrored-view.js';

/** What must be written so that a store that holds `before` holds `after`. */
function writesTo(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Write[] {
  const gone = [...before.keys()].filter((key) => !after.has(key));
  const changed = [...after].filter(([key, value]) => before.get(key) !== value);
  return [
    ...gone.map((key): Write => ({ kind: 'delete', key })),
    ...changed.map(([key, value]): Write => ({ kind: 'put', key, value })),
  ];
}

it('shows what a full reading shows, after every change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyProject, anyState), { maxLength: 4 }), async (steps) => {
      const store = new MemoryStore({ etcd: new MemoryEtcd(systemClock) });
      const mirrors = VIEW_PREFIXES.map((prefix) => store.mirror(prefix));
      const all = new MirroredView(mirrors);
      // A part of what is under one prefix.
      const isWanted = (key: string): boolean => !/[13]$/.test(key);
      const some = new MirroredView(mirrors, { isWanted });
      const cluster = emptyCluster();
      let written: ReadonlyMap<string, string> = new Map();
      for (const [wanted, state] of steps) {
        changeHosts(cluster, state);
        const plan = planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });
        if (plan.unplaced.length === 0) cluster.commit(plan);
        for (const placement of cluster.view.placements) {
          cluster.report(placement, { state: 'pending' });
        }
        await store.commit(writesTo(written, cluster.entries));
        written = new Map(cluster.entries);
        const { entries } = await store.snapshot(VIEW_PREFIXES);
        await eventually(() => Promise.resolve(mirrors.every(({ isFresh }) => isFresh)), 5_000);
        expect(all.view).toEqual(toClusterView(entries.values()));
        expect(all.view.placements).toBe(all.view.placements);
        const rest = [...entries.values()].filter(({ key }) => isWanted(key));
        expect(some.view).toEqual(toClusterView(rest));
      }
      await Promise.all(mirrors.map((mirror) => mirror.close()));
      await store.close();
    }),
    { numRuns: 40 },
  );
});

it('what was read by others stays, until it is told to forget', () => {
  const documents = new DocumentCache();
  const store = new MemoryStore();
  const mirrors = [store.mirror(keys.reports())];
  const mirrored = new MirroredView(mirrors, { documents });
  const value = volumeHomeCodec.encode({ host: hostId('host-a'), project: projectName('shop') });
  for (let at = 0; at < 200; at += 1) {
    documents.read(volumeHomeCodec, { key: keys.volume(`data-${at}`), value });
  }
  expect(mirrored.view.volumes.size).toBe(0);
  expect(documents.size).toBe(200);
  mirrored.forget();
  expect(documents.size).toBe(0);
});
