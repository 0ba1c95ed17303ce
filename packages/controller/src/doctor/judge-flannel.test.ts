import type { HostFacts } from '@nap/shared';
import type { DoctorFacts, FlannelFacts } from './doctor-facts.js';
import { parseFlannelConfig } from './flannel-config.js';
import { judgeFlannelHosts } from './judge-flannel-hosts.js';
import { judgeFlannel } from './judge-flannel.js';
import { factsOf, flannelOf, hostFactsOf, leaseOf, withHost } from './testing/facts.js';

const short = (facts: DoctorFacts): readonly string[] =>
  [...judgeFlannel(facts), ...judgeFlannelHosts(facts)].map(
    ({ id, subject, evidence }) => `${id} ${subject}: ${evidence}`,
  );

it('finds nothing where nothing is wrong, nor where there is no flannel', () => {
  expect(short(factsOf())).toEqual([]);
  const without = { config: undefined, leases: [] };
  const hosts = new Map(
    [...factsOf().hosts].map(([id, facts]) => {
      const flannel = {
        path: '/run/flannel/subnet.env',
        file: 'missing',
        isRunning: false,
      } as const;
      return [id, { ...facts, flannel }];
    }),
  );
  expect(short(factsOf({ flannel: flannelOf(without), hosts }))).toEqual([]);
});

it.each<[string, Partial<FlannelFacts>]>([
  ['flannel-config-missing flannel: no /coreos.com/network/config in etcd', { config: undefined }],
  [
    'flannel-config-elsewhere flannel: no /coreos.com/network/config in etcd, but /atomic.io/network/config',
    { config: undefined, elsewhere: ['/atomic.io/network'] },
  ],
  [
    'flannel-config-old-api flannel: no /coreos.com/network/config in etcd; API 2 has {}',
    { config: undefined, oldConfig: '{}' },
  ],
  [
    'flannel-config-invalid flannel: /coreos.com/network/config: Backend has no Type',
    { config: '{"Network":"10.4.0.0/16","Backend":{}}' },
  ],
  [
    'flannel-backend-default flannel: /coreos.com/network/config',
    { config: '{"network":"10.4.0.0/16"}' },
  ],
  [
    'flannel-backends-differ flannel: vxlan with VNI 1: 10.98.0.11; vxlan with VNI 2: 10.98.0.12',
    { leases: [leaseOf(1), leaseOf(2, { BackendData: { VNI: 2 } })] },
  ],
  [
    'flannel-lease-duplicate 10.98.0.12: it holds 10.4.2.0/24, 10.4.2.0/24',
    { leases: [leaseOf(1), leaseOf(2), leaseOf(2)] },
  ],
  [
    'flannel-lease-expiring 10.98.0.12: 10.4.2.0/24 ends in 10 minutes',
    { leases: [leaseOf(1), leaseOf(2, {}, 600)] },
  ],
])('%s', (expected, flannel) => {
  expect(short(factsOf({ flannel: flannelOf(flannel) }))).toEqual([expected]);
});

it('a lease that is nobody’s is noted, and a way to it is missed all the same', () => {
  const leases = [leaseOf(1), leaseOf(2), leaseOf(7)];
  expect(short(factsOf({ flannel: flannelOf({ leases }) }))).toEqual([
    'flannel-lease-stray 10.4.7.0/24: it is of 10.98.0.17, which is no host of nap',
    'flannel-routes-missing host-a: none to 10.4.7.0/24 (10.98.0.17)',
    'flannel-routes-missing host-b: none to 10.4.7.0/24 (10.98.0.17)',
  ]);
});

it('subnets that run out', () => {
  const config =
    '{"Network":"10.4.0.0/16","SubnetMin":"10.4.1.0","SubnetMax":"10.4.3.0","Backend":{"Type":"vxlan"}}';
  expect(short(factsOf({ flannel: flannelOf({ config }) }))).toEqual([
    'flannel-subnets-exhausted flannel: 2 of 3 subnets of 10.4.0.0/16 are leased',
  ]);
});

it('a right that only flannel’s keys need', () => {
  const flannel = { code: 'ETCD_DENIED', message: 'permission denied' };
  expect(short(factsOf({ flannel }))).toEqual(['flannel-unreadable flannel: permission denied']);
  expect(short(factsOf({ flannel: { code: 'ETCD_UNAVAILABLE', message: 'away' } }))).toEqual([]);
});

type File = Exclude<NonNullable<HostFacts['flannel']>['file'], string>;
const flannelFile = (more: Partial<File>): Partial<HostFacts> => {
  const { flannel } = hostFactsOf(1);
  if (typeof flannel?.file !== 'object') throw new Error('no file');
  return { flannel: { ...flannel, file: { ...flannel.file, ...more } } };
};
const PATH = '/run/flannel/subnet.env';

it.each<[string, Partial<HostFacts>]>([
  [
    'flannel-file-missing host-a: /run/flannel/subnet.env is unusable',
    { flannel: { path: PATH, file: 'unusable' } },
  ],
  [
    'flannel-network-changed host-a: its file says 10.5.0.0/16, the config 10.4.0.0/16',
    flannelFile({ network: '10.5.0.0/16' }),
  ],
  [
    'flannel-routes-missing host-a: none to 10.4.2.0/24 (10.98.0.12)',
    { routes: [], routeCount: 0 },
  ],
])('%s', (expected, more) => {
  expect(short(withHost(more))).toEqual([expected]);
});

it('a daemon that does not run', () => {
  const { flannel } = hostFactsOf(1);
  expect(short(withHost({ flannel: { ...flannel!, isRunning: false } }))).toEqual([
    'flannel-not-running host-a: no process is called flanneld',
  ]);
});

it('a subnet without a lease, with another host’s, or with an address that nobody has', () => {
  const without = flannelOf({ leases: [leaseOf(2)] });
  expect(short(factsOf({ flannel: without }))).toEqual([
    'flannel-lease-missing host-a: no lease of 10.4.1.0/24 in etcd',
  ]);
  const nat = flannelOf({ leases: [leaseOf(1, { PublicIP: '10.0.2.15' }), leaseOf(2)] });
  expect(short(factsOf({ flannel: nat }))).toContain(
    'flannel-address-foreign host-a: 10.4.1.0/24 is of 10.0.2.15; its addresses are 10.4.1.1, 10.98.0.11, 10.4.1.0',
  );
  const taken = flannelOf({
    leases: [leaseOf(1, { PublicIP: '10.98.0.12' }), leaseOf(3, { PublicIP: '10.98.0.11' })],
  });
  expect(short(factsOf({ flannel: taken }))).toContain(
    'flannel-lease-foreign host-a: 10.4.1.0/24 is of 10.98.0.12; its addresses are 10.4.1.1, 10.98.0.11, 10.4.1.0',
  );
});

it('a network that is somebody else’s too', () => {
  const { interfaces } = hostFactsOf(1);
  const lan = { name: 'eth1', addresses: ['10.4.77.5/20'] };
  expect(short(withHost({ interfaces: [...interfaces, lan] }))).toEqual([
    'flannel-network-overlaps host-a: 10.4.0.0/16 overlaps eth1 10.4.77.5/20',
  ]);
});

it('host-gw between networks', () => {
  const config = '{"Network":"10.4.0.0/16","Backend":{"Type":"host-gw"}}';
  const leases = [
    leaseOf(1, { BackendType: 'host-gw', BackendData: undefined }),
    leaseOf(2, { BackendType: 'host-gw', BackendData: undefined, PublicIP: '10.99.0.12' }),
  ];
  expect(short(factsOf({ flannel: flannelOf({ config, leases }) }))).toContain(
    'flannel-hosts-not-adjacent host-a: it has no network with 10.99.0.12',
  );
});

it('of many routes their number is compared', () => {
  const leases = Array.from({ length: 100 }, (_, at) => leaseOf(at + 1));
  const facts = (routeCount: number): DoctorFacts => ({
    ...withHost({ routeCount }),
    flannel: flannelOf({ leases }),
  });
  const missing = (routeCount: number): readonly string[] =>
    short(facts(routeCount)).filter((text) => text.startsWith('flannel-routes-missing host-a'));
  expect(missing(99)).toEqual([]);
  expect(missing(90)).toEqual(['flannel-routes-missing host-a: 90 routes for 99 leases of others']);
});

it.each([
  ['x', 'no JSON object'],
  ['{}', 'Network is missing'],
  ['{"Network":"10.4.0.0/16","SubnetLen":17}', 'SubnetLen 17 does not fit'],
  ['{"Network":"10.4.0.0/16","SubnetMin":"10.4.1.7"}', 'SubnetMin and SubnetMax'],
  ['{"Network":"10.4.0.0/16","SubnetMax":"x"}', 'SubnetMin and SubnetMax'],
  ['{"Network":"10.4.0.0/16","EnableIPv4":false}', 'EnableIPv4 is false'],
])('the config %s is wrong: %s', (text, why) => {
  expect(parseFlannelConfig(text)).toContain(why);
});

it('the config may be written in any case', () => {
  expect(parseFlannelConfig('{"NETWORK":"10.4.3.7/16","backend":{"TYPE":"VXLAN"}}')).toMatchObject({
    ...{ subnetBits: 24, subnets: 255, backend: 'vxlan' },
  });
});
