import type { EtcdState, HostFacts, HostId, LeasedEntry } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';

/** When a host last told its clock, and when that was heard here; unheard: it stood there already. */
export interface ClockReading {
  readonly hostMs: number;
  readonly heardAtMs: number | undefined;
}

export interface FlannelFacts {
  readonly prefix: string;
  /** As it stands in etcd. */
  readonly config: string | undefined;
  /** What the API of etcd 2 has; asked only where `config` is missing. */
  readonly oldConfig: string | undefined;
  /** Other prefixes that hold a config; looked at only where `config` is missing. */
  readonly elsewhere: readonly string[];
  /** By key below the prefix. */
  readonly leases: readonly LeasedEntry[];
}

/** Why a part of the facts is missing. */
export interface Unknown {
  readonly code: string;
  readonly message: string;
}

/** All that `doctor` judges, collected beforehand. What could not be had is undefined, or says why. */
export interface DoctorFacts {
  readonly nowMs: number;
  /** Of this nap-controller. */
  readonly version: string;
  readonly etcd: EtcdState | Unknown;
  readonly view: ClusterView | Unknown;
  readonly hosts: ReadonlyMap<HostId, HostFacts>;
  /** Of `hosts/<host>/session`. */
  readonly sessions: ReadonlyMap<HostId, NonNullable<LeasedEntry['lease']>>;
  readonly flannel: FlannelFacts | Unknown;
  readonly clocks: ReadonlyMap<HostId, ClockReading>;
}

export const isUnknown = (value: object): value is Unknown => 'code' in value;
