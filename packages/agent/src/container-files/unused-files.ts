import type { InstanceId } from '@nap/shared';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { Desired } from '../reconcile/reconcile.js';
import type { ListedFile } from './file-disk.js';
import { filePath, type FileDirs } from './file-path.js';

export interface UnusedInput {
  readonly dirs: FileDirs;
  readonly present: readonly ListedFile[];
  readonly desired: Desired;
  readonly containers: readonly ObservedContainer[];
  /** Instances whose steps are under way: a file may be written before the container that mounts it exists. */
  readonly busy: ReadonlySet<InstanceId>;
}

/** Configs and secrets that nothing on this host needs any more. None while it is not proven what is to run here. */
export function unusedFiles(input: UnusedInput): readonly string[] {
  const { dirs, present, desired, containers, busy } = input;
  if (!desired.isFresh) return [];
  const mounted = new Set(containers.flatMap(({ binds }) => binds));
  const wanted = new Set(
    [...desired.placements.values()].flatMap(({ instance, wanted, spec }) =>
      wanted === 'running' ? (spec.files ?? []).map((file) => filePath(dirs, instance, file)) : [],
    ),
  );
  const undecided = new Set<string>([...busy, ...desired.unreadable]);
  return present
    .filter(({ owner, path }) => !undecided.has(owner) && !mounted.has(path) && !wanted.has(path))
    .map(({ path }) => path);
}
