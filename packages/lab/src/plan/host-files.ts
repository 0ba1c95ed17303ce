/** The files in which one host differs from the machine that it is a copy of: written once, when it is installed. */
import {
  etcdEndpoint,
  machinesOf,
  REGISTRY_IP,
  REGISTRY_NAME,
  REGISTRY_PORT,
  SWITCH_IP,
  type HostPlan,
  type LabPlan,
} from './addresses.js';
import { flanneldSettings, overlayMtu } from './flannel.js';
import type { LabSettings } from './settings.js';

/** Path on the host -> content. */
export type FileSet = Readonly<Record<string, string>>;

export function hostFiles(host: HostPlan, plan: LabPlan, settings: LabSettings): FileSet {
  const endpoints = plan.etcd.map(etcdEndpoint);
  return {
    '/etc/hostname': `${host.name}\n`,
    '/etc/hosts': etcHosts(plan),
    '/etc/resolv.conf': RESOLV_CONF,
    '/etc/docker/daemon.json': daemonJson(host, settings),
    '/etc/flannel/lab.conf': flanneldSettings(host, plan, settings.net, endpoints),
    '/etc/nap/agent.env': agentEnv(host, endpoints),
    '/etc/systemd/system/flanneld.service': FLANNELD_UNIT,
  };
}

/** The lab's nameserver says at once that it knows nothing; names come from /etc/hosts. */
export const RESOLV_CONF = `nameserver ${SWITCH_IP}\n`;

export function etcHosts(plan: LabPlan): string {
  const registryName = REGISTRY_NAME.split(':')[0] ?? '';
  const lines = machinesOf(plan).map((each) =>
    each === plan.registry ? `${each.ip} ${registryName}` : `${each.ip} ${each.name}`,
  );
  return ['127.0.0.1 localhost', ...lines, ''].join('\n');
}

/**
 * dockerd's configuration. `ip-masq` is off where dockerd owns the overlay subnet: flannel masquerades what leaves the
 * overlay, and dockerd's own rule would hide containers behind their host's address.
 */
export function daemonJson(host: HostPlan, settings: LabSettings): string {
  const onOverlay = {
    bip: `${host.gateway}/${host.subnet.split('/')[1] ?? ''}`,
    mtu: overlayMtu(settings.net),
    'ip-masq': false,
  };
  const registry = {
    'registry-mirrors': [`http://${REGISTRY_IP}:${REGISTRY_PORT}`],
    'insecure-registries': [`${REGISTRY_IP}:${REGISTRY_PORT}`, REGISTRY_NAME],
  };
  const config = settings.bridge === 'docker0' ? { ...onOverlay, ...registry } : registry;
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/**
 * /etc/nap/agent.env, as an operator fills it in after deploy/install.sh. The lab's etcd has no certificates, and its network
 * leads nowhere: the agents' API may listen in it.
 */
export function agentEnv(host: HostPlan, endpoints: readonly string[]): string {
  return `NAP_ETCD=${endpoints.join(',')}\nNAP_HOST=${host.name}\nNAP_API_INSECURE_LISTEN=true\n`;
}

/** Ordered as a distribution's flanneld.service is: docker starts once the subnet file and the routes are there. */
const FLANNELD_UNIT = `[Unit]
Description=Stand-in for flanneld
After=network.target
Before=docker.service

[Service]
ExecStartPre=/usr/local/sbin/flanneld setup
ExecStart=/usr/local/sbin/flanneld run
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
RequiredBy=docker.service
`;
