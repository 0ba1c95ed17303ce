import { hostId, type HostFacts } from '@nap/shared';
import type { DoctorFacts } from './doctor-facts.js';
import { judgeNetwork } from './judge-network.js';
import { clusterOf, factsOf, hostFactsOf, withHost } from './testing/facts.js';

const short = (facts: DoctorFacts): readonly string[] =>
  judgeNetwork(facts).map(({ id, subject, evidence }) => `${id} ${subject}: ${evidence}`);

const networkOf = (more: Partial<NonNullable<HostFacts['network']>>): Partial<HostFacts> => {
  const { network } = hostFactsOf(1);
  if (network === undefined) throw new Error('no network');
  return { network: { ...network, ...more } };
};

it('finds nothing where nothing is wrong', () => {
  expect(short(factsOf())).toEqual([]);
});

it.each<[string, Partial<HostFacts>]>([
  [
    "bridge-outside-subnet host-a: network bridge is 172.17.0.0/16, flannel's subnet 10.4.1.0/24",
    networkOf({ subnet: '172.17.0.0/16' }),
  ],
  ['mtu-too-large host-a: network bridge has 1500, flannel 1450', networkOf({ options: {} })],
  ['ip-forward-off host-a: net.ipv4.ip_forward is 0', { kernel: { isForwarding: false } }],
  ['bridge-filter-missing host-a: no /proc/sys/net/bridge', { kernel: { hasBridgeFilter: false } }],
  [
    'forward-drops host-a: policy DROP, and no rule accepts 10.4.0.0/16',
    { firewall: { forwardPolicy: 'DROP', forwardAccepts: ['10.4.1.0/24'] } },
  ],
])('%s', (expected, more) => {
  expect(short(withHost(more))).toEqual([expected]);
});

it('a policy that lets everything through needs no rule, nor does a host that tells nothing', () => {
  expect(short(withHost({ firewall: { forwardPolicy: 'ACCEPT' } }))).toEqual([]);
  expect(short(withHost({ firewall: {}, kernel: {} }))).toEqual([]);
});

it('Docker 28 and later drops what is routed to containers; rules of others are not its', () => {
  const firewall = { forwardPolicy: 'ACCEPT', directRoutingDrops: 2 };
  expect(short(withHost({ firewall }))).toEqual([]);
  const cluster = clusterOf();
  cluster.addHost('host-a', { address: '10.98.0.11', engineVersion: '28.1.0' });
  expect(short({ ...withHost({ firewall }), view: cluster.view })).toEqual([
    'docker-direct-routing host-a: engine 28.1.0 has 2 rules that drop what is routed to containers',
  ]);
});

it('an uplink that carries less than flannel thinks, and hosts that differ', () => {
  const interfaces = hostFactsOf(1).interfaces.map((it) => ({ ...it, mtu: 1400 }));
  expect(short(withHost({ interfaces }))).toEqual([
    'mtu-too-large host-a: flannel has 1450, but eth0 carries 1400, and vxlan takes 50 of it',
  ]);
  const { flannel } = hostFactsOf(2);
  if (typeof flannel?.file !== 'object') throw new Error('no file');
  const other = hostFactsOf(2, { flannel: { ...flannel, file: { ...flannel.file, mtu: 1460 } } });
  const hosts = new Map([...factsOf().hosts, [hostId('host-b'), other]]);
  expect(short(factsOf({ hosts }))).toContain(
    'mtu-differs flannel: 1450 on host-a; 1460 on host-b',
  );
});

it('both masquerade, or nobody does', () => {
  const { flannel } = hostFactsOf(1);
  if (typeof flannel?.file !== 'object') throw new Error('no file');
  const masquerading = { ...flannel, file: { ...flannel.file, isMasquerading: true } };
  expect(short(withHost({ flannel: masquerading }))).toEqual([
    'masquerade-twice host-a: FLANNEL_IPMASQ=true, network bridge masquerades',
  ]);
  const options = {
    'com.docker.network.driver.mtu': '1450',
    'com.docker.network.bridge.enable_ip_masquerade': 'false',
  };
  expect(short(withHost(networkOf({ options })))).toEqual([
    'masquerade-none host-a: FLANNEL_IPMASQ=false, network bridge does not',
  ]);
});
