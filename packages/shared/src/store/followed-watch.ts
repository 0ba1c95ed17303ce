import type { Clock } from '../runtime/clock.js';
import type { Listing } from './etcd-rpc.js';
import type { KeyRange, KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { MirrorEvent } from './mirror-state.js';
import type { Patience } from './patience.js';
import {
  openWatch,
  WatchEnded,
  type WatchEtcd,
  type WatchHandlers,
  type WatchStream,
} from './watch-stream.js';

/** Why following ended: `relist` is our own wish, everything else is trouble. */
export type Ending =
  { readonly kind: 'relist' } | { readonly kind: 'trouble'; readonly why: Error };

export interface FollowedWatchParts {
  readonly etcd: WatchEtcd;
  readonly keySpace: KeySpace;
  readonly range: KeyRange;
  readonly listing: Listing;
  readonly clock: Clock;
  readonly random: () => number;
  readonly patience: Patience;
}

export interface FollowedWatchHandlers {
  /** The watch stands: the listing and the events from here on are the whole truth. */
  onLive(): void;
  /** A probe sent at this monotonic time was answered. */
  onProven(sentAtMs: number): void;
  onEvents(events: readonly MirrorEvent[]): void;
}

/** A watch under observation: it must come from the cluster that was listed. That it stands soon and does not fall silent is the stream's to see. */
export class FollowedWatch {
  private readonly parts: FollowedWatchParts;
  private readonly handlers: FollowedWatchHandlers;
  private cancelTimer = (): void => undefined;
  private stream: WatchStream | undefined;
  private finish: (ending: Ending) => void = () => undefined;
  private isFinished = false;
  private isLive = false;

  constructor(parts: FollowedWatchParts, handlers: FollowedWatchHandlers) {
    this.parts = parts;
    this.handlers = handlers;
  }

  /** Resolves when the watch is over. Throws what opening a stream throws. */
  async run(signal: AbortSignal): Promise<Ending> {
    const { etcd, keySpace, range, listing, clock, patience } = this.parts;
    const ended = new Promise<Ending>((resolve) => {
      this.finish = (ending) => {
        this.isFinished = true;
        resolve(ending);
      };
    });
    const onAbort = (): void => {
      this.finish({ kind: 'relist' });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.stream = await openWatch(
        { etcd, keySpace, range, clock, patience, startRevision: listing.revision + 1n },
        this.streamHandlers(),
      );
      if (signal.aborted) onAbort();
      return await ended;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.cancelTimer();
      this.stream?.close();
    }
  }

  private streamHandlers(): WatchHandlers {
    return {
      onCreated: (origin) => {
        const { listing } = this.parts;
        if (origin.clusterId !== listing.clusterId) {
          this.trouble(new WatchEnded('the endpoints belong to different clusters'));
        } else if (origin.revision < listing.revision) {
          this.trouble(new WatchEnded('the member is behind the listing, or its data was wiped'));
        } else if (!this.isFinished) {
          this.isLive = true;
          this.handlers.onLive();
          const spread = 0.75 + 0.5 * this.parts.random();
          this.cancelTimer = this.parts.clock.after(STORE_LIMITS.relistEveryMs * spread, () => {
            this.finish({ kind: 'relist' });
          });
        }
      },
      onEvents: (events) => {
        if (!this.isFinished) this.handlers.onEvents(events);
      },
      onProven: (sentAtMs) => {
        if (!this.isFinished && this.isLive) this.handlers.onProven(sentAtMs);
      },
      onEnd: (why) => {
        this.trouble(why);
      },
    };
  }

  private trouble(why: Error): void {
    this.finish({ kind: 'trouble', why });
  }
}
