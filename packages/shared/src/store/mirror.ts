import { isNapError, NapError } from '../errors/nap-error.js';
import { backoffMs } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { untilHolds } from './abort.js';
import type { EtcdRpc, Listing } from './etcd-rpc.js';
import { type Ending, FollowedWatch } from './followed-watch.js';
import type { KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { Links } from './links.js';
import { Listeners } from './listeners.js';
import { isEtcdFailure, toNapError } from './map-errors.js';
import { applyEvents } from './mirror-state.js';
import type { EtcdRevision, Mirror, ReadBefore, Snapshot, StoredEntry, StoreKey } from './store.js';
import type { Patience } from './patience.js';
import type { Tokens } from './tokens.js';
import { type WatchEtcd, WatchEnded, WatchSilent } from './watch-stream.js';

export interface MirrorParts {
  readonly rpc: Pick<EtcdRpc, 'list'>;
  readonly links: Pick<Links, 'acquire' | 'endpoints'>;
  readonly tokens: Tokens;
  readonly keySpace: KeySpace;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly log: Log;
  readonly patience: Patience;
  /** For the first listing; later ones are whole. */
  readonly before?: ReadBefore | undefined;
  /** Called once, when the mirror is closed. */
  readonly onClosed: () => void;
}

/**
 * List at R, watch from R+1, and begin again at every end of the watch: cut, cancelled, compacted, wiped, silent or
 * another cluster, all take this one path. A resumed watch would save a listing, but nothing could then prove that it has
 * caught up.
 *
 * Freshness is a matter of time alone: a proof is a probe that was answered, and counts from the moment at which the
 * probe was *sent*. So neither an answer that lay in a buffer nor a blocked event loop can make an old copy look fresh.
 */
export class EtcdMirror implements Mirror {
  readonly prefix: StoreKey;
  private readonly parts: MirrorParts;
  private readonly listeners = new Listeners();
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private state: Snapshot = { revision: 0n, entries: new Map() };
  /** Nobody was given the entries since they last changed. */
  private isUnseen = true;
  private lastProblem: NapError | undefined;
  private isFollowing = false;
  private provenAtMs = Number.NEGATIVE_INFINITY;
  private cancelStaleTimer = (): void => undefined;
  private before: ReadBefore | undefined;

  constructor(prefix: StoreKey, parts: MirrorParts) {
    this.prefix = prefix;
    this.parts = parts;
    this.before = parts.before;
    this.running = this.run();
  }

  get entries(): ReadonlyMap<StoreKey, StoredEntry> {
    this.isUnseen = false;
    return this.state.entries;
  }

  get revision(): EtcdRevision {
    return this.state.revision;
  }

  get isFresh(): boolean {
    return this.isFollowing && !this.isOld();
  }

  private isOld(): boolean {
    return this.parts.clock.monotonicMs() - this.provenAtMs >= this.staleAfterMs;
  }

  private get staleAfterMs(): number {
    return STORE_LIMITS.staleAfterMs * this.parts.patience.own;
  }

  get problem(): NapError | undefined {
    return this.isFresh ? undefined : this.lastProblem;
  }

  onChange(callback: () => void): () => void {
    return this.listeners.add(callback);
  }

  whenFresh(signal?: AbortSignal): Promise<void> {
    return untilHolds(
      () => this.isFresh,
      (look) => this.onChange(look),
      signal,
    );
  }

  async close(): Promise<void> {
    if (this.stop.signal.aborted) return;
    this.stop.abort();
    this.setFollowing(false);
    this.listeners.clear();
    await this.running;
    this.parts.onClosed();
  }

  private async run(): Promise<void> {
    const { clock, random, log } = this.parts;
    let attempt = 0;
    while (!this.isClosed()) {
      const startedAtMs = clock.monotonicMs();
      const ending = await this.followOnce();
      if (ending.kind === 'relist' || this.isClosed()) continue;
      const isNew = this.lastProblem === undefined;
      this.lastProblem = toProblem(ending.why, this.parts.links.endpoints);
      this.setFollowing(false);
      if (isNew) log.warn('mirror lost', { prefix: this.prefix, err: this.lastProblem });
      const wasSteady = clock.monotonicMs() - startedAtMs > STORE_LIMITS.steadyAfterMs;
      attempt = wasSteady ? 0 : attempt + 1;
      await clock
        .sleep(backoffMs(attempt, random(), STORE_LIMITS.mirrorBackoff), this.stop.signal)
        .catch(() => undefined);
    }
  }

  private isClosed(): boolean {
    return this.stop.signal.aborted;
  }

  /** Never throws what the network or etcd did. */
  private async followOnce(): Promise<Ending> {
    const { signal } = this.stop;
    const { before } = this;
    this.before = undefined;
    try {
      const listing = await this.parts.rpc.list([this.prefix], signal, { before });
      return await this.watch(listing);
    } catch (err) {
      if (signal.aborted) return { kind: 'relist' };
      if (isNapError(err) || isEtcdFailure(err)) {
        return { kind: 'trouble', why: err };
      }
      throw err;
    }
  }

  private async watch(listing: Listing): Promise<Ending> {
    const { links, tokens, timeoutMs } = this.parts;
    const held = links.acquire();
    let token: string | undefined;
    try {
      await tokens.ensure(held.link.etcd, timeoutMs);
      token = tokens.current;
      this.publish(listing);
      const ending = await this.follow(held.link.etcd, listing);
      if (ending.kind === 'trouble' && !(ending.why instanceof WatchEnded)) held.fail();
      if (ending.kind === 'trouble' && isTokenTrouble(ending.why)) tokens.discard(token);
      return ending;
    } catch (err) {
      if (isEtcdFailure(err)) held.fail();
      throw err;
    } finally {
      held.release();
    }
  }

  /** Resolves when the watch is over, whoever ended it. */
  private follow(etcd: WatchEtcd, listing: Listing): Promise<Ending> {
    const { clock, keySpace, random, patience } = this.parts;
    const range = keySpace.range(this.prefix);
    const watch = new FollowedWatch(
      { clock, random, keySpace, etcd, range, listing, patience },
      {
        onLive: () => {
          this.proven(listing.askedAtMs);
          this.setFollowing(true);
        },
        onProven: (sentAtMs) => {
          this.proven(sentAtMs);
        },
        onEvents: (events) => {
          const next = applyEvents(this.state, events, this.isUnseen);
          if (next === this.state) return;
          this.state = next;
          this.isUnseen = true;
          this.listeners.emit();
        },
      },
    );
    return watch.run(this.stop.signal);
  }

  private publish(listing: Listing): void {
    this.state = { revision: listing.revision, entries: listing.entries };
    this.isUnseen = true;
    this.listeners.emit();
  }

  private proven(atMs: number): void {
    const wasOld = this.isOld();
    this.provenAtMs = Math.max(this.provenAtMs, atMs);
    this.cancelStaleTimer();
    const { clock } = this.parts;
    const leftMs = this.provenAtMs + this.staleAfterMs - clock.monotonicMs();
    // A moment later, for what sums and differences are rounded by: nobody looks again.
    this.cancelStaleTimer = clock.after(leftMs + 1, () => {
      this.listeners.emit();
    });
    // Whoever was told that it is not waits to hear that it is.
    if (wasOld && this.isFresh) this.listeners.emit();
  }

  private setFollowing(isFollowing: boolean): void {
    if (!isFollowing) {
      this.cancelStaleTimer();
      this.provenAtMs = Number.NEGATIVE_INFINITY;
    }
    if (this.isFollowing === isFollowing) return;
    this.isFollowing = isFollowing;
    if (isFollowing && this.lastProblem !== undefined) {
      this.lastProblem = undefined;
      this.parts.log.info('mirror fresh again', { prefix: this.prefix });
    }
    this.listeners.emit();
  }
}

function isTokenTrouble(why: Error): boolean {
  return why instanceof WatchEnded && /auth token|permission denied/.test(why.message);
}

function toProblem(why: Error, endpoints: readonly string[]): NapError {
  if (!(why instanceof WatchEnded) && !(why instanceof WatchSilent)) {
    return toNapError(why, 'watch', endpoints);
  }
  const code = why.message.includes('permission denied') ? 'ETCD_DENIED' : 'ETCD_UNAVAILABLE';
  return new NapError(code, `watch of etcd at ${endpoints.join(', ')} lost: ${why.message}`, {
    hint: 'nap lists and watches again',
    cause: why,
  });
}
