import { hostFactsSchema } from '@nap/shared';
import { parseCidr } from '../network/cidr.js';
import type { NetworkFacts } from '../docker/docker-port.js';
import { collectFacts, type CollectParts } from './collect-facts.js';
import type { HostProbe } from './host-probe.js';
import { acceptedNetworks, directRoutingDrops, policyOf } from './parse-iptables.js';
import { parseRoutes, routesToHosts } from './parse-routes.js';

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100620A	0003	0	0	0	00000000	0	0	0
eth0	0000620A	00000000	0001	0	0	0	00FFFFFF	0	0	0
docker0	0001040A	00000000	0001	0	0	0	00FFFFFF	0	0	0
flannel.1	0002040A	0002040A	0003	0	0	0	00FFFFFF	0	0	0
flannel.1	0003040A	0003040A	0000	0	0	0	00FFFFFF	0	0	0
`;

const FORWARD = `-P FORWARD DROP
-A FORWARD -j DOCKER-USER
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
`;
const FLANNEL_FWD = `-N FLANNEL-FWD
-A FLANNEL-FWD -s 10.4.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.4.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
`;
const RAW = `-P PREROUTING ACCEPT
-A PREROUTING -d 10.4.1.2/32 ! -i docker0 -j DROP
-A PREROUTING -d 172.18.0.2/32 ! -i br-1 -j DROP
`;

const FILES: Readonly<Record<string, string>> = {
  '/proc/net/route': ROUTES,
  '/proc/sys/net/ipv4/ip_forward': '1\n',
  '/proc/7/comm': 'flanneld\n',
  '/sys/class/net/eth0/mtu': '1500\n',
  '/sys/class/net/eth0/operstate': 'up\n',
  '/run/flannel/subnet.env':
    'FLANNEL_NETWORK=10.4.0.0/16\nFLANNEL_SUBNET=10.4.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n',
};
const COMMANDS: Readonly<Record<string, string>> = {
  'iptables -w 2 -S FORWARD': FORWARD,
  'iptables -w 2 -S FLANNEL-FWD': FLANNEL_FWD,
  'iptables -w 2 -t raw -S PREROUTING': RAW,
};
const DIRECTORIES: Readonly<Record<string, readonly string[]>> = {
  '/proc': ['7', 'self', '9'],
  '/proc/sys/net/bridge': ['bridge-nf-call-iptables'],
  '/run/systemd/timesync': ['synchronized'],
};

const probe: HostProbe = {
  read: (path) => Promise.resolve(FILES[path]),
  list: (path) => Promise.resolve(DIRECTORIES[path] ?? []),
  run: (command, args) => Promise.resolve(COMMANDS[[command, ...args].join(' ')]),
  disk: (path) => Promise.resolve({ path, totalBytes: 100, usedPercent: 50 }),
  addresses: () =>
    new Map([
      ['lo', ['127.0.0.1/8']],
      ['veth1', []],
      ['eth0', ['10.98.0.11/24']],
      ['docker0', ['10.4.1.1/24']],
    ]),
};
const bridge: NetworkFacts = {
  name: 'bridge',
  driver: 'bridge',
  subnet: '10.4.1.0/24',
  options: {},
};
const docker: CollectParts['docker'] = {
  network: () => Promise.resolve(bridge),
  facts: () =>
    Promise.resolve({
      ...{ version: '28.1.0', apiVersion: '1.49', cpus: 1, memoryBytes: 1 },
      ...{ os: 'linux', architecture: 'amd64', dataRoot: '/var/lib/docker' },
    }),
};
const parts = (more: Partial<CollectParts> = {}): CollectParts => ({
  ...{ probe, docker, subnetFile: '/run/flannel/subnet.env', directories: ['/var/lib/nap'] },
  ...more,
});

it('tells what can be seen of a host', async () => {
  const facts = await collectFacts(parts(), 'bridge');
  expect(hostFactsSchema.parse(facts)).toEqual(facts);
  expect(facts).toEqual({
    interfaces: [
      { name: 'docker0', addresses: ['10.4.1.1/24'] },
      { name: 'eth0', addresses: ['10.98.0.11/24'], mtu: 1500, isUp: true },
    ],
    ...{ routes: ['10.4.2.0/24'], routeCount: 1, uplink: 'eth0' },
    flannel: {
      path: '/run/flannel/subnet.env',
      file: { network: '10.4.0.0/16', subnet: '10.4.1.1/24', mtu: 1450, isMasquerading: false },
      isRunning: true,
    },
    network: { name: 'bridge', driver: 'bridge', subnet: '10.4.1.0/24', options: {} },
    kernel: { isForwarding: true, hasBridgeFilter: true },
    firewall: { forwardPolicy: 'DROP', forwardAccepts: ['10.4.0.0/16'], directRoutingDrops: 1 },
    clock: { isSynchronised: true },
    disks: [
      { path: '/var/lib/docker', totalBytes: 100, usedPercent: 50 },
      { path: '/var/lib/nap', totalBytes: 100, usedPercent: 50 },
    ],
  });
});

it('what cannot be found out is left out: on a host with nothing, and without an engine', async () => {
  const nothing: HostProbe = {
    ...{ read: () => Promise.resolve(undefined), list: () => Promise.resolve([]) },
    ...{ run: () => Promise.resolve(undefined), disk: () => Promise.resolve(undefined) },
    addresses: () => new Map(),
  };
  const away = (): Promise<never> => Promise.reject(new Error('dockerd is away'));
  const facts = await collectFacts(
    parts({ probe: nothing, docker: { network: away, facts: away } }),
    'bridge',
  );
  expect(hostFactsSchema.parse(facts)).toEqual(facts);
  expect(facts).toEqual({
    interfaces: [],
    flannel: { path: '/run/flannel/subnet.env', file: 'missing', isRunning: false },
    kernel: { hasBridgeFilter: false },
    firewall: {},
    disks: [],
  });
});

it('a single route for the whole network counts, that of the own subnet and one that is down do not', () => {
  const network = parseCidr('10.4.0.0/16')!;
  const own = parseCidr('10.4.1.0/24')!;
  expect(routesToHosts(parseRoutes(ROUTES), network, own)).toEqual(['10.4.2.0/24']);
  const udp = 'x\nflannel0\t0000040A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n';
  expect(routesToHosts(parseRoutes(udp), network, own)).toEqual(['10.4.0.0/16']);
});

it('reads what iptables prints', () => {
  expect(policyOf(FORWARD, 'FORWARD')).toBe('DROP');
  expect(
    acceptedNetworks('-A FORWARD -s 10.4.0.0/16 -j ACCEPT\n-A FORWARD -i x -j ACCEPT'),
  ).toEqual(['10.4.0.0/16']);
  expect(directRoutingDrops(RAW, () => true)).toBe(2);
});
