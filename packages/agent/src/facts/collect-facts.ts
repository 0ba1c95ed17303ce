import { LIMITS, type HostFacts, type InterfaceFacts } from '@nap/shared';
import type { DockerPort } from '../docker/docker-port.js';
import { isWithin, parseCidr, formatCidr, type Cidr } from '../network/cidr.js';
import { parseSubnetEnv, type FlannelSubnet } from '../network/subnet-env.js';
import type { HostProbe } from './host-probe.js';
import { acceptedNetworks, directRoutingDrops, policyOf } from './parse-iptables.js';
import { parseRoutes, routesToHosts, uplinkOf } from './parse-routes.js';

export interface CollectParts {
  readonly probe: HostProbe;
  readonly docker: Pick<DockerPort, 'network' | 'facts'>;
  readonly subnetFile: string;
  /** Whose disks are looked at, besides the engine's. */
  readonly directories: readonly string[];
}

/** What can be seen of this host now. `network` is the engine's network of the instances. Throws nothing. */
export async function collectFacts(parts: CollectParts, network: string): Promise<HostFacts> {
  const { probe } = parts;
  const text = await probe.read(parts.subnetFile);
  const flannel = text === undefined ? undefined : parseSubnetEnv(text);
  const networkFacts = await networkOf(parts, network);
  const routes = parseRoutes((await probe.read('/proc/net/route')) ?? '');
  const uplink = uplinkOf(routes);
  const clock = await clockOf(probe);
  return {
    interfaces: await interfacesOf(probe),
    ...routeFacts(routes, flannel),
    ...(uplink === undefined ? {} : { uplink }),
    flannel: {
      path: parts.subnetFile,
      file: flannel === undefined ? (text === undefined ? 'missing' : 'unusable') : fileOf(flannel),
      isRunning: await runs(probe, 'flanneld'),
    },
    ...(networkFacts === undefined ? {} : { network: networkFacts }),
    kernel: await kernelOf(probe),
    firewall: await firewallOf(probe, parseCidr(networkFacts?.subnet ?? '')),
    ...(clock === undefined ? {} : { clock }),
    disks: await disksOf(parts),
  };
}

function fileOf({ network, subnet, gateway, mtu, isMasquerading }: FlannelSubnet) {
  return {
    ...(network === undefined ? {} : { network: formatCidr(network) }),
    subnet: `${gateway}/${subnet.bits}`,
    ...(mtu === undefined ? {} : { mtu }),
    isMasquerading,
  };
}

function routeFacts(
  routes: ReturnType<typeof parseRoutes>,
  flannel: FlannelSubnet | undefined,
): Pick<HostFacts, 'routes' | 'routeCount'> {
  if (flannel?.network === undefined) return {};
  const all = routesToHosts(routes, flannel.network, flannel.subnet);
  return { routes: all.slice(0, LIMITS.factRoutes), routeCount: all.length };
}

async function networkOf(
  { docker }: CollectParts,
  name: string,
): Promise<HostFacts['network'] | undefined> {
  // The engine may be away: then it is not known, and the agent itself says why.
  const found = await docker.network(name).catch(() => undefined);
  if (found === undefined) return undefined;
  const { driver, subnet, options } = found;
  return { name, driver, ...(subnet === undefined ? {} : { subnet }), options: { ...options } };
}

/** Those with an IPv4 address: the ends of containers' own links have none. */
async function interfacesOf(probe: HostProbe): Promise<InterfaceFacts[]> {
  const all = [...probe.addresses()]
    .filter(([name, addresses]) => name !== 'lo' && addresses.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(
    all.slice(0, LIMITS.factInterfaces).map(async ([name, addresses]) => {
      const mtu = Number(await probe.read(`/sys/class/net/${name}/mtu`));
      const state = (await probe.read(`/sys/class/net/${name}/operstate`))?.trim();
      return {
        name,
        addresses: [...addresses],
        ...(Number.isInteger(mtu) && mtu > 0 ? { mtu } : {}),
        // A tunnel is `unknown` while it works.
        ...(state === undefined ? {} : { isUp: state !== 'down' }),
      };
    }),
  );
}

async function kernelOf(probe: HostProbe): Promise<NonNullable<HostFacts['kernel']>> {
  const forward = await probe.read('/proc/sys/net/ipv4/ip_forward');
  const bridge = await probe.list('/proc/sys/net/bridge');
  return {
    ...(forward === undefined ? {} : { isForwarding: forward.trim() === '1' }),
    hasBridgeFilter: bridge.length > 0,
  };
}

async function firewallOf(
  probe: HostProbe,
  network: Cidr | undefined,
): Promise<NonNullable<HostFacts['firewall']>> {
  const list = (...args: readonly string[]): Promise<string | undefined> =>
    probe.run('iptables', ['-w', '2', ...args]);
  const forward = await list('-S', 'FORWARD');
  if (forward === undefined) return {};
  const own = forward.includes('-j FLANNEL-FWD') ? await list('-S', 'FLANNEL-FWD') : undefined;
  const raw = await list('-t', 'raw', '-S', 'PREROUTING');
  const isOwn = (address: string): boolean => {
    const cidr = parseCidr(`${address}/32`);
    return cidr !== undefined && network !== undefined && isWithin(cidr, network);
  };
  const forwardPolicy = policyOf(forward, 'FORWARD');
  return {
    ...(forwardPolicy === undefined ? {} : { forwardPolicy }),
    forwardAccepts: [...acceptedNetworks(`${forward}\n${own ?? ''}`)].slice(0, LIMITS.factRoutes),
    ...(raw === undefined ? {} : { directRoutingDrops: directRoutingDrops(raw, isOwn) }),
  };
}

/** Of systemd-timesyncd or chrony; what else keeps the time says nothing that is cheap to read. */
async function clockOf(probe: HostProbe): Promise<HostFacts['clock'] | undefined> {
  const timesync = await probe.list('/run/systemd/timesync');
  if (timesync.includes('synchronized')) return { isSynchronised: true };
  const chrony = await probe.run('chronyc', ['-c', 'tracking']);
  if (chrony !== undefined) return { isSynchronised: !chrony.includes('Not synchronised') };
  return timesync.length > 0 ? { isSynchronised: false } : undefined;
}

async function runs(probe: HostProbe, program: string): Promise<boolean> {
  const processes = (await probe.list('/proc')).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(processes.map((pid) => probe.read(`/proc/${pid}/comm`)));
  return names.some((name) => name?.trim() === program);
}

async function disksOf({ probe, docker, directories }: CollectParts): Promise<HostFacts['disks']> {
  const engine = await docker.facts().catch(() => undefined);
  const paths = [...new Set([...(engine === undefined ? [] : [engine.dataRoot]), ...directories])];
  const disks = await Promise.all(paths.map((path) => probe.disk(path)));
  return disks.flatMap((disk) => disk ?? []);
}
