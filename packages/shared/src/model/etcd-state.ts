/** How one member of etcd is, as itself says. */
export interface EtcdMemberStatus {
  readonly endpoint: string;
  readonly version: string;
  readonly dbBytes: number;
  /** The rest is free pages, which a defragmentation gives back; 0: it does not say. */
  readonly dbInUseBytes: number;
  /** Absent: it does not say, so it is most likely the default of 2 GiB. */
  readonly quotaBytes?: number;
  /** Revision up to which old revisions were thrown away; absent: it does not say. */
  readonly compactedRevision?: number;
  readonly revision: number;
  /** Undefined: it knows no leader. */
  readonly leaderId: string | undefined;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  readonly latencyMs: number;
  /** How far its clock is ahead of this one, to a second or so; absent: it does not say. */
  readonly clockAheadMs?: number;
  /** In etcd's own words. */
  readonly errors: readonly string[];
}

export interface EtcdMemberState {
  /** Its endpoint, where etcd could not tell which members there are. */
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly status?: EtcdMemberStatus;
  /** Why there is no status. */
  readonly problem?: string;
}

export interface EtcdAlarm {
  readonly memberId: string;
  readonly kind: 'NOSPACE' | 'CORRUPT';
}

export interface EtcdState {
  readonly members: readonly EtcdMemberState[];
  readonly alarms: readonly EtcdAlarm[];
  /** Endpoints of the configuration that are no member, or do not answer. */
  readonly strangers: readonly { readonly endpoint: string; readonly problem: string }[];
}

/** A key that lives under a lease, or would. */
export interface LeasedEntry {
  /** Without the root. */
  readonly key: string;
  readonly value: string;
  /** Absent: it is kept. */
  readonly lease?: { readonly ttlS: number; readonly grantedTtlS: number };
}
