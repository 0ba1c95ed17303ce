import { hostId, type EtcdMemberStatus, type EtcdState, type HostFacts } from '@nap/shared';
import { FakeCluster } from '../../testing/builders.js';
import type { DoctorFacts, FlannelFacts } from '../doctor-facts.js';

/** Builders for tests: a cluster of two hosts in which nothing is wrong, to be spoilt in one place. */

export const MEMBER: EtcdMemberStatus = {
  ...{ endpoint: 'http://10.98.0.1:2379', version: '3.4.23', leaderId: '1', isLearner: false },
  ...{ dbBytes: 20 * 1024 ** 2, dbInUseBytes: 10 * 1024 ** 2, quotaBytes: 2 * 1024 ** 3 },
  ...{ revision: 5_000, compactedRevision: 4_000, latencyMs: 2, clockAheadMs: 0, errors: [] },
  ...{ raftTerm: 2, raftIndex: 100, raftAppliedIndex: 100 },
};

export function etcdOf(
  more: Partial<EtcdMemberStatus> = {},
  rest: Partial<EtcdState> = {},
): EtcdState {
  return {
    members: [
      { id: '1', name: 'm0', clientUrls: [MEMBER.endpoint], status: { ...MEMBER, ...more } },
    ],
    ...{ alarms: [], strangers: [], ...rest },
  };
}

/** Of host-a or host-b, with flannel's vxlan. */
export function hostFactsOf(at: 1 | 2, more: Partial<HostFacts> = {}): HostFacts {
  const other = at === 1 ? 2 : 1;
  return {
    interfaces: [
      { name: 'docker0', addresses: [`10.4.${at}.1/24`], mtu: 1500, isUp: true },
      { name: 'eth0', addresses: [`10.98.0.1${at}/24`], mtu: 1500, isUp: true },
      { name: `flannel.1`, addresses: [`10.4.${at}.0/32`], mtu: 1450, isUp: true },
    ],
    ...{ routes: [`10.4.${other}.0/24`], routeCount: 1, uplink: 'eth0' },
    flannel: {
      path: '/run/flannel/subnet.env',
      file: {
        ...{ network: '10.4.0.0/16', subnet: `10.4.${at}.1/24`, mtu: 1450 },
        isMasquerading: false,
      },
      isRunning: true,
    },
    network: {
      ...{ name: 'bridge', driver: 'bridge', subnet: `10.4.${at}.0/24` },
      options: { 'com.docker.network.driver.mtu': '1450' },
    },
    kernel: { isForwarding: true, hasBridgeFilter: true },
    firewall: { forwardPolicy: 'DROP', forwardAccepts: ['10.4.0.0/16'], directRoutingDrops: 0 },
    clock: { isSynchronised: true },
    disks: [
      { path: '/var/lib/docker', totalBytes: 1024 ** 3, usedPercent: 40, usedInodesPercent: 3 },
    ],
    ...more,
  };
}

export const leaseOf = (
  at: number,
  more: Record<string, unknown> = {},
  ttlS = 80_000,
): FlannelFacts['leases'][number] => ({
  key: `subnets/10.4.${at}.0-24`,
  value: JSON.stringify({
    ...{ PublicIP: `10.98.0.1${at}`, BackendType: 'vxlan' },
    ...{ BackendData: { VNI: 1, VtepMAC: '62:c8:18:89:0e:29' }, ...more },
  }),
  lease: { ttlS, grantedTtlS: 86_400 },
});

export const CONFIG = '{"Network":"10.4.0.0/16","Backend":{"Type":"vxlan"}}';

export function flannelOf(more: Partial<FlannelFacts> = {}): FlannelFacts {
  return {
    ...{ prefix: '/coreos.com/network', config: CONFIG, oldConfig: undefined, elsewhere: [] },
    leases: [leaseOf(1), leaseOf(2)],
    ...more,
  };
}

export function clusterOf(): FakeCluster {
  const cluster = new FakeCluster();
  cluster.addHost('host-a', { address: '10.98.0.11' });
  cluster.addHost('host-b', { address: '10.98.0.12' });
  return cluster;
}

export function factsOf(more: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    ...{ nowMs: 1_000_000, version: '0.1.0', etcd: etcdOf(), view: clusterOf().view },
    hosts: new Map([
      [hostId('host-a'), hostFactsOf(1)],
      [hostId('host-b'), hostFactsOf(2)],
    ]),
    ...{ sessions: new Map(), flannel: flannelOf(), clocks: new Map() },
    ...more,
  };
}

/** The healthy cluster with another host-a. */
export const withHost = (more: Partial<HostFacts>): DoctorFacts =>
  factsOf({
    hosts: new Map([
      [hostId('host-a'), hostFactsOf(1, more)],
      [hostId('host-b'), hostFactsOf(2)],
    ]),
  });
