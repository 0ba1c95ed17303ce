import type { Etcd3, IWatchResponse } from 'etcd3';
import type { KeyRange, KeySpace } from './key-range.js';
import type { MirrorEvent } from './mirror-state.js';
import type { EtcdRevision } from './store.js';

export type { IWatchRequest as WatchRequest, IWatchResponse as WatchResponse } from 'etcd3';

/** What a watch needs of a client of etcd. */
export type WatchEtcd = Pick<Etcd3, 'watchClient'>;

export interface WatchHandlers {
  /** The member confirms the watch, and says which cluster and which revision it is at. */
  onCreated(at: { readonly revision: EtcdRevision; readonly clusterId: string }): void;
  onEvents(events: readonly MirrorEvent[]): void;
  /** The answer to `probe`. */
  onProbed(): void;
  /** Anything came; called before the other handlers. */
  onReceived(): void;
  /** At most once, and never after `close`. */
  onEnd(why: Error): void;
}

export interface WatchStream {
  /** Asks for a sign of life. Its answer proves nothing about revisions: etcd before 3.4.25 lets it overtake events. */
  probe(): void;
  close(): void;
}

/** etcd's id of "no watch", on the answers to progress requests. */
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

/** One raw watch stream of one range; it never reconnects by itself. */
export async function openWatch(
  etcd: WatchEtcd,
  keySpace: KeySpace,
  what: { readonly range: KeyRange; readonly startRevision: EtcdRevision },
  handlers: WatchHandlers,
): Promise<WatchStream> {
  const stream = await etcd.watchClient.watch();
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    // Ended before it is cancelled: on a stream that is still writable the library takes the cancellation for a failure
    // of the host, and closes the channel under all other streams.
    stream.end();
    stream.cancel();
  };
  const end = (why: Error): void => {
    if (!isOpen) return;
    close();
    handlers.onEnd(why);
  };
  stream.on('error', end);
  stream.on('end', () => {
    end(new WatchEnded('etcd ended the watch'));
  });
  stream.on('data', (response) => {
    if (!isOpen) return;
    handlers.onReceived();
    if (response.canceled) end(new WatchEnded(cancelText(response)));
    else if (response.created) handlers.onCreated(originOf(response));
    else if (response.events.length > 0) handlers.onEvents(toEvents(keySpace, response));
    else if (response.watch_id === NO_WATCH) handlers.onProbed();
  });
  stream.write({
    create_request: {
      key: what.range.start,
      ...(what.range.end === undefined ? {} : { range_end: what.range.end }),
      start_revision: what.startRevision.toString(),
    },
  });
  return {
    probe: () => {
      if (isOpen) stream.write({ progress_request: {} });
    },
    close,
  };
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
