/** What flannel keeps in etcd and on a host's disk, byte for byte as flannel 0.18 and newer writes it. */
import { OVERLAY_CIDR, type HostPlan, type LabPlan } from './addresses.js';
import type { LabSettings } from './settings.js';

export const FLANNEL_PREFIX = '/coreos.com/network';
export const FLANNEL_CONFIG_KEY = `${FLANNEL_PREFIX}/config`;

const UPLINK_MTU = 1500;
const VXLAN_OVERHEAD_BYTES = 50;
const VNI = 1;
const VXLAN_PORT = 8472;

/** The MTU that containers must use so that their packets still fit the LAN once wrapped. */
export function overlayMtu(net: LabSettings['net']): number {
  return net === 'vxlan' ? UPLINK_MTU - VXLAN_OVERHEAD_BYTES : UPLINK_MTU;
}

/** The network configuration that an operator puts at FLANNEL_CONFIG_KEY before the first flanneld starts. */
export function flannelConfig(net: LabSettings['net']): string {
  const backend = net === 'vxlan' ? { Type: 'vxlan', VNI, Port: VXLAN_PORT } : { Type: 'host-gw' };
  return JSON.stringify({ Network: OVERLAY_CIDR, SubnetLen: 24, Backend: backend });
}

/** `/coreos.com/network/subnets/10.4.1.0-24` */
export function leaseKey(host: HostPlan): string {
  return `${FLANNEL_PREFIX}/subnets/${host.subnet.replace('/', '-')}`;
}

/** The value at leaseKey. It names no host: peers tell each other apart by PublicIP only. */
export function leaseValue(host: HostPlan, net: LabSettings['net']): string {
  const head = { PublicIP: host.ip, PublicIPv6: null, BackendType: net };
  return JSON.stringify(
    net === 'vxlan' ? { ...head, BackendData: { VNI, VtepMAC: host.vtep.mac } } : head,
  );
}

/** /run/flannel/subnet.env */
export function subnetEnv(host: HostPlan, net: LabSettings['net']): string {
  const prefixLength = host.subnet.split('/')[1] ?? '';
  return [
    `FLANNEL_NETWORK=${OVERLAY_CIDR}`,
    `FLANNEL_SUBNET=${host.gateway}/${prefixLength}`,
    `FLANNEL_MTU=${overlayMtu(net)}`,
    'FLANNEL_IPMASQ=true',
    '',
  ].join('\n');
}

/** The shell variables that scripts/flanneld on the host reads. */
export function flanneldSettings(
  host: HostPlan,
  plan: LabPlan,
  net: LabSettings['net'],
  endpoints: readonly string[],
): string {
  const peers = plan.hosts.filter((peer) => peer.name !== host.name);
  return shellVariables({
    NET: net,
    NETWORK: OVERLAY_CIDR,
    SUBNET: host.subnet,
    PUBLIC_IP: host.ip,
    VTEP_IP: host.vtep.ip,
    VTEP_MAC: host.vtep.mac,
    VNI: String(VNI),
    VXLAN_PORT: String(VXLAN_PORT),
    MTU: String(overlayMtu(net)),
    LEASE_KEY: leaseKey(host),
    LEASE_VALUE: leaseValue(host, net),
    SUBNET_ENV: subnetEnv(host, net),
    ENDPOINTS: endpoints.join(','),
    PEERS: peers
      .map((peer) => [peer.ip, peer.subnet, peer.vtep.ip, peer.vtep.mac].join('|'))
      .join(' '),
  });
}

/** `NAME='value'` lines that any POSIX shell reads back unchanged. */
export function shellVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
