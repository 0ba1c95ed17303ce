import { etcdEndpoint, type Machine } from './addresses.js';

const QUOTA_BYTES = 64 * 1024 * 1024;

export interface EtcdFlagsOptions {
  readonly member: Machine;
  readonly members: readonly Machine[];
  readonly dataDir: string;
  /** `existing`: the member was added to a running cluster, after it lost its disk. */
  readonly clusterState: 'new' | 'existing';
}

/**
 * How an operator would run etcd for nap: history is compacted every five minutes, so that watchers that were away
 * longer meet a compaction; progress notifications each minute; a quota that a test can fill.
 */
export function etcdFlags({ member, members, dataDir, clusterState }: EtcdFlagsOptions): string[] {
  const flags = {
    name: member.name,
    'data-dir': dataDir,
    'listen-client-urls': `${etcdEndpoint(member)},http://127.0.0.1:2379`,
    'advertise-client-urls': etcdEndpoint(member),
    'listen-peer-urls': peerUrl(member),
    'initial-advertise-peer-urls': peerUrl(member),
    'initial-cluster': members.map((each) => `${each.name}=${peerUrl(each)}`).join(','),
    'initial-cluster-state': clusterState,
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '5m',
    'experimental-watch-progress-notify-interval': '1m',
    'quota-backend-bytes': String(QUOTA_BYTES),
    'log-level': 'warn',
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

export function peerUrl(member: Machine): string {
  return `http://${member.ip}:2380`;
}
