import type { Clock } from '../runtime/clock.js';
import type { Listing } from './etcd-rpc.js';
import type { KeyRange, KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { MirrorEvent } from './mirror-state.js';
import {
  openWatch,
  WatchEnded,
  WatchSilent,
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
}

export interface FollowedWatchHandlers {
  /** The watch stands: the listing and the events from here on are the whole truth. */
  onLive(): void;
  /** A probe sent at this monotonic time was answered. */
  onProven(sentAtMs: number): void;
  onEvents(events: readonly MirrorEvent[]): void;
}

/** A watch stream under observation: it must stand soon, not fall silent, and come from the cluster that was listed. */
export class FollowedWatch {
  private readonly parts: FollowedWatchParts;
  private readonly handlers: FollowedWatchHandlers;
  private readonly timers = new Set<() => void>();
  private stream: WatchStream | undefined;
  private finish: (ending: Ending) => void = () => undefined;
  private isFinished = false;
  private isLive = false;
  private readonly openedAtMs: number;

  constructor(parts: FollowedWatchParts, handlers: FollowedWatchHandlers) {
    this.parts = parts;
    this.handlers = handlers;
    this.openedAtMs = parts.clock.monotonicMs();
  }

  /** Resolves when the watch is over. Throws what opening a stream throws. */
  async run(signal: AbortSignal): Promise<Ending> {
    const { etcd, keySpace, range, listing, clock } = this.parts;
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
        { etcd, keySpace, range, clock, startRevision: listing.revision + 1n },
        this.streamHandlers(),
      );
      if (signal.aborted) onAbort();
      this.later(STORE_LIMITS.watchCreatedMs, () => {
        if (!this.isLive) this.trouble(new WatchSilent('the watch was not confirmed in time'));
      });
      return await ended;
    } finally {
      signal.removeEventListener('abort', onAbort);
      for (const cancel of this.timers) cancel();
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
          this.listen();
          const spread = 0.75 + 0.5 * this.parts.random();
          this.later(STORE_LIMITS.relistEveryMs * spread, () => {
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

  /** The stream probes itself. */
  private listen(): void {
    const receivedAtMs = Math.max(this.openedAtMs, this.stream?.receivedAtMs ?? 0);
    if (this.parts.clock.monotonicMs() - receivedAtMs > STORE_LIMITS.silentAfterMs) {
      this.trouble(new WatchSilent('the watch fell silent'));
      return;
    }
    this.later(STORE_LIMITS.probeEveryMs, () => {
      this.listen();
    });
  }

  private trouble(why: Error): void {
    this.finish({ kind: 'trouble', why });
  }

  private later(ms: number, callback: () => void): void {
    const cancel = this.parts.clock.after(ms, () => {
      this.timers.delete(cancel);
      if (!this.isFinished) callback();
    });
    this.timers.add(cancel);
  }
}
