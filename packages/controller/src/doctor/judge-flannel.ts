import { formatCidr, type HostFacts } from '@nap/shared';
import { isUnknown, type DoctorFacts, type FlannelFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';
import {
  parseFlannelConfig,
  parseFlannelLeases,
  type FlannelConfig,
  type FlannelLease,
} from './flannel-config.js';

/** flanneld renews an hour before the end of 24; it tries again each minute. */
const EXPIRING_S = 50 * 60;
const DAY_S = 86_400;
const NEARLY_ALL = 0.95;

/** What is wrong with flannel as a whole, from what it has in etcd. */
export function judgeFlannel(facts: DoctorFacts): readonly Finding[] {
  const { flannel, hosts } = facts;
  if (isUnknown(flannel)) {
    // That etcd is away is said already; a right that only flannel's keys need is not.
    return flannel.code === 'ETCD_DENIED'
      ? [finding('flannel-unreadable', 'flannel', flannel.message)]
      : [];
  }
  if (flannel.config === undefined) return withoutConfig(flannel, [...hosts.values()]);
  const leases = parseFlannelLeases(flannel.leases);
  const config = parseFlannelConfig(flannel.config);
  const where = `${flannel.prefix}/config`;
  return [
    ...(typeof config === 'string'
      ? [finding('flannel-config-invalid', 'flannel', `${where}: ${config}`)]
      : judgeConfig(config, leases, where)),
    ...backends(leases),
    ...duplicates(leases),
    ...judgeLeases(leases, facts),
  ];
}

/** A cluster without flannel is a cluster of one host, or has another network: that is nobody's fault. */
function withoutConfig(flannel: FlannelFacts, hosts: readonly HostFacts[]): readonly Finding[] {
  const { prefix, elsewhere, oldConfig } = flannel;
  const [other] = elsewhere;
  const where = `no ${prefix}/config in etcd`;
  if (other !== undefined) {
    return [finding('flannel-config-elsewhere', 'flannel', `${where}, but ${other}/config`)];
  }
  if (oldConfig !== undefined) {
    return [finding('flannel-config-old-api', 'flannel', `${where}; API 2 has ${oldConfig}`)];
  }
  const isUsed = hosts.some(
    ({ flannel: of }) => of !== undefined && (of.isRunning === true || of.file !== 'missing'),
  );
  return isUsed ? [finding('flannel-config-missing', 'flannel', where)] : [];
}

function judgeConfig(
  { subnets, backend, network }: FlannelConfig,
  leases: readonly FlannelLease[],
  where: string,
): readonly Finding[] {
  const left = subnets - leases.length;
  const isShort = leases.length >= subnets * NEARLY_ALL || left <= 1;
  const counted = `${leases.length} of ${subnets} subnets of ${formatCidr(network)} are leased`;
  return [
    ...(backend === undefined ? [finding('flannel-backend-default', 'flannel', where)] : []),
    ...(isShort ? [finding('flannel-subnets-exhausted', 'flannel', counted)] : []),
  ];
}

function backends(leases: readonly FlannelLease[]): readonly Finding[] {
  const kinds = new Map<string, string[]>();
  for (const { backend = 'udp', vni, publicIp } of leases) {
    const kind = vni === undefined ? backend : `${backend} with VNI ${vni}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), publicIp]);
  }
  if (kinds.size < 2) return [];
  const evidence = [...kinds].map(([kind, hosts]) => `${kind}: ${some(hosts)}`).join('; ');
  return [finding('flannel-backends-differ', 'flannel', evidence)];
}

function duplicates(leases: readonly FlannelLease[]): readonly Finding[] {
  const byAddress = new Map<string, string[]>();
  for (const { publicIp, subnet } of leases) {
    byAddress.set(publicIp, [...(byAddress.get(publicIp) ?? []), formatCidr(subnet)]);
  }
  return [...byAddress].flatMap(([address, subnets]) =>
    subnets.length > 1
      ? [finding('flannel-lease-duplicate', address, `it holds ${some(subnets)}`)]
      : [],
  );
}

function judgeLeases(leases: readonly FlannelLease[], facts: DoctorFacts): readonly Finding[] {
  const known = knownAddresses(facts);
  return leases.flatMap(({ subnet, publicIp, lease }) => {
    const name = formatCidr(subnet);
    if (known.size > 0 && !known.has(publicIp)) {
      return [
        finding('flannel-lease-stray', name, `it is of ${publicIp}, which is no host of nap`),
      ];
    }
    const isExpiring =
      lease !== undefined && lease.ttlS < EXPIRING_S && lease.grantedTtlS >= DAY_S / 2;
    if (!isExpiring) return [];
    const left = Math.round(lease.ttlS / 60);
    return [finding('flannel-lease-expiring', publicIp, `${name} ends in ${left} minutes`)];
  });
}

function knownAddresses({ view, hosts }: DoctorFacts): ReadonlySet<string> {
  const told = isUnknown(view)
    ? []
    : [...view.hosts.values()].flatMap((it) => it.info?.address ?? []);
  const seen = [...hosts.values()].flatMap(({ interfaces }) =>
    interfaces.flatMap(({ addresses }) => addresses.map((it) => it.replace(/\/.*$/, ''))),
  );
  return new Set([...told, ...seen]);
}

const SHOWN = 5;

/** The first few. */
export const some = (items: readonly string[]): string =>
  items.length <= SHOWN
    ? items.join(', ')
    : `${items.slice(0, SHOWN).join(', ')} and ${items.length - SHOWN} more`;
