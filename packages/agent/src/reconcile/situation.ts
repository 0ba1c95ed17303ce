import type { ObservedContainer } from './observed.js';
import type { Trouble } from './memory.js';

/** How an instance stands after a look at it: what its report says, unless a step is under way. */
export type Situation =
  | { readonly kind: 'runs'; readonly container: ObservedContainer }
  /** Waits for something else than time. */
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'completed'; readonly finishedAtMs: number }
  | {
      readonly kind: 'failed';
      readonly trouble: Trouble;
      /** Absent: no further try until the placement changes. */
      readonly retryAtMs?: number;
    }
  /** Steps are planned; the first of them says which kind of work it is. */
  | { readonly kind: 'works' }
  | { readonly kind: 'stopped'; readonly hasContainer: boolean }
  | { readonly kind: 'removed' };
