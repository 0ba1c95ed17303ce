import type { Project } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster } from './builders.js';

/** A store in memory whose one host has the placements of this project. */
export async function appliedStore(
  wanted: Project,
): Promise<{ readonly cluster: FakeCluster; readonly store: MemoryStore }> {
  const cluster = new FakeCluster('host-a');
  const context = { appliedBy: 'a', files: [], nowMs: 1 };
  cluster.commit(planProject(cluster.view, wanted, context));
  const store = new MemoryStore({ clock: systemClock });
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  return { cluster, store };
}
