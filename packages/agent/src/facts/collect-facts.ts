import { LIMITS, type HostFacts, type InterfaceFacts } from '@nap/shared';
import type { DockerPort, EngineFacts } from '../docker/docker-port.js';
import { formatCidr, isWithin, parseCidr } from '../network/cidr.js';
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
  // The engine may be away: then what it would say is not known, and the agent itself says why.
  const engine = await parts.docker.facts().catch(() => undefined);
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
    firewall: {
      ...(await forwardOf(probe)),
      ...(await directRoutingOf(probe, engine, networkFacts?.subnet)),
    },
    ...(clock === undefined ? {} : { clock }),
    disks: await disksOf(parts, engine?.dataRoot),
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

type Firewall = NonNullable<HostFacts['firewall']>;

const listRules = (probe: HostProbe, ...args: readonly string[]): Promise<string | undefined> =>
  probe.run('iptables', ['-w', '2', ...args]);

async function forwardOf(probe: HostProbe): Promise<Firewall> {
  const forward = await listRules(probe, '-S', 'FORWARD');
  if (forward === undefined) return {};
  const hasOwn = forward.includes('-j FLANNEL-FWD');
  const own = hasOwn ? await listRules(probe, '-S', 'FLANNEL-FWD') : undefined;
  const forwardPolicy = policyOf(forward, 'FORWARD');
  return {
    ...(forwardPolicy === undefined ? {} : { forwardPolicy }),
    forwardAccepts: [...acceptedNetworks(`${forward}\n${own ?? ''}`)].slice(0, LIMITS.factRoutes),
  };
}

/** The first engine that drops what is routed to a container. */
const DIRECT_ROUTING_SINCE = 28;

/** Asked of such engines only: to list a table loads its module, where nothing else has. */
async function directRoutingOf(
  probe: HostProbe,
  engine: EngineFacts | undefined,
  subnet: string | undefined,
): Promise<Firewall> {
  const network = parseCidr(subnet ?? '');
  const isSuch = Number.parseInt(engine?.version ?? '', 10) >= DIRECT_ROUTING_SINCE;
  const raw = isSuch ? await listRules(probe, '-t', 'raw', '-S', 'PREROUTING') : undefined;
  if (raw === undefined || network === undefined) return {};
  const isOwn = (address: string): boolean => {
    const cidr = parseCidr(`${address}/32`);
    return cidr !== undefined && isWithin(cidr, network);
  };
  return { directRoutingDrops: directRoutingDrops(raw, isOwn) };
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

async function disksOf(
  { probe, directories }: CollectParts,
  dataRoot: string | undefined,
): Promise<HostFacts['disks']> {
  const paths = [...new Set([...(dataRoot === undefined ? [] : [dataRoot]), ...directories])];
  const disks = await Promise.all(paths.map((path) => probe.disk(path)));
  return disks.flatMap((disk) => disk ?? []);
}
