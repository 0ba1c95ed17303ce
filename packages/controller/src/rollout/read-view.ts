import { keys, type ProjectName } from '@nap/shared';
import { STORE_LIMITS, type ReadBefore, type Snapshot, type Store } from '@nap/shared/store';
import {
  instancePrefixes,
  projectPrefixes,
  toClusterView,
  toInstancesView,
  VIEW_PREFIXES,
  type ClusterView,
  type InstancesView,
} from '../plan/cluster-view.js';
import { DocumentCache } from '../plan/document-cache.js';
import { DEFAULT_LOSS_POLICY, judgeHosts, withLosses } from '../plan/host-loss.js';

/** What was read of a store: what has not changed since is neither sent nor decoded again. */
export class ReadMemory {
  readonly documents = new DocumentCache();
  private read: ReadBefore | undefined;

  /** For whoever reads again. */
  get before(): ReadBefore | undefined {
    return this.read;
  }

  remember(read: ReadBefore): void {
    this.read = read;
  }

  /** Drops what nothing can be built upon any more, for a process that lives on: it is as large as the cluster. */
  forgetOld(nowMs: number): void {
    const askedAtMs = this.read?.snapshot.origin?.askedAtMs ?? Number.NEGATIVE_INFINITY;
    if (nowMs - askedAtMs > STORE_LIMITS.changesWithinMs) this.read = undefined;
  }
}

/** Of commands, which read all of it several times. */
const memories = new WeakMap<Store, ReadMemory>();

/** Lives as long as the store. */
export function memoryOf(store: Store): ReadMemory {
  const memory = memories.get(store) ?? new ReadMemory();
  memories.set(store, memory);
  return memory;
}

export interface ReadOptions {
  /** For who plans this one alone: of other projects there are the placements, and nothing else. Absent: all of all. */
  readonly project?: ProjectName | undefined;
  /** Absent: what was read of this store. */
  readonly memory?: ReadMemory | undefined;
}

/**
 * The cluster as it is now, for a command: a host that is away counts as lost at once, unless too many are. Where a daemon is
 * at work, what is there is left to it all the same.
 */
export async function readView(
  store: Store,
  signal: AbortSignal,
  { project, memory = memoryOf(store) }: ReadOptions = {},
): Promise<ClusterView> {
  const known = project === undefined ? VIEW_PREFIXES : projectPrefixes(project);
  const prefixes = [...known, keys.daemon()];
  const snapshot = await store.snapshot(prefixes, signal, memory.before);
  memory.remember({ prefixes, snapshot });
  return viewOf(snapshot, memory.documents);
}

function viewOf({ entries, revision }: Snapshot, documents: DocumentCache): ClusterView {
  const view = {
    ...toClusterView(entries.values(), documents),
    etcdRevision: revision.toString(),
  };
  const policy = { ...DEFAULT_LOSS_POLICY, graceMs: 0 };
  const judged = withLosses(view, judgeHosts(view, { awaySinceMs: new Map() }, 0, policy));
  return { ...judged, hasDaemon: entries.has(keys.daemon()) };
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
