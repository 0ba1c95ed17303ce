import type { ProjectName } from '@nap/shared';
import type { ReadBefore, Snapshot, Store } from '@nap/shared/store';
import {
  instancePrefixes,
  toClusterView,
  toInstancesView,
  VIEW_PREFIXES,
  type ClusterView,
  type InstancesView,
} from '../plan/cluster-view.js';
import { DocumentCache } from '../plan/document-cache.js';
import { DEFAULT_LOSS_POLICY, judgeHosts, withLosses } from '../plan/host-loss.js';

/** What was read of a store so far; lives as long as the store. */
interface Memory {
  readonly documents: DocumentCache;
  snapshot?: Snapshot;
}

/** A command reads all of it several times: what has not changed in between is neither sent nor decoded again. */
const memories = new WeakMap<Store, Memory>();

function memoryOf(store: Store): Memory {
  const known = memories.get(store) ?? { documents: new DocumentCache() };
  memories.set(store, known);
  return known;
}

export const documentsOf = (store: Store): DocumentCache => memoryOf(store).documents;

/** What `readView` has read last, for whoever reads some of it again. */
export function readBefore(store: Store): ReadBefore | undefined {
  const { snapshot } = memoryOf(store);
  return snapshot && { prefixes: VIEW_PREFIXES, snapshot };
}

/** The cluster as it is now; a host that is away counts as lost, unless too many are. */
export async function readView(store: Store, signal: AbortSignal): Promise<ClusterView> {
  const memory = memoryOf(store);
  memory.snapshot = await store.snapshot(VIEW_PREFIXES, signal, readBefore(store));
  return viewOf(memory.snapshot, memory.documents);
}

/** As `readView`, for who reads for as long as a process lives: all of it is read, and what was decoded before is given. */
export async function readWholeView(
  store: Store,
  signal: AbortSignal,
  documents: DocumentCache,
): Promise<ClusterView> {
  return viewOf(await store.snapshot(VIEW_PREFIXES, signal), documents);
}

function viewOf({ entries, revision }: Snapshot, documents: DocumentCache): ClusterView {
  const view = {
    ...toClusterView(entries.values(), documents),
    etcdRevision: revision.toString(),
  };
  const policy = { ...DEFAULT_LOSS_POLICY, graceMs: 0 };
  return withLosses(view, judgeHosts(view, { awaySinceMs: new Map() }, 0, policy));
}

/** Some of it: the instances of one project, or of all, and which hosts are there. */
export async function readInstances(
  store: Store,
  project: ProjectName | undefined,
  signal: AbortSignal,
): Promise<InstancesView> {
  const { entries } = await store.snapshot(instancePrefixes(project), signal);
  return toInstancesView(entries.values(), project);
}
