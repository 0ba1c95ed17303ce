import { memoryText, whyEngineTooOld, type Constraint, type EngineFeature } from '@nap/shared';
import type { HostView } from './cluster-view.js';
import { architectureOf, meets, unmetText } from './constraints.js';
import type { Cpuset } from './cpuset.js';
import type { HostLoad } from './host-load.js';
import { capacityOf, cpusText, nanoCpusOf } from './resources.js';
import { unitsOf } from './units.js';
import type { WantedInstance } from './wanted.js';

/** Why a host cannot take an instance. */
export interface Reason {
  /** So that it reads on after "host-a …". */
  readonly text: string;
  /** The same for hosts that differ in numbers and names only; absent: `text` is. */
  readonly kind?: string;
  /** How near the host came to fitting, among those of its kind. */
  readonly rank?: number;
}

/** Undefined: the host can take it. */
type Filter = (load: HostLoad, wanted: WantedInstance) => Reason | undefined;

/** A host that takes nothing new at all is away, paused or being drained. */
const isOpen: Filter = ({ host: { isAlive, policy } }) => {
  if (!isAlive) return { text: 'is away (its agent holds no lease)' };
  return policy.availability === 'active' ? undefined : { text: `is ${policy.availability}` };
};

const isNotDraining: Filter = ({ host }) =>
  host.policy.availability === 'draining' ? { text: 'is draining' } : undefined;

const hasFreeMemory: Filter = ({ capacity, reserved }, { needs }) => {
  const { memoryBytes } = needs.resources;
  if (memoryBytes === 0 || capacity === undefined) return undefined;
  const free = Math.max(0, capacity.memoryBytes - reserved.memoryBytes);
  if (memoryBytes <= free) return undefined;
  return {
    text: `has ${memoryText(free, Math.floor)} of memory free`,
    kind: 'has too little memory free',
    rank: free,
  };
};

const hasFreeCpus: Filter = ({ capacity, reserved }, { needs }) => {
  const { nanoCpus } = needs.resources;
  if (nanoCpus === 0 || capacity === undefined) return undefined;
  const free = Math.max(0, capacity.nanoCpus - reserved.nanoCpus);
  if (nanoCpus <= free) return undefined;
  return { text: `has ${cpusText(free)} free`, kind: 'has too few CPUs free', rank: free };
};

const hasFreeUnits: Filter = (load, { needs }) => {
  if (needs.resources.units === undefined) return undefined;
  for (const [kind, amount] of Object.entries(needs.resources.units)) {
    const { free, total } = load.freeUnits(kind) ?? { free: Infinity, total: Infinity };
    if (amount === 'all' ? free === total && total > 0 : amount <= free) continue;
    return {
      text: `has ${free} of ${total} ${kind} free`,
      kind: `has too few ${kind} free`,
      rank: free,
    };
  }
  return undefined;
};

const hasRoomForOneMore: Filter = (load, { needs: { service, maxPerHost } }) => {
  if (maxPerHost === undefined || load.ofService(service) < maxPerHost) return undefined;
  return { text: `has ${load.ofService(service)} of ${service}, the most it may have` };
};

const isApart: Filter = (load, { needs }) => {
  for (const other of needs.apartFrom) {
    if (load.ofService(other) > 0) {
      return { text: `runs ${other}, which ${needs.service} must be apart from` };
    }
  }
  return undefined;
};

const hasFreePorts: Filter = (load, { needs }) => {
  for (const port of needs.ports) {
    const holder = load.portHolder(port);
    const taken = `has port ${port.port}/${port.protocol} taken`;
    if (holder !== undefined) return { text: `${taken} by ${holder}`, kind: taken };
  }
  return undefined;
};

const hasFreeName: Filter = (load, { containerName, isNameContested }) => {
  if (!isNameContested) return undefined;
  const holder = load.holderOfName(containerName);
  return holder === undefined
    ? undefined
    : { text: `has a container ${containerName} already (${holder})` };
};

/** What whyNoMatch asks for. */
interface Kind {
  readonly platform: string | undefined;
  readonly constraints: readonly Constraint[];
  readonly features: readonly EngineFeature[];
  readonly nanoCpusLimit: number;
  readonly cpuset: Cpuset | undefined;
  readonly leastUnits: Readonly<Record<string, number>>;
}

/** Why the host is not of the kind that a service asks for, whatever is on it and however it is. */
export function whyNoMatch(
  host: HostView,
  { platform, constraints, features, nanoCpusLimit, cpuset, leastUnits }: Kind,
): string | undefined {
  if (platform !== undefined) {
    const other = otherPlatform(host, platform);
    if (other !== undefined) return other;
  }
  for (const constraint of constraints) {
    if (!meets(host, constraint)) return unmetText(host, constraint);
  }
  const fewer = fewerUnits(host, leastUnits);
  if (fewer !== undefined) return fewer;
  const overLimit = limitAbove(host, nanoCpusLimit) ?? cpusetAbove(host, cpuset);
  if (overLimit !== undefined) return overLimit;
  if (features.length === 0 || host.info === undefined) return undefined;
  return whyEngineTooOld(features, host.info.engineApiVersion);
}

function fewerUnits({ info }: HostView, least: Kind['leastUnits']): string | undefined {
  const units = unitsOf(info);
  if (units === undefined) return undefined;
  for (const kind in least) {
    const total = units[kind] ?? 0;
    if (total < (least[kind] ?? 0)) return total === 0 ? `has no ${kind}` : `has ${total} ${kind}`;
  }
  return undefined;
}

/** The engine refuses it: "range of CPUs is from 0.01 to N" (verifyPlatformContainerResources of moby). */
function limitAbove({ info }: HostView, limit: number): string | undefined {
  const own = capacityOf(info)?.nanoCpus;
  if (own === undefined || limit <= own) return undefined;
  return `has ${cpusText(own)}, and its engine takes no limit above that: this one is ${cpusText(limit)}`;
}

/**
 * Only where it names more than there are. Which numbers they have the agent does not say: mostly from 0 on, but for hosts
 * with some that are off, or kept from the engine.
 */
function cpusetAbove({ info }: HostView, cpuset: Cpuset | undefined): string | undefined {
  const own = capacityOf(info)?.nanoCpus;
  if (own === undefined || cpuset === undefined || nanoCpusOf(cpuset.cpus) <= own) return undefined;
  return `has ${cpusText(own)}, and its engine takes no cpuset with more: this one is ${cpuset.text}`;
}

function otherPlatform({ info }: HostView, platform: string): string | undefined {
  if (info === undefined) return undefined;
  const [os, architecture] = platform.toLowerCase().split('/');
  const own = info.platform;
  const kind = architectureOf(own.architecture);
  const wantedKind = architecture === undefined ? kind : architectureOf(architecture);
  if (os === own.os && wantedKind === kind) return undefined;
  return `is ${own.os}/${kind}, not ${platform}`;
}

const isMatch: Filter = ({ host }, { needs }) => {
  const text = whyNoMatch(host, needs);
  return text === undefined ? undefined : { text };
};

const HAS_ROOM: readonly Filter[] = [
  hasFreeMemory,
  hasFreeCpus,
  hasFreeUnits,
  hasRoomForOneMore,
  isApart,
  hasFreePorts,
  hasFreeName,
];

/** A lost host keeps what shall wait for it, and for a while what it must have stopped before it runs elsewhere. */
const isNotLost: Filter = ({ host }, { needs }) => {
  const isKept = needs.onHostLoss === 'wait' || (host.awayMs ?? 0) < needs.replaceAfterMs;
  return host.isLost && !isKept ? { text: 'is away (its agent holds no lease)' } : undefined;
};

/** What must hold, by what is asked. */
const FILTERS = {
  /** To take an instance that is not there yet. */
  come: [isMatch, isOpen, ...HAS_ROOM],
  /** To keep one: a host that is merely paused, or away without being lost, keeps what it runs. */
  stay: [isMatch, isNotLost, isNotDraining, ...HAS_ROOM],
  /** To keep one that can be nowhere else: being away or drained does not free it. */
  bound: [isMatch, ...HAS_ROOM],
} as const satisfies Record<string, readonly Filter[]>;

export type Asked = keyof typeof FILTERS;

/** The first reason why a whole group does not fit, counting its own members against each other. */
export function whyNot(
  load: HostLoad,
  members: readonly WantedInstance[],
  asked: Asked,
): Reason | undefined {
  const [only] = members;
  if (only !== undefined && members.length === 1) return firstReason(load, only, asked);
  const came: WantedInstance[] = [];
  let reason: Reason | undefined;
  for (const member of members) {
    reason = firstReason(load, member, asked);
    if (reason !== undefined) break;
    load.occupy(member);
    came.push(member);
  }
  for (const member of came) load.vacate(member);
  return reason;
}

function firstReason(load: HostLoad, wanted: WantedInstance, asked: Asked): Reason | undefined {
  for (const filter of FILTERS[asked]) {
    const reason = filter(load, wanted);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
