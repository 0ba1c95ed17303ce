import type { InstanceId } from '@nap/shared';
import type { ObservedContainer } from './observed.js';
import type { Trouble } from './memory.js';

/** How an instance stands after a look at it: what its report says, unless a step is under way. */
export type Situation =
  | {
      readonly kind: 'runs';
      readonly container: ObservedContainer;
      /** The one that it replaces still runs, and answers. */
      readonly isBeside?: boolean;
    }
  /** Waits for something else than time. */
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'completed'; readonly finishedAtMs: number }
  | {
      readonly kind: 'failed';
      readonly trouble: Trouble;
      /** Absent: no further try until the placement changes. */
      readonly retryAtMs?: number;
      /** An older container still runs. */
      readonly isBeside?: boolean;
    }
  /** Steps are planned; the first of them says which kind of work it is. */
  | { readonly kind: 'works' }
  | { readonly kind: 'stopped'; readonly hasContainer: boolean }
  | { readonly kind: 'removed' };

type Times = ReadonlyMap<InstanceId, number>;

/** Since when each instance has been kept from its start: its waits, its tries and the waits after these are one. */
export function waitingSince(
  before: Times,
  situations: ReadonlyMap<InstanceId, Situation>,
  { busy, nowMs }: { readonly busy: ReadonlySet<InstanceId>; readonly nowMs: number },
): Times {
  const since = new Map<InstanceId, number>();
  for (const [instance, { kind }] of situations) {
    const atMs = before.get(instance) ?? (kind === 'waits' ? nowMs : undefined);
    if (atMs !== undefined && IS_KEPT[kind]) since.set(instance, atMs);
  }
  for (const instance of busy) {
    const atMs = before.get(instance);
    if (atMs !== undefined) since.set(instance, atMs);
  }
  return since;
}

const IS_KEPT: Readonly<Record<Situation['kind'], boolean>> = {
  waits: true,
  works: true,
  failed: true,
  runs: false,
  completed: false,
  stopped: false,
  removed: false,
};
