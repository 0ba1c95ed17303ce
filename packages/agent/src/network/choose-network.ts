import { isApiAtLeast } from '@nap/shared';
import type { NetworkFacts, NetworkRequest } from '../docker/docker-port.js';
import { formatCidr, isWithin, parseCidr } from './cidr.js';
import type { FlannelSubnet } from './subnet-env.js';

export type NetworkMode = 'auto' | 'bridge' | 'nap';

export const NAP_NETWORK = 'nap';

export interface NetworkInput {
  readonly mode: NetworkMode;
  readonly flannel: FlannelSubnet | undefined;
  /** Flannel is configured for the cluster, or was in use on this host before. */
  readonly isFlannelExpected: boolean;
  readonly subnetFile: string;
  /** The engine's default bridge. */
  readonly bridge: NetworkFacts | undefined;
  /** The network of nap's own, when it exists. */
  readonly nap: NetworkFacts | undefined;
  readonly apiVersion: string;
}

export interface NetworkChoice {
  readonly network: 'bridge' | typeof NAP_NETWORK;
  readonly subnet?: string;
  readonly gateway?: string;
  /** The agent gives each instance its address. */
  readonly hasStableAddresses: boolean;
  /** To be created first. */
  readonly create?: NetworkRequest;
  /** Works, but not as well as it could. */
  readonly warning?: string;
  /** New containers would be unreachable: none is created until this is put right. */
  readonly problem?: string;
}

const MTU = 'com.docker.network.driver.mtu';

/** Where new instances get their addresses from. Only addresses in flannel's subnet are reachable from other hosts. */
export function chooseNetwork(input: NetworkInput): NetworkChoice {
  const { mode, flannel } = input;
  if (flannel === undefined) return withoutFlannel(input);
  const bridgeSubnet = parseCidr(input.bridge?.subnet ?? '');
  const isBridgeInFlannel = bridgeSubnet !== undefined && isWithin(bridgeSubnet, flannel.subnet);
  if (mode === 'nap' || (mode === 'auto' && !isBridgeInFlannel)) return ownNetwork(input, flannel);
  const subnet = input.bridge?.subnet;
  const choice = {
    network: 'bridge',
    ...(subnet === undefined ? {} : { subnet }),
    hasStableAddresses: false,
  } as const;
  if (isBridgeInFlannel) return choice;
  const warning = `the engine's default bridge (${subnet ?? 'no subnet'}) does not lie in flannel's subnet ${formatCidr(flannel.subnet)}: containers are not reachable from other hosts; use --network auto, or start dockerd with --bip`;
  return { ...choice, warning };
}

function withoutFlannel({
  mode,
  isFlannelExpected,
  subnetFile,
  bridge,
}: NetworkInput): NetworkChoice {
  const base = {
    network: 'bridge',
    ...(bridge?.subnet === undefined ? {} : { subnet: bridge.subnet }),
    hasStableAddresses: false,
  } as const;
  if (mode === 'nap' || (mode === 'auto' && isFlannelExpected)) {
    const problem = `flannel has not written ${subnetFile} on this host: start flanneld, or use --network bridge on a single host`;
    return { ...base, problem };
  }
  return mode === 'bridge'
    ? base
    : {
        ...base,
        warning: `no flannel on this host (${subnetFile} does not exist): containers are reachable from this host only`,
      };
}

function ownNetwork(input: NetworkInput, flannel: FlannelSubnet): NetworkChoice {
  const request = networkRequest(flannel, input.apiVersion);
  const base = {
    network: NAP_NETWORK,
    subnet: request.subnet,
    gateway: request.gateway,
    hasStableAddresses: true,
  } as const;
  if (input.nap === undefined) return { ...base, create: request };
  const { subnet, driver, options } = input.nap;
  if (driver !== 'bridge' || subnet !== request.subnet) {
    const problem = `the engine's network ${NAP_NETWORK} is ${driver} ${subnet ?? 'without a subnet'}, but flannel's subnet of this host is ${request.subnet}: remove its containers, then "docker network rm ${NAP_NETWORK}"; the agent makes a new one`;
    return { ...base, problem };
  }
  const wanted = request.options[MTU];
  return wanted === undefined || options[MTU] === wanted
    ? base
    : {
        ...base,
        warning: `the engine's network ${NAP_NETWORK} has MTU ${options[MTU] ?? 'of the engine'}, flannel's is ${wanted}: large packets to other hosts are lost; remove the network while no container uses it, the agent makes a new one`,
      };
}

function networkRequest(flannel: FlannelSubnet, apiVersion: string): NetworkRequest {
  return {
    name: NAP_NETWORK,
    subnet: formatCidr(flannel.subnet),
    gateway: flannel.gateway,
    options: {
      'com.docker.network.bridge.name': 'nap0',
      // Other hosts must see a container's own address, or nothing could be told apart by it.
      'com.docker.network.bridge.enable_ip_masquerade': flannel.isMasquerading ? 'false' : 'true',
      ...(flannel.mtu === undefined ? {} : { [MTU]: String(flannel.mtu) }),
      // Since Docker 28 packets that are routed to a container's address are dropped unless the network says otherwise.
      ...(isApiAtLeast(apiVersion, '1.48')
        ? { 'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected' }
        : {}),
    },
  };
}
