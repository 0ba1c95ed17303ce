import type { ContainerSpec, HostId, InstanceId, PortSpec } from '@nap/shared';
import type { HostView } from './cluster-view.js';

export interface Occupant {
  readonly instance: InstanceId;
  readonly spec: ContainerSpec;
}

/** A host while a plan is made: what stands there already, and what the plan has added so far. */
export interface HostLoad {
  readonly host: HostView;
  readonly occupants: readonly Occupant[];
}

/** Undefined: the host can take it. Otherwise why not, so that it reads on after "host-a …". */
type Filter = (load: HostLoad, spec: ContainerSpec) => string | undefined;

const isAlive: Filter = ({ host }) =>
  host.isAlive ? undefined : 'is away (its agent holds no lease)';

const isActive: Filter = ({ host }) =>
  host.policy.availability === 'active' ? undefined : `is ${host.policy.availability}`;

/** `0.0.0.0`, `::` or nothing means every address of the host. */
const isAnyAddress = (ip: string | undefined): boolean =>
  ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::';

/** A range is only taken as a whole where it leaves no choice; the engine picks a free port of a longer one. */
function fixedPort(port: PortSpec): number | undefined {
  const { published } = port;
  return published !== undefined && published.from === published.to ? published.from : undefined;
}

/** Whether two published ports need the same port of one host. */
export function portsClash(a: PortSpec, b: PortSpec): boolean {
  const port = fixedPort(a);
  return (
    port !== undefined &&
    port === fixedPort(b) &&
    a.protocol === b.protocol &&
    (isAnyAddress(a.hostIp) || isAnyAddress(b.hostIp) || a.hostIp === b.hostIp)
  );
}

const hasFreePorts: Filter = ({ occupants }, spec) => {
  for (const port of spec.ports) {
    const holder = occupants.find((occupant) =>
      occupant.spec.ports.some((taken) => portsClash(port, taken)),
    );
    if (holder !== undefined) {
      return `has port ${fixedPort(port) ?? 0}/${port.protocol} taken by ${holder.spec.containerName}`;
    }
  }
  return undefined;
};

const hasFreeName: Filter = ({ occupants }, spec) => {
  const holder = occupants.find((occupant) => occupant.spec.containerName === spec.containerName);
  return holder === undefined
    ? undefined
    : `has a container ${spec.containerName} already (${holder.instance})`;
};

function firstReason(
  filters: readonly Filter[],
  load: HostLoad,
  spec: ContainerSpec,
): string | undefined {
  for (const filter of filters) {
    const reason = filter(load, spec);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The engine's own words for what images call otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: '386',
  i386: '386',
};

/** Why the host is not of the kind that the container asks for, whatever is on it and however it is. */
export function whyNoMatch(
  { info }: HostView,
  { platform }: Pick<ContainerSpec, 'platform'>,
): string | undefined {
  if (platform === undefined || info === undefined) return undefined;
  const [os, architecture] = platform.toLowerCase().split('/');
  const own = info.platform;
  const kind = ARCHITECTURES[own.architecture] ?? own.architecture;
  const wantedKind =
    architecture === undefined ? kind : (ARCHITECTURES[architecture] ?? architecture);
  if (os === own.os && wantedKind === kind) return undefined;
  return `is ${own.os}/${kind}, not ${platform}`;
}

const isMatch: Filter = ({ host }, spec) => whyNoMatch(host, spec);

/** Why this host cannot take an instance with this spec, or undefined when it can. */
export function whyNot(load: HostLoad, spec: ContainerSpec): string | undefined {
  return firstReason([isMatch, isAlive, isActive, hasFreePorts, hasFreeName], load, spec);
}

const isNotLost: Filter = ({ host }) =>
  host.isLost ? 'is away (its agent holds no lease)' : undefined;

const isNotDraining: Filter = ({ host }) =>
  host.policy.availability === 'draining' ? 'is draining' : undefined;

/**
 * Why an instance that is there already cannot stay: a host that is merely paused, or away without being
 * lost, keeps what it runs.
 */
export function whyNotStay(load: HostLoad, spec: ContainerSpec): string | undefined {
  return firstReason([isMatch, isNotLost, isNotDraining, hasFreePorts, hasFreeName], load, spec);
}

/** One sentence with counts, most frequent cause first, then a host each for what is particular. */
export function explainUnplaced(reasons: ReadonlyMap<HostId, string>): string {
  if (reasons.size === 0) return 'no host is registered: is nap-agent running anywhere?';
  const hostsByReason = new Map<string, HostId[]>();
  for (const [host, reason] of reasons) {
    hostsByReason.set(reason, [...(hostsByReason.get(reason) ?? []), host]);
  }
  return [...hostsByReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, hosts]) => {
      if (hosts.length === 1) return `${hosts.join('')} ${reason}`;
      return `${hosts.length > 3 ? `${hosts.length} hosts` : hosts.join(', ')}: each ${reason}`;
    })
    .join('; ');
}
