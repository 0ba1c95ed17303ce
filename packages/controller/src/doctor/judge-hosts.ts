import type { HostId } from '@nap/shared';
import type { ClusterView, HostView } from '../plan/cluster-view.js';
import { checkNames } from '../plan/names-check.js';
import { isUnknown, type ClockReading, type DoctorFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';
import { CLOCK_TOLERANCE_MS, offsetText } from './judge-etcd.js';

/** An agent that lives says so every half minute, unless it is told otherwise. */
const CHECK_OLD_MS = 5 * 60_000;
/** Keepalives are six in one TTL: with less than this left, several were missed. */
const LEASE_SHORT = 0.4;

/** Agents, leases, clocks, names and versions. */
export function judgeHosts(facts: DoctorFacts): readonly Finding[] {
  const { view } = facts;
  if (isUnknown(view)) return [];
  const hosts = [...view.hosts.values()];
  if (hosts.every(({ info, isAlive }) => info === undefined && !isAlive)) {
    return [finding('no-hosts', 'cluster', 'no host is registered')];
  }
  return [
    ...hosts.flatMap((host) => judgeHost(host, view, facts)),
    ...drift(view),
    ...sameAddresses(hosts),
    ...skew(hosts, facts.version),
  ];
}

function judgeHost(host: HostView, view: ClusterView, facts: DoctorFacts): readonly Finding[] {
  const { id, info, isAlive } = host;
  if (!isAlive) {
    const placed = view.placements.filter((placement) => placement.host === id).length;
    return [
      finding(
        'host-away',
        id,
        `no lease; ${placed} ${placed === 1 ? 'instance is' : 'instances are'} placed on it`,
      ),
    ];
  }
  const lease = facts.sessions.get(id);
  const isShort = lease !== undefined && lease.ttlS < lease.grantedTtlS * LEASE_SHORT;
  const reading = facts.clocks.get(id);
  return [
    ...(isShort
      ? [finding('host-lease-short', id, `${lease.ttlS} s left of ${lease.grantedTtlS} s`)]
      : []),
    ...(facts.hosts.has(id) || info === undefined
      ? []
      : [finding('host-no-facts', id, `no facts/${id} in etcd`)]),
    ...(reading === undefined ? [] : judgeClock(id, reading, facts.nowMs)),
    ...(view.checks.get(id)?.problems ?? []).map((problem) => finding('host-problem', id, problem)),
  ];
}

/** Heard as it was written it says the offset; otherwise only a clock that is ahead is known to be. */
export function judgeClock(
  id: HostId,
  { hostMs, heardAtMs }: ClockReading,
  nowMs: number,
): readonly Finding[] {
  const aheadMs = hostMs - (heardAtMs ?? nowMs);
  const isKnown = heardAtMs !== undefined || aheadMs > 0;
  if (isKnown && Math.abs(aheadMs) > CLOCK_TOLERANCE_MS) {
    return [finding('host-clock-off', id, offsetText(aheadMs))];
  }
  if (heardAtMs !== undefined || -aheadMs <= CHECK_OLD_MS) return [];
  return [finding('host-check-old', id, `its last check is ${Math.round(-aheadMs / 1000)} s old`)];
}

/** What is merely behind is so for a moment after each change. */
function drift(view: ClusterView): readonly Finding[] {
  return (
    [...view.projects.keys()]
      .flatMap((project) => checkNames(view, project))
      .filter(({ state, host }) => state === 'behind' && view.hosts.get(host)?.isAlive === true)
      // Its problem is told already, and may be why.
      .filter(({ host }) => view.checks.get(host)?.problems.length === 0)
      .map(({ host, project, message }) =>
        finding('hosts-file-drift', `${project} on ${host}`, message),
      )
  );
}

function sameAddresses(hosts: readonly HostView[]): readonly Finding[] {
  return groups(hosts, ({ info }) => info?.address).flatMap(([address, ids]) =>
    ids.length > 1 ? [finding('same-address', ids.join(', '), `both are ${address}`)] : [],
  );
}

function skew(hosts: readonly HostView[], version: string): readonly Finding[] {
  const agents = groups(hosts, ({ info }) => info?.agentVersion);
  const engines = groups(hosts, ({ info }) => info?.engineVersion.split('.')[0]);
  const others = agents.some(([agent]) => agent !== version);
  const list = (all: readonly (readonly [string, readonly HostId[]])[]): string =>
    all.map(([of, ids]) => `${of} on ${ids.join(', ')}`).join('; ');
  return [
    ...(others
      ? [finding('agent-version-skew', 'cluster', `this is ${version}; agents: ${list(agents)}`)]
      : []),
    ...(engines.length > 1 ? [finding('engine-version-skew', 'cluster', list(engines))] : []),
  ];
}

function groups(
  hosts: readonly HostView[],
  keyOf: (host: HostView) => string | undefined,
): readonly (readonly [string, readonly HostId[]])[] {
  const found = new Map<string, HostId[]>();
  for (const host of hosts) {
    const key = keyOf(host);
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), host.id]);
  }
  return [...found];
}
