import type { Etcd3, IAlarmResponse, IMember, IMemberListResponse, IStatusResponse } from 'etcd3';
import { isNapError, type NapError } from '../errors/nap-error.js';
import type {
  EtcdAlarm,
  EtcdMemberState,
  EtcdMemberStatus,
  EtcdState,
  LeasedEntry,
} from '../model/etcd-state.js';
import { systemClock } from '../runtime/clock.js';
import { DEFAULT_ROOT } from '../schema/keys.js';
import { Calls } from './calls.js';
import { connect } from './connect.js';
import { checkEndpoints } from './endpoints.js';
import { askHttp, parseMetrics } from './etcd-http.js';
import { KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import { Links } from './links.js';
import { grpcMessage, isEtcdFailure } from './map-errors.js';
import type { StoreKey, StoreOptions } from './store.js';
import { Patience } from './patience.js';
import { Tokens } from './tokens.js';

/** Looks at etcd itself rather than at what is in it; changes nothing. Errors are those of the store. */
export interface EtcdInspector {
  /** Every member, those too that do not answer. Throws only when none does. */
  state(signal?: AbortSignal): Promise<EtcdState>;
  /** The keys under a prefix with what is left of their leases; of at most `STORE_LIMITS.inspectedLeases` keys. */
  leases(prefix: StoreKey, signal?: AbortSignal): Promise<readonly LeasedEntry[]>;
  /** What the API of etcd 2 has at a key below the root; undefined: nothing, or that API is off. */
  valueOfOldApi(key: string): Promise<string | undefined>;
  close(): void;
}

/** Dials nothing yet. Throws BAD_CONFIG for endpoints or a root that cannot work. */
export function inspectEtcd(options: StoreOptions): EtcdInspector {
  return new Inspector(options);
}

class Inspector implements EtcdInspector {
  private readonly options: StoreOptions;
  private readonly keySpace: KeySpace;
  private readonly tokens: Tokens;
  private readonly links: Links;
  private readonly calls: Calls;
  private readonly timeoutMs: number;

  constructor(options: StoreOptions) {
    const endpoints = checkEndpoints(options);
    const { clock = systemClock, random = Math.random } = options;
    const timeoutMs = options.callTimeoutMs ?? STORE_LIMITS.callTimeoutMs;
    this.options = options;
    this.timeoutMs = timeoutMs;
    this.keySpace = new KeySpace(options.root ?? DEFAULT_ROOT);
    this.tokens = new Tokens(options.user);
    this.links = new Links(endpoints, (endpoint) =>
      connect(endpoint, options, this.tokens, { needsLeader: false }),
    );
    const patience = new Patience({ clock, endpoints: endpoints.length });
    this.calls = new Calls(this.links, this.tokens, { clock, random, timeoutMs, patience });
  }

  async state(signal?: AbortSignal): Promise<EtcdState> {
    const [list, asked, alarms] = await Promise.all([
      this.memberList(signal),
      Promise.all(this.links.endpoints.map((endpoint) => this.askAt(endpoint))),
      this.alarms(signal),
    ]);
    // Without a leader a newer etcd does not tell its members: then those are shown that are configured.
    if (isNapError(list)) {
      if (asked.every(({ status }) => status === undefined)) throw list;
      return { members: asked.map(endpointState), alarms, strangers: [] };
    }
    const members = await Promise.all(
      list.map(async (member) => {
        const known = asked.find(({ memberId }) => memberId === member.ID);
        return memberState(member, known ?? (await this.askByUrls(member)));
      }),
    );
    return { members, alarms, strangers: strangersIn(asked, list) };
  }

  async leases(prefix: StoreKey, signal?: AbortSignal): Promise<readonly LeasedEntry[]> {
    const call = { what: 'read leases', isIdempotent: true, signal } as const;
    const { start, end } = this.keySpace.range(prefix);
    const range = { key: start, ...(end === undefined ? {} : { range_end: end }) };
    const { kvs } = await this.calls.run(
      (etcd, options) => etcd.kv.range({ ...range, limit: STORE_LIMITS.inspectedLeases }, options),
      call,
    );
    return Promise.all(
      kvs.map(async (pair): Promise<LeasedEntry> => {
        const { key, value } = this.keySpace.toEntry(pair);
        if (pair.lease === '0') return { key, value };
        const { TTL, grantedTTL } = await this.calls.run(
          (etcd, options) => etcd.leaseClient.leaseTimeToLive({ ID: pair.lease }, options),
          call,
        );
        return { key, value, lease: { ttlS: Number(TTL), grantedTtlS: Number(grantedTTL) } };
      }),
    );
  }

  async valueOfOldApi(key: string): Promise<string | undefined> {
    for (const endpoint of this.links.endpoints) {
      const answer = await askHttp(endpoint, `/v2/keys${this.keySpace.root}${key}`, {
        ...{ tls: this.options.tls, timeoutMs: this.timeoutMs },
      });
      if (answer?.status !== 200) continue;
      const found = /"value":("(?:[^"\\]|\\.)*")/.exec(answer.text)?.[1];
      if (found !== undefined) return String(JSON.parse(found));
    }
    return undefined;
  }

  close(): void {
    this.links.close();
  }

  /** The error where the members cannot be told. */
  private async memberList(
    signal: AbortSignal | undefined,
  ): Promise<readonly IMember[] | NapError> {
    try {
      const call = { what: 'list its members', isIdempotent: true, signal };
      const list = (etcd: Etcd3, options: CallOptions): Promise<IMemberListResponse> =>
        etcd.cluster.memberList({}, options);
      return (await this.calls.run(list, call)).members;
    } catch (err) {
      if (isNapError(err)) return err;
      throw err;
    }
  }

  /** None where there is no majority to ask; that is said of the members. */
  private async alarms(signal: AbortSignal | undefined): Promise<readonly EtcdAlarm[]> {
    try {
      const call = { what: 'list its alarms', isIdempotent: true, signal };
      const list = (etcd: Etcd3, options: CallOptions): Promise<IAlarmResponse> =>
        etcd.maintenance.alarm({}, options);
      const { alarms } = await this.calls.run(list, call);
      return alarms.flatMap(({ memberID, alarm }): readonly EtcdAlarm[] => {
        const kind = alarm.toUpperCase();
        return kind === 'NOSPACE' || kind === 'CORRUPT' ? [{ memberId: memberID, kind }] : [];
      });
    } catch (err) {
      if (isNapError(err)) return [];
      throw err;
    }
  }

  private async askAt(endpoint: string): Promise<AskedEndpoint> {
    return { endpoint, ...(await this.ask(endpoint)) };
  }

  /** A member that no configured endpoint leads to is asked where it says it is. */
  private async askByUrls({ clientURLs }: IMember): Promise<Asked> {
    let last: Asked = { problem: 'it has not started, or tells no address for clients' };
    for (const url of clientURLs) {
      last = await this.ask(url);
      if (last.status !== undefined) return last;
    }
    return last;
  }

  private async ask(endpoint: string): Promise<Asked> {
    const etcd = connect(endpoint, this.options, this.tokens, { needsLeader: false });
    try {
      await this.tokens.ensure(etcd, this.timeoutMs);
      const status = (): Promise<IStatusResponse> =>
        etcd.maintenance.status({ deadline: Date.now() + this.timeoutMs });
      // The first answer has the making of the connection in it.
      await status();
      const startedAtMs = performance.now();
      const answer = await status();
      const latencyMs = performance.now() - startedAtMs;
      return {
        memberId: answer.header.member_id,
        status: {
          endpoint,
          version: answer.version,
          dbBytes: Number(answer.dbSize),
          dbInUseBytes: Number(answer.dbSizeInUse),
          revision: Number(answer.header.revision),
          leaderId: answer.leader === '0' ? undefined : answer.leader,
          raftTerm: Number(answer.raftTerm),
          raftIndex: Number(answer.raftIndex),
          raftAppliedIndex: Number(answer.raftAppliedIndex),
          isLearner: answer.isLearner,
          latencyMs: Math.round(latencyMs * 10) / 10,
          errors: answer.errors,
          ...(await this.more(endpoint)),
        },
      };
    } catch (err) {
      if (!isEtcdFailure(err)) throw err;
      return { problem: grpcMessage(err) };
    } finally {
      etcd.close();
    }
  }

  /** What only the metrics of a member tell; nothing where they are not to be had. */
  private async more(
    endpoint: string,
  ): Promise<Pick<EtcdMemberStatus, 'quotaBytes' | 'compactedRevision' | 'clockAheadMs'>> {
    const { tls } = this.options;
    const answer = await askHttp(endpoint, '/metrics', { tls, timeoutMs: this.timeoutMs });
    if (answer?.status !== 200) return {};
    const metrics = parseMetrics(answer.text);
    const quotaBytes = metrics.get('etcd_server_quota_backend_bytes');
    const compactedRevision = metrics.get('etcd_debugging_mvcc_compact_revision');
    return {
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
      ...(compactedRevision === undefined ? {} : { compactedRevision }),
      ...(answer.clockAheadMs === undefined ? {} : { clockAheadMs: answer.clockAheadMs }),
    };
  }
}

interface CallOptions {
  readonly deadline: number;
}

interface Asked {
  readonly memberId?: string;
  readonly status?: EtcdMemberStatus;
  readonly problem?: string;
}

interface AskedEndpoint extends Asked {
  readonly endpoint: string;
}

const endpointState = ({ endpoint, status, problem }: AskedEndpoint): EtcdMemberState => ({
  ...{ id: endpoint, name: endpoint, clientUrls: [endpoint] },
  ...(status === undefined ? {} : { status }),
  ...(problem === undefined ? {} : { problem }),
});

/** An endpoint that does not answer may be that of a member which does, at its own address: it is a fault all the same. */
function strangersIn(
  asked: readonly AskedEndpoint[],
  members: readonly IMember[],
): EtcdState['strangers'] {
  const ids = new Set(members.map(({ ID }) => ID));
  return asked.flatMap(({ endpoint, memberId, problem }) => {
    if (problem !== undefined) return [{ endpoint, problem }];
    const isMember = memberId !== undefined && ids.has(memberId);
    return isMember ? [] : [{ endpoint, problem: 'it is a member of another cluster' }];
  });
}

function memberState(member: IMember, { status, problem }: Asked): EtcdMemberState {
  return {
    id: member.ID,
    name: member.name,
    clientUrls: member.clientURLs,
    ...(status === undefined ? {} : { status }),
    ...(problem === undefined ? {} : { problem }),
  };
}
