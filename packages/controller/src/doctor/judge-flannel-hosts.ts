import { formatCidr, isWithin, LIMITS, overlaps, parseCidr, type HostFacts } from '@nap/shared';
import { isUnknown, type DoctorFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';
import {
  parseFlannelConfig,
  parseFlannelLeases,
  type FlannelConfig,
  type FlannelLease,
} from './flannel-config.js';
import { some } from './judge-flannel.js';

interface Seen {
  readonly id: string;
  readonly facts: HostFacts;
  readonly config: FlannelConfig;
  readonly leases: readonly FlannelLease[];
  readonly file: Exclude<NonNullable<HostFacts['flannel']>['file'], string>;
}

/** Whether each host is where flannel says it is. */
export function judgeFlannelHosts({ flannel, hosts }: DoctorFacts): readonly Finding[] {
  if (isUnknown(flannel) || flannel.config === undefined) return [];
  const config = parseFlannelConfig(flannel.config);
  if (typeof config === 'string') return [];
  const leases = parseFlannelLeases(flannel.leases);
  return [...hosts].flatMap(([id, facts]) => {
    if (facts.flannel === undefined) return [];
    const { file, path, isRunning } = facts.flannel;
    if (typeof file === 'string') {
      return [finding('flannel-file-missing', id, `${path} is ${file}`)];
    }
    const seen = { id, facts, config, leases, file };
    return [
      ...(isRunning === false
        ? [finding('flannel-not-running', id, 'no process is called flanneld')]
        : []),
      ...ownLease(seen),
      ...overlapping(seen),
      ...routes(seen),
      ...adjacent(seen),
    ];
  });
}

const addressesOf = ({ interfaces }: HostFacts): readonly string[] =>
  interfaces.flatMap(({ addresses }) => addresses.map((it) => it.replace(/\/.*$/, '')));

function ownLease({ id, facts, config, leases, file }: Seen): readonly Finding[] {
  const subnet = parseCidr(file.subnet);
  const network = parseCidr(file.network ?? '');
  if (subnet === undefined) return [];
  if (network !== undefined && formatCidr(network) !== formatCidr(config.network)) {
    const evidence = `its file says ${formatCidr(network)}, the config ${formatCidr(config.network)}`;
    return [finding('flannel-network-changed', id, evidence)];
  }
  const name = formatCidr(subnet);
  const lease = leases.find((it) => formatCidr(it.subnet) === name);
  if (lease === undefined) {
    return [finding('flannel-lease-missing', id, `no lease of ${name} in etcd`)];
  }
  const own = addressesOf(facts);
  if (own.length === 0 || own.includes(lease.publicIp)) return [];
  // Its own lease with a wrong address, or another host's: who has that address tells.
  const evidence = `${name} is of ${lease.publicIp}; its addresses are ${some(own)}`;
  const isOthers = leases.some(({ publicIp }) => own.includes(publicIp));
  return [finding(isOthers ? 'flannel-lease-foreign' : 'flannel-address-foreign', id, evidence)];
}

/** What flannel and the engine have made of its network is meant to lie in it. */
function overlapping({ id, facts, config, file }: Seen): readonly Finding[] {
  const own = parseCidr(file.subnet);
  const others = facts.interfaces.flatMap(({ name, addresses }) =>
    name.startsWith('flannel')
      ? []
      : addresses.flatMap((address) => {
          const cidr = parseCidr(address);
          const isMeant = cidr !== undefined && own !== undefined && isWithin(cidr, own);
          const clashes = cidr !== undefined && cidr.bits > 0 && overlaps(cidr, config.network);
          return clashes && !isMeant ? [`${name} ${address}`] : [];
        }),
  );
  if (others.length === 0) return [];
  const evidence = `${formatCidr(config.network)} overlaps ${some(others)}`;
  return [finding('flannel-network-overlaps', id, evidence)];
}

function routes({ id, facts, config, leases, file }: Seen): readonly Finding[] {
  const own = parseCidr(file.subnet);
  const { routes: told, routeCount = 0 } = facts;
  if (told === undefined || own === undefined || config.backend === 'alloc') return [];
  const others = leases.filter(({ subnet }) => !isWithin(subnet, own));
  const ways = told.flatMap((text) => parseCidr(text) ?? []);
  const missing = others.filter(({ subnet }) => !ways.some((way) => isWithin(subnet, way)));
  // Of many routes only the first are told: then only their number says something.
  const isCounted = routeCount > LIMITS.factRoutes;
  if (isCounted ? routeCount >= others.length : missing.length === 0) return [];
  const evidence = isCounted
    ? `${routeCount} routes for ${others.length} leases of others`
    : `none to ${some(missing.map(({ subnet, publicIp }) => `${formatCidr(subnet)} (${publicIp})`))}`;
  return [finding('flannel-routes-missing', id, evidence)];
}

function adjacent({ id, facts, config, leases }: Seen): readonly Finding[] {
  if (config.backend !== 'host-gw') return [];
  const networks = facts.interfaces.flatMap(({ addresses }) =>
    addresses.flatMap((it) => parseCidr(it) ?? []),
  );
  const far = leases.filter(({ publicIp }) => {
    const address = parseCidr(`${publicIp}/32`);
    return address !== undefined && !networks.some((network) => isWithin(address, network));
  });
  if (networks.length === 0 || far.length === 0) return [];
  const evidence = `it has no network with ${some(far.map(({ publicIp }) => publicIp))}`;
  return [finding('flannel-hosts-not-adjacent', id, evidence)];
}
