import { formatCidr, isWithin, parseCidr, type HostFacts, type HostId } from '@nap/shared';
import { isUnknown, type DoctorFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';
import { parseFlannelConfig } from './flannel-config.js';

const OPTION = 'com.docker.network.';
const MTU = `${OPTION}driver.mtu`;
const MASQUERADE = `${OPTION}bridge.enable_ip_masquerade`;
/** The engine's own, where nobody says otherwise. */
const DEFAULT_MTU = 1500;

/** Bytes that each backend puts around a packet. */
const OVERHEAD: Readonly<Record<string, number>> = {
  ...{ vxlan: 50, udp: 28, ipip: 20, wireguard: 80, 'host-gw': 0, alloc: 0 },
};

type File = Exclude<NonNullable<HostFacts['flannel']>['file'], string>;

const fileOf = ({ flannel }: HostFacts): File | undefined =>
  typeof flannel?.file === 'object' ? flannel.file : undefined;

/** Bridge, MTU, kernel, firewall and engine of each host. */
export function judgeNetwork(facts: DoctorFacts): readonly Finding[] {
  const backend = backendOf(facts);
  return [
    ...[...facts.hosts].flatMap(([id, host]) => [
      ...judgeBridge(id, host),
      ...judgeMtu(id, host, backend),
      ...judgeKernel(id, host),
      ...judgeFirewall(id, host, engineOf(facts, id)),
      ...judgeMasquerade(id, host),
    ]),
    ...differentMtus(facts),
  ];
}

function backendOf({ flannel }: DoctorFacts): string | undefined {
  if (isUnknown(flannel) || flannel.config === undefined) return undefined;
  const config = parseFlannelConfig(flannel.config);
  return typeof config === 'string' ? undefined : config.backend;
}

function engineOf({ view }: DoctorFacts, id: HostId): string | undefined {
  return isUnknown(view) ? undefined : view.hosts.get(id)?.info?.engineVersion;
}

function judgeBridge(id: HostId, { network, ...facts }: HostFacts): readonly Finding[] {
  const file = fileOf(facts);
  const subnet = parseCidr(file?.subnet ?? '');
  const bridge = parseCidr(network?.subnet ?? '');
  if (subnet === undefined || network === undefined) return [];
  if (bridge !== undefined && isWithin(bridge, subnet)) return [];
  const evidence = `network ${network.name} is ${network.subnet ?? 'without a subnet'}, flannel's subnet ${formatCidr(subnet)}`;
  return [finding('bridge-outside-subnet', id, evidence)];
}

function judgeMtu(id: HostId, facts: HostFacts, backend: string | undefined): readonly Finding[] {
  const { network } = facts;
  const mtu = fileOf(facts)?.mtu;
  if (mtu === undefined) return [];
  const given = Number(network?.options[MTU] ?? DEFAULT_MTU);
  const bridge =
    network !== undefined && given > mtu
      ? [finding('mtu-too-large', id, `network ${network.name} has ${given}, flannel ${mtu}`)]
      : [];
  return [...bridge, ...judgeUplink(id, facts, mtu, backend ?? 'udp')];
}

function judgeUplink(
  id: HostId,
  { interfaces, uplink }: HostFacts,
  mtu: number,
  backend: string,
): readonly Finding[] {
  const wire = interfaces.find(({ name }) => name === uplink);
  const overhead = OVERHEAD[backend];
  if (wire?.mtu === undefined || overhead === undefined || mtu <= wire.mtu - overhead) return [];
  const evidence = `flannel has ${mtu}, but ${wire.name} carries ${wire.mtu}, and ${backend} takes ${overhead} of it`;
  return [finding('mtu-too-large', id, evidence)];
}

function differentMtus({ hosts }: DoctorFacts): readonly Finding[] {
  const byMtu = new Map<number, string[]>();
  for (const [id, facts] of hosts) {
    const mtu = fileOf(facts)?.mtu;
    if (mtu !== undefined) byMtu.set(mtu, [...(byMtu.get(mtu) ?? []), id]);
  }
  if (byMtu.size < 2) return [];
  const evidence = [...byMtu].map(([mtu, ids]) => `${mtu} on ${ids.join(', ')}`).join('; ');
  return [finding('mtu-differs', 'flannel', evidence)];
}

function judgeKernel(id: HostId, facts: HostFacts): readonly Finding[] {
  const { kernel } = facts;
  const isFlannel = fileOf(facts) !== undefined;
  return [
    ...(kernel?.isForwarding === false
      ? [finding('ip-forward-off', id, 'net.ipv4.ip_forward is 0')]
      : []),
    ...(isFlannel && kernel?.hasBridgeFilter === false
      ? [finding('bridge-filter-missing', id, 'no /proc/sys/net/bridge')]
      : []),
  ];
}

/** Since this version the engine drops what is routed to a container, unless it is told otherwise. */
const DIRECT_ROUTING_SINCE = 28;

function judgeFirewall(
  id: HostId,
  facts: HostFacts,
  engineVersion: string | undefined,
): readonly Finding[] {
  const { firewall } = facts;
  const file = fileOf(facts);
  if (firewall === undefined || file === undefined) return [];
  const { forwardPolicy, forwardAccepts = [], directRoutingDrops = 0 } = firewall;
  const network = parseCidr(file.network ?? file.subnet);
  const isLetThrough = forwardAccepts.some((text) => {
    const accepted = parseCidr(text.includes('/') ? text : `${text}/32`);
    return accepted !== undefined && network !== undefined && isWithin(network, accepted);
  });
  const engine = engineVersion ?? 'of unknown version';
  const isOlder = Number.parseInt(engineVersion ?? '', 10) < DIRECT_ROUTING_SINCE;
  return [
    ...(forwardPolicy === 'DROP' && !isLetThrough
      ? [
          finding(
            'forward-drops',
            id,
            `policy DROP, and no rule accepts ${file.network ?? file.subnet}`,
          ),
        ]
      : []),
    ...(directRoutingDrops > 0 && !isOlder
      ? [
          finding(
            'docker-direct-routing',
            id,
            `engine ${engine} has ${directRoutingDrops} rules that drop what is routed to containers`,
          ),
        ]
      : []),
  ];
}

function judgeMasquerade(id: HostId, facts: HostFacts): readonly Finding[] {
  const file = fileOf(facts);
  const { network } = facts;
  if (file === undefined || network === undefined) return [];
  const isEngine = network.options[MASQUERADE] !== 'false';
  if (isEngine !== file.isMasquerading) return [];
  const said = `FLANNEL_IPMASQ=${file.isMasquerading}, network ${network.name} ${isEngine ? 'masquerades' : 'does not'}`;
  return [finding(isEngine ? 'masquerade-twice' : 'masquerade-none', id, said)];
}
