import type { Etcd3, IWatchResponse } from 'etcd3';
import type { Clock } from '../runtime/clock.js';
import type { KeyRange, KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { MirrorEvent } from './mirror-state.js';
import type { Patience } from './patience.js';
import type { EtcdRevision } from './store.js';

export type { IWatchRequest as WatchRequest, IWatchResponse as WatchResponse } from 'etcd3';

/** What a watch needs of a client of etcd. */
export type WatchEtcd = Pick<Etcd3, 'watchClient'>;
type Stream = Awaited<ReturnType<WatchEtcd['watchClient']['watch']>>;

export interface WatchHandlers {
  /** The member confirms the watch, and says which cluster and which revision it is at. */
  onCreated(at: { readonly revision: EtcdRevision; readonly clusterId: string }): void;
  onEvents(events: readonly MirrorEvent[]): void;
  /** A probe that was sent at this monotonic time was answered. Proves nothing about revisions: it may overtake events. */
  onProven(sentAtMs: number): void;
  /** At most once, and never after `close`. */
  onEnd(why: Error): void;
}

export interface WatchStream {
  close(): void;
}

export interface WatchParts {
  readonly etcd: WatchEtcd;
  readonly keySpace: KeySpace;
  readonly range: KeyRange;
  readonly startRevision: EtcdRevision;
  readonly clock: Clock;
  /** The same for all watches of a client. */
  readonly patience: Patience;
}

const streams = new WeakMap<WatchEtcd, Promise<SharedStream>>();

/** One watch of one range; it never begins again by itself. Throws what opening a stream throws. */
export async function openWatch(parts: WatchParts, handlers: WatchHandlers): Promise<WatchStream> {
  const { etcd, clock, patience } = parts;
  for (;;) {
    const opened =
      streams.get(etcd) ??
      etcd.watchClient.watch().then((stream) => new SharedStream(stream, clock, patience));
    streams.set(etcd, opened);
    const forget = (): void => {
      if (streams.get(etcd) === opened) streams.delete(etcd);
    };
    try {
      const shared = await opened;
      if (!shared.isOver) return shared.open(parts, handlers);
    } catch (err) {
      forget();
      throw err;
    }
    // It ended between being asked for and being here.
    forget();
  }
}

interface Watch {
  readonly keySpace: KeySpace;
  readonly handlers: WatchHandlers;
  readonly id: string;
  readonly openedAtMs: number;
  isConfirmed: boolean;
  isOpen: boolean;
  cancelLook: () => void;
}

/** The stream did not do what it should in time; gRPC itself has no such notion. */
export class WatchSilent extends Error {
  override readonly name = 'WatchSilent';
}

/**
 * All watches of one client on one stream, with one probe for all of them: what a client costs etcd while nothing happens
 * does not grow with the number of its watches. It ends with its last watch, or when etcd or the network ends it.
 *
 * A probe is a watch that is given up as soon as it is confirmed: it has an id of its own, so that an answer belongs to it and
 * to no other, and it is answered whatever the other watches are at; newer members answer a request for progress only while
 * none of the stream's watches has anything to catch up with. One probe at a time: one that stays without an answer ends the
 * stream, for what else was on its way may be lost as well.
 *
 * Trouble of the stream is trouble of all its watches, also when only one has met it: those that stayed behind would keep
 * a second stream alive, with probes of its own, and a client in trouble would have more of them each time.
 */
class SharedStream {
  isOver = false;
  private receivedAtMs: number;
  private readonly stream: Stream;
  private readonly clock: Clock;
  private readonly patience: Patience;
  private readonly watches = new Map<string, Watch>();
  private ids = 0;
  private probed: { readonly id: string; readonly sentAtMs: number } | undefined;
  /** It was time for another one while one was on its way. */
  private isProbeDue = false;
  private range: KeyRange | undefined;
  private cancelProbe = (): void => undefined;
  private isSuspected = false;
  private cancelSecondLook = (): void => undefined;

  constructor(stream: Stream, clock: Clock, patience: Patience) {
    this.stream = stream;
    this.patience = patience;
    this.clock = clock;
    this.receivedAtMs = clock.monotonicMs();
    stream.on('error', (err) => {
      this.end(err);
    });
    stream.on('end', () => {
      this.end(new WatchEnded('etcd ended the watch'));
    });
    stream.on('data', (response) => {
      if (!this.isOver) this.receive(response);
    });
  }

  open({ keySpace, range, startRevision }: WatchParts, handlers: WatchHandlers): WatchStream {
    const watch: Watch = {
      ...{ keySpace, handlers, id: this.newId(), openedAtMs: this.clock.monotonicMs() },
      ...{ isConfirmed: false, isOpen: true, cancelLook: () => undefined },
    };
    this.watches.set(watch.id, watch);
    this.awaitConfirmation(watch);
    this.create(watch.id, range, startRevision);
    if (this.range === undefined) {
      // Whoever may watch this range may ask for it again.
      this.range = range;
      this.probe();
    }
    return {
      close: () => {
        this.close(watch);
      },
    };
  }

  /** Under which etcd will speak of it; 0 would leave the choice to etcd. */
  private newId(): string {
    this.ids += 1;
    return String(this.ids);
  }

  private create(id: string, range: KeyRange, startRevision: EtcdRevision): void {
    this.stream.write({
      create_request: {
        key: range.start,
        ...(range.end === undefined ? {} : { range_end: range.end }),
        start_revision: startRevision.toString(),
        watch_id: id,
      },
    });
  }

  private probe(): void {
    if (this.isOver || this.range === undefined) return;
    const { probed } = this;
    if (probed === undefined) this.sendProbe(this.range);
    else {
      this.isProbeDue = true;
      const silentMs = this.clock.monotonicMs() - probed.sentAtMs;
      // Where there are others to ask, one that proves nothing in time is of no use, however far it is.
      const learned = this.patience.isAlone ? this.patience.learned : 1;
      if (silentMs > STORE_LIMITS.silentAfterMs * this.patience.own * learned) {
        this.suspect('a probe of the watches was not answered', () => this.probed === probed);
      }
    }
    this.cancelProbe = this.clock.after(STORE_LIMITS.probeEveryMs * this.patience.own, () => {
      this.probe();
    });
  }

  private sendProbe(range: KeyRange): void {
    const id = this.newId();
    this.isProbeDue = false;
    this.probed = { id, sentAtMs: this.clock.monotonicMs() };
    // Of one key, from now on: there is nothing to find for it.
    this.create(id, { start: range.start }, 0n);
  }

  /** A stream that brings nothing at all is at its end; where others are answered, the watch is asked for anew. */
  private awaitConfirmation(watch: Watch, isLastLook = false): void {
    const isSilent = (): boolean =>
      watch.isOpen && !watch.isConfirmed && this.receivedAtMs <= watch.openedAtMs;
    const { own, learned } = this.patience;
    watch.cancelLook = this.clock.after(STORE_LIMITS.watchCreatedMs * own * learned, () => {
      const isSuspect = isSilent();
      if (isSuspect) this.suspect('a watch was not confirmed in time', isSilent);
      else if (isLastLook) {
        this.endWatch(watch, new WatchEnded('etcd did not confirm the watch'));
        return;
      }
      this.awaitConfirmation(watch, !isSuspect);
    });
  }

  /**
   * Ends the stream if it is still so at a second look. What came while this process was kept from reading lies ready
   * when it goes on, but its timers go first: without that look a busy host takes its own silence for etcd's.
   */
  private suspect(why: string, isSo: () => boolean): void {
    // The first one stays: many that suspect it would put off the look of each other for ever.
    if (this.isSuspected) return;
    this.isSuspected = true;
    this.cancelSecondLook = this.clock.after(STORE_LIMITS.secondLookMs, () => {
      this.isSuspected = false;
      if (isSo()) this.end(new WatchSilent(why));
    });
  }

  private answered(askedAtMs: number, limitMs: number): void {
    this.patience.answered(this.clock.monotonicMs() - askedAtMs, limitMs * this.patience.own);
  }

  private receive(response: IWatchResponse): void {
    this.receivedAtMs = this.clock.monotonicMs();
    const watch = this.watches.get(response.watch_id);
    if (response.canceled) this.canceled(response, watch);
    else if (response.created) this.confirm(response, watch);
    else if (response.events.length > 0) {
      watch?.handlers.onEvents(toEvents(watch.keySpace, response));
    }
  }

  private confirm(response: IWatchResponse, watch: Watch | undefined): void {
    if (watch !== undefined) {
      watch.isConfirmed = true;
      this.answered(watch.openedAtMs, STORE_LIMITS.watchCreatedMs);
      watch.cancelLook();
      watch.handlers.onCreated(originOf(response));
      return;
    }
    const { probed } = this;
    const isProbe = response.watch_id === probed?.id;
    if (isProbe) this.probed = undefined;
    // Otherwise a watch that was closed before it was confirmed.
    this.cancel(response.watch_id);
    if (!isProbe) return;
    this.answered(probed.sentAtMs, STORE_LIMITS.silentAfterMs);
    for (const { handlers, isConfirmed } of [...this.watches.values()]) {
      if (isConfirmed) handlers.onProven(probed.sentAtMs);
    }
    if (this.isProbeDue && !this.isOver && this.range !== undefined) this.sendProbe(this.range);
  }

  /** By etcd, or confirming that we gave it up. */
  private canceled(response: IWatchResponse, watch: Watch | undefined): void {
    if (watch !== undefined) this.endWatch(watch, new WatchEnded(cancelText(response)));
    // A probe that is refused, or something about the stream as a whole, such as a token that is no longer good.
    else if (response.watch_id === NO_WATCH || response.watch_id === this.probed?.id) {
      this.end(new WatchEnded(cancelText(response)));
    }
  }

  private cancel(id: string): void {
    if (!this.isOver) this.stream.write({ cancel_request: { watch_id: id } });
  }

  private endWatch(watch: Watch, why: Error): void {
    this.forget(watch);
    watch.handlers.onEnd(why);
  }

  private close(watch: Watch): void {
    if (!watch.isOpen) return;
    this.forget(watch);
    if (watch.isConfirmed) this.cancel(watch.id);
  }

  private forget(watch: Watch): void {
    watch.isOpen = false;
    watch.cancelLook();
    this.watches.delete(watch.id);
    if (this.watches.size === 0) this.closeStream();
  }

  private end(why: Error): void {
    if (this.isOver) return;
    const ended = [...this.watches.values()];
    this.closeStream();
    for (const watch of ended) {
      if (!watch.isOpen) continue;
      watch.isOpen = false;
      watch.cancelLook();
      watch.handlers.onEnd(why);
    }
  }

  private closeStream(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelProbe();
    this.cancelSecondLook();
    this.watches.clear();
    // Ended before it is cancelled: on a stream that is still writable the library takes the cancellation for a failure
    // of the host, and closes the channel under all other streams.
    this.stream.end();
    this.stream.cancel();
  }
}

/** etcd's id of "no watch", on answers that are about the stream. */
const NO_WATCH = '-1';

function toEvents(keySpace: KeySpace, response: IWatchResponse): readonly MirrorEvent[] {
  return response.events.map((event) =>
    event.type === 'Delete'
      ? {
          kind: 'delete',
          key: keySpace.fromEtcd(event.kv.key),
          modRevision: BigInt(event.kv.mod_revision),
        }
      : { kind: 'put', entry: keySpace.toEntry(event.kv) },
  );
}

/** etcd, not the network, ended the watch. */
export class WatchEnded extends Error {
  override readonly name = 'WatchEnded';
}

function cancelText(response: IWatchResponse): string {
  if (response.compact_revision !== '0') return 'the revision to watch from has been compacted';
  return response.cancel_reason === '' ? 'etcd cancelled the watch' : response.cancel_reason;
}

function originOf(response: IWatchResponse): { revision: EtcdRevision; clusterId: string } {
  return { revision: BigInt(response.header.revision), clusterId: response.header.cluster_id };
}
