import { NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import { silentLog } from '../runtime/log.js';
import { DEFAULT_ROOT } from '../schema/keys.js';
import { reasonOf } from '../store/abort.js';
import { commitWrites, type TxnPort } from '../store/commit.js';
import type { Listing } from '../store/etcd-rpc.js';
import { KeySpace } from '../store/key-range.js';
import { KeyLeadership } from '../store/leadership.js';
import { STORE_LIMITS } from '../store/limits.js';
import type { Link } from '../store/links.js';
import { EtcdMirror } from '../store/mirror.js';
import { type LeasePort, LeaseSession } from '../store/session.js';
import type {
  CommitOptions,
  CommitResult,
  Leadership,
  LeadershipOptions,
  LeaseLife,
  Mirror,
  Session,
  SessionOptions,
  Snapshot,
  Store,
  StoredEntry,
  StoreKey,
  Write,
} from '../store/store.js';
import { Patience } from '../store/patience.js';
import { Tokens } from '../store/tokens.js';
import type { WatchEtcd, WatchRequest, WatchResponse } from '../store/watch-stream.js';
import type { MemoryEtcd } from './memory-etcd.js';
import { MEMORY_CLUSTER, type MemoryWatches } from './memory-watches.js';
import type { Wire } from './wire.js';

export interface WiredStoreOptions {
  readonly etcd: MemoryEtcd;
  readonly watches: MemoryWatches;
  readonly wire: Wire;
  /** Of the process that this store is part of. */
  readonly clock: Clock;
  readonly random: () => number;
}

/** Reads are tried so often, as the real store does within its budget. */
const READ_TRIES = 1 + STORE_LIMITS.callBudgetMore;
/** Keys as they are at etcd. */
export const KEY_SPACE = new KeySpace(DEFAULT_ROOT);

interface Call<T> {
  readonly what: string;
  /** At etcd, when the request has arrived. */
  readonly perform: () => T;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** gRPC's number for a connection that is gone. */
const GRPC_UNAVAILABLE = 14;

class Unanswered extends Error {}

/**
 * A client of an in-memory etcd with a wire in between that takes time and fails. Mirrors, sessions, leaderships and commits
 * are the code of the real store: only the wire and the server are faked.
 */
export class WiredStore implements Store {
  private readonly options: WiredStoreOptions;
  private readonly tokens = new Tokens(undefined);
  private readonly patience: Patience;
  private readonly open = new Set<{ close(): Promise<void> }>();
  /** Mirrors ask nothing of a client but its watch service. One client: they share its stream. */
  private readonly etcd = { watchClient: { watch: () => this.watch() } } as unknown as Link['etcd'];
  private seen = 0n;
  private leaseCount = 0;

  constructor(options: WiredStoreOptions) {
    this.options = options;
    this.patience = new Patience({ clock: options.clock, endpoints: 1 });
  }

  async snapshot(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<Snapshot> {
    const { revision, entries } = await this.list(prefixes, signal);
    return { revision, entries };
  }

  async get(key: StoreKey, signal?: AbortSignal): Promise<StoredEntry | undefined> {
    return (await this.list([key], signal)).entries.get(key);
  }

  async keys(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<readonly StoreKey[]> {
    return [...(await this.list(prefixes, signal)).entries.keys()];
  }

  leases(
    keys: readonly StoreKey[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<StoreKey, LeaseLife>> {
    const perform = (): ReadonlyMap<StoreKey, LeaseLife> => this.options.etcd.leaseLives(keys);
    return this.once({ what: 'read leases', perform, signal }, 'ETCD_UNAVAILABLE');
  }

  commit(writes: readonly Write[], options?: CommitOptions): Promise<CommitResult> {
    const port: TxnPort = {
      transact: async (chunk, signal) => {
        const perform = (): ReturnType<MemoryEtcd['transact']> => this.options.etcd.transact(chunk);
        const answer = await this.once({ what: 'write', perform, signal }, 'ETCD_AMBIGUOUS');
        this.note(answer.revision);
        return answer;
      },
      read: (keys, signal) => this.snapshot(keys, signal),
      seenRevision: () => this.seen,
    };
    return commitWrites(port, writes, options);
  }

  mirror(prefix: StoreKey): Mirror {
    const { clock, random } = this.options;
    const { etcd } = this;
    const mirror: EtcdMirror = new EtcdMirror(prefix, {
      ...{ clock, random, tokens: this.tokens, keySpace: KEY_SPACE, log: silentLog },
      rpc: { list: (prefixes, signal) => this.list(prefixes, signal) },
      links: {
        endpoints: ['wire'],
        acquire: () => ({
          link: { endpoint: 'wire', etcd },
          release: () => undefined,
          fail: () => undefined,
        }),
      },
      timeoutMs: STORE_LIMITS.callTimeoutMs,
      patience: this.patience,
      onClosed: () => {
        this.open.delete(mirror);
      },
    });
    this.open.add(mirror);
    return mirror;
  }

  async session({ ttlS }: SessionOptions, signal?: AbortSignal): Promise<Session> {
    const { clock, random } = this.options;
    const session: LeaseSession = await LeaseSession.open(
      {
        ...{ clock, random, log: silentLog, port: this.leasePort() },
        onClosed: () => {
          this.open.delete(session);
        },
      },
      ttlS,
      signal,
    );
    this.open.add(session);
    return session;
  }

  leadership(options: LeadershipOptions): Leadership {
    const { clock, random } = this.options;
    const leadership: KeyLeadership = new KeyLeadership(
      {
        ...{ store: this, clock, random, log: silentLog },
        onClosed: () => {
          this.open.delete(leadership);
        },
      },
      options,
    );
    this.open.add(leadership);
    return leadership;
  }

  async close(): Promise<void> {
    for (const closable of [...this.open].reverse()) await closable.close();
    this.open.clear();
  }

  private async list(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<Listing> {
    const { clock, etcd } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      const askedAtMs = clock.monotonicMs();
      try {
        const perform = (): Snapshot => etcd.list(prefixes);
        const snapshot = await this.once({ what: 'read', perform, signal }, 'ETCD_UNAVAILABLE');
        this.note(snapshot.revision);
        return { ...snapshot, askedAtMs, clusterId: MEMORY_CLUSTER };
      } catch (err) {
        if (signal?.aborted === true || attempt >= READ_TRIES) throw err;
        await clock.sleep(STORE_LIMITS.callBackoff.firstMs, signal);
      }
    }
  }

  private note(revision: bigint): void {
    if (revision > this.seen) this.seen = revision;
  }

  private async once<T>(call: Call<T>, code: 'ETCD_AMBIGUOUS' | 'ETCD_UNAVAILABLE'): Promise<T> {
    try {
      return await this.ask(call);
    } catch (err) {
      if (!(err instanceof Unanswered)) throw err;
      throw new NapError(code, `etcd did not answer a request to ${call.what}`, { cause: err });
    }
  }

  /** One request and its answer. Throws Unanswered, what etcd throws, or the signal's reason. */
  private ask<T>({ what, perform, timeoutMs, signal }: Call<T>): Promise<T> {
    const { wire, clock } = this.options;
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(reasonOf(signal));
        return;
      }
      const onBroken = (): void => {
        settle(() => {
          reject(new Unanswered(what));
        });
      };
      const connection = wire.open({ onBroken });
      const onAbort = (): void => {
        settle(() => {
          reject(signal === undefined ? new Unanswered(what) : reasonOf(signal));
        });
      };
      const settle = (outcome: () => void): void => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        outcome();
      };
      const cancel = clock.after(timeoutMs ?? STORE_LIMITS.callTimeoutMs, onBroken);
      signal?.addEventListener('abort', onAbort, { once: true });
      connection.send('there', () => {
        const answer = outcomeOf(perform);
        connection.send('back', () => {
          connection.close();
          settle(() => {
            if (answer.isOk) resolve(answer.value);
            else reject(answer.why);
          });
        });
      });
    });
  }

  private leasePort(): LeasePort {
    const { etcd } = this.options;
    const ask = <T>(what: string, perform: () => T, more: Partial<Call<T>> = {}): Promise<T> =>
      this.once({ what, perform, ...more }, 'ETCD_UNAVAILABLE');
    return {
      grant: (id, ttlS, signal) => ask('grant a lease', () => etcd.grant(id, ttlS), { signal }),
      keepAlive: (id, timeoutMs, signal) =>
        ask('renew a lease', () => etcd.keepAlive(id), { timeoutMs, signal }),
      revoke: (id) =>
        ask('revoke a lease', () => {
          etcd.revoke(id);
        }),
      newLeaseId: () => {
        this.leaseCount += 1;
        const random = Math.floor(this.options.random() * 2 ** 32);
        return `${random.toString(16)}${this.leaseCount.toString(16).padStart(4, '0')}`;
      },
    };
  }

  /** A stream of etcd's watch service, as far as nap uses one. */
  private watch(): ReturnType<WatchEtcd['watchClient']['watch']> {
    const { wire, watches } = this.options;
    const stream = new WireStream();
    const connection = wire.open({
      onBroken: () => {
        const code = GRPC_UNAVAILABLE;
        stream.emit('error', Object.assign(new Error('read ECONNRESET'), { code }));
      },
      onGone: () => {
        served.end();
      },
    });
    const served = watches.open((response) => {
      connection.send('back', () => {
        stream.emit('data', response);
      });
    });
    stream.onWrite = (request) => {
      connection.send('there', () => {
        served.receive(request);
      });
    };
    stream.onCancel = () => {
      connection.close();
    };
    // A duplex stream of the library in name only: nap writes to it, listens to it and cancels it.
    return Promise.resolve(stream);
  }
}

type Outcome<T> =
  { readonly isOk: true; readonly value: T } | { readonly isOk: false; readonly why: Error };

function outcomeOf<T>(perform: () => T): Outcome<T> {
  try {
    return { isOk: true, value: perform() };
  } catch (err) {
    return { isOk: false, why: err instanceof Error ? err : new Error(String(err)) };
  }
}

class WireStream {
  onWrite: (request: WatchRequest) => void = () => undefined;
  onCancel: () => void = () => undefined;
  private readonly listeners = new Map<string, (about: never) => void>();

  on(event: string, listener: (about: never) => void): this {
    this.listeners.set(event, listener);
    return this;
  }

  emit(event: 'data' | 'error', about: WatchResponse | Error): void {
    // Each event has one kind of argument, which its listener expects.
    this.listeners.get(event)?.(about as never);
  }

  write(request: WatchRequest): void {
    this.onWrite(request);
  }

  end(): void {
    // Half closing says nothing that cancelling does not.
  }

  cancel(): void {
    this.onCancel();
  }
}
