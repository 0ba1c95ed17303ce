import { systemClock } from '../runtime/clock.js';
import { silentLog } from '../runtime/log.js';
import { DEFAULT_ROOT } from '../schema/keys.js';
import { Calls } from './calls.js';
import { commitWrites } from './commit.js';
import { connect } from './connect.js';
import { checkEndpoints } from './endpoints.js';
import { EtcdRpc, newLeaseId } from './etcd-rpc.js';
import { KeepAliveStream } from './keep-alive.js';
import { KeySpace } from './key-range.js';
import { KeyLeadership } from './leadership.js';
import { STORE_LIMITS } from './limits.js';
import { Links } from './links.js';
import { EtcdMirror } from './mirror.js';
import { leaseLives } from './lease-lives.js';
import { LeaseSession } from './session.js';
import type {
  CommitOptions,
  CommitResult,
  Leadership,
  LeadershipOptions,
  LeaseLife,
  Mirror,
  ReadBefore,
  Session,
  SessionOptions,
  Snapshot,
  Store,
  StoredEntry,
  StoreKey,
  StoreOptions,
  Write,
} from './store.js';
import { Patience } from './patience.js';
import { Tokens } from './tokens.js';

interface Closable {
  close(): Promise<void>;
}

/** Dials nothing yet. Throws BAD_CONFIG for endpoints or a root that cannot work. */
export function openStore(options: StoreOptions): Store {
  return new EtcdStore(options);
}

class EtcdStore implements Store {
  private readonly clock;
  private readonly random;
  private readonly log;
  private readonly timeoutMs;
  private readonly patience: Patience;
  private readonly keySpace;
  private readonly tokens;
  private readonly links: {
    readonly unary: Links;
    readonly mirror: Links;
    readonly session: Links;
  };
  private readonly calls: Calls;
  private readonly rpc: EtcdRpc;
  /** What was handed out and is still open; closed in reverse order. */
  private readonly open = new Set<Closable>();

  constructor(options: StoreOptions) {
    const endpoints = checkEndpoints(options);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.log = options.log ?? silentLog;
    this.timeoutMs = options.callTimeoutMs ?? STORE_LIMITS.callTimeoutMs;
    this.patience = new Patience({
      clock: this.clock,
      endpoints: endpoints.length,
      own: options.patience,
    });
    this.keySpace = new KeySpace(options.root ?? DEFAULT_ROOT);
    const tokens = new Tokens(options.user);
    this.tokens = tokens;
    const links = (): Links =>
      new Links(endpoints, (endpoint) => connect(endpoint, options, tokens));
    this.links = { unary: links(), mirror: links(), session: links() };
    const { clock, random, timeoutMs, patience } = this;
    this.calls = new Calls(this.links.unary, tokens, { clock, random, timeoutMs, patience });
    this.rpc = new EtcdRpc(this.calls, this.keySpace, clock);
  }

  async snapshot(
    prefixes: readonly StoreKey[],
    signal?: AbortSignal,
    before?: ReadBefore,
  ): Promise<Snapshot> {
    const { revision, entries, origin } = await this.rpc.list(prefixes, signal, { before });
    return { revision, entries, ...(origin === undefined ? {} : { origin }) };
  }

  async get(key: StoreKey, signal?: AbortSignal): Promise<StoredEntry | undefined> {
    const { entries } = await this.rpc.list([key], signal);
    return entries.get(key);
  }

  async keys(prefixes: readonly StoreKey[], signal?: AbortSignal): Promise<readonly StoreKey[]> {
    const { entries } = await this.rpc.list(prefixes, signal, { isKeysOnly: true });
    return [...entries.keys()];
  }

  leases(
    keys: readonly StoreKey[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<StoreKey, LeaseLife>> {
    return leaseLives(this.calls, this.keySpace, { keys, signal });
  }

  commit(writes: readonly Write[], options?: CommitOptions): Promise<CommitResult> {
    return commitWrites(this.rpc, writes, options);
  }

  mirror(prefix: StoreKey, before?: ReadBefore): Mirror {
    const { rpc, tokens, keySpace, clock, random, timeoutMs, log, patience } = this;
    const mirror = new EtcdMirror(prefix, {
      ...{ rpc, tokens, keySpace, clock, random, timeoutMs, log, patience, before },
      links: this.links.mirror,
      onClosed: () => {
        this.open.delete(mirror);
      },
    });
    this.open.add(mirror);
    return mirror;
  }

  async session(options: SessionOptions, signal?: AbortSignal): Promise<Session> {
    const { rpc, clock, random, log, patience } = this;
    const stream = new KeepAliveStream(this.links.session, this.tokens, clock);
    const session = await LeaseSession.open(
      {
        port: {
          grant: (leaseId, ttlS, grantSignal) => rpc.grant(leaseId, ttlS, grantSignal),
          keepAlive: (leaseId, timeoutMs, renewSignal) =>
            stream.renew(
              leaseId,
              timeoutMs * Math.min(patience.learned, STORE_LIMITS.keepAlivePatienceMax),
              renewSignal,
            ),
          revoke: (leaseId) => rpc.revoke(leaseId),
          newLeaseId,
        },
        ...{ clock, random, log },
        onClosed: () => {
          stream.close();
          this.open.delete(session);
        },
      },
      options.ttlS,
      signal,
    );
    this.open.add(session);
    return session;
  }

  leadership(options: LeadershipOptions): Leadership {
    const { clock, random, log } = this;
    const leadership = new KeyLeadership(
      {
        store: this,
        ...{ clock, random, log },
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
    this.patience.end();
    for (const closable of [...this.open].reverse()) await closable.close();
    for (const links of Object.values(this.links)) links.close();
  }
}
