import { HOST_LEASE_TTL_S, type ContainerSpec, type HostId } from '@nap/shared';
import type { ClusterView, HostView } from './cluster-view.js';

export interface LossPolicy {
  /** How long a host may be away, counted from when this was first seen, before its instances are placed elsewhere. In ms. */
  readonly graceMs: number;
  /** An operator has asked for this grace: it is waited for, however well the other hosts are. */
  readonly isGraceFixed?: boolean;
  /** When more than this part of the hosts is away, nothing moves: the fault is more likely in what they have in common. */
  readonly brakeShare: number;
}

/**
 * Leases of hosts that vanish at one moment end within a tenth of their TTL of one another, and half a second in which etcd
 * looks for those that have ended: without waiting for that, the brake would let the first of them pass. Where leases are longer
 * than 10 s, or not all of one length, it is longer (`spreadMs`). Nobody waits where
 * all others have proven to be well (`isRenewedLately`): they have not vanished with it.
 */
export const DEFAULT_LOSS_POLICY: LossPolicy = { graceMs: 1_500, brakeShare: 0.5 };

/**
 * When the brake is released, those that are still away get this long, in ms, before their grace begins: what was cut off
 * together does not come back at one moment. A connection attempt that the kernel repeats takes up to 16 s to notice.
 */
const AFTER_BRAKE_MS = 30_000;

/**
 * A live host renews its lease of 10 s every second, a busy one later; etcd tells of it in whole seconds. Hosts that have
 * vanished together have renewed theirs at least 8 s before the first of them ends.
 */
const RENEWED_WITHIN_MS = 4_000;

/** For how long etcd keeps a lease that is over, in ms: it looks for those twice a second. */
const LEASE_END_MS = 500;

/** A lease is renewed so many times as long as it lasts: `STORE_LIMITS.keepAlivesPerTtl`. */
const RENEWALS_PER_TTL = 10;

const ttlMsOf = ({ info }: HostView): number => (info?.leaseTtlS ?? HOST_LEASE_TTL_S) * 1000;

/** Of all hosts, in ms. */
export function shortestTtlMs({ hosts }: Pick<ClusterView, 'hosts'>): number {
  return [...hosts.values()].map(ttlMsOf).reduce((a, b) => Math.min(a, b), Infinity);
}

/**
 * For how long after the lease of a host those of others may last that vanished at the same moment, in ms. The one was renewed
 * up to a tenth of its time before that moment, the longest of the others just then.
 */
function spreadMs(host: HostView, longestMs: number): number {
  return longestMs - ttlMsOf(host) * (1 - 1 / RENEWALS_PER_TTL) + LEASE_END_MS;
}

/** As the policy says, and long enough for the brake to see all of them. Who does not wait at all has watched nobody. */
function graceOf(host: HostView, longestMs: number, policy: LossPolicy): number {
  const { graceMs, isGraceFixed = false } = policy;
  if (isGraceFixed || graceMs === 0) return graceMs;
  return Math.max(graceMs, spreadMs(host, longestMs));
}

/**
 * Its host was well long after a lease that ends now, one as long as the shortest, was renewed for the last time: whatever made
 * that one end has neither cut off this host nor etcd.
 */
export function isRenewedLately(
  { leftMs, ttlMs }: { readonly leftMs: number; readonly ttlMs: number },
  shortestMs: number,
): boolean {
  return ttlMs - leftMs <= Math.min(RENEWED_WITHIN_MS, ttlMs / 2, shortestMs / 2);
}

/** What was seen before, on the monotonic clock; all of it may be empty: late is safe. */
export interface LossMemory {
  /** Since when a host is known to be away. */
  readonly awaySinceMs: ReadonlyMap<HostId, number>;
  /** When a host that is there was last proven to be well; it counts for as long as the grace that it is there instead of. */
  readonly wellAtMs?: ReadonlyMap<HostId, number>;
}

export interface LossVerdict {
  /** Hosts whose instances may be placed elsewhere. */
  readonly lost: ReadonlySet<HostId>;
  /** For how long each host that is away has been, in ms. */
  readonly awayMs: ReadonlyMap<HostId, number>;
  /** Hosts that are away, and since when that is known, on the monotonic clock: to be handed in again. */
  readonly awaySinceMs: ReadonlyMap<HostId, number>;
  /** Why nothing is moved although hosts are away: a sentence. */
  readonly brake?: string;
  /** Until another host counts as lost. */
  readonly wakeInMs?: number;
  /** Would they prove to be well, a host that is away would count as lost now. */
  readonly unproven: readonly HostId[];
}

/** A host counts from the moment at which its agent has registered until an operator removes it. */
const isKnown = (host: HostView): boolean => host.info !== undefined;

/**
 * Which hosts are lost. Stateless but for when an absence was first seen, so that a controller that takes over waits for
 * the grace once more where it cannot tell that the others are well: late is safe.
 */
export function judgeHosts(
  view: ClusterView,
  { awaySinceMs: before, wellAtMs = new Map() }: LossMemory,
  monotonicMs: number,
  policy: LossPolicy = DEFAULT_LOSS_POLICY,
): LossVerdict {
  const known = [...view.hosts.values()].filter(isKnown);
  const away = known.filter((host) => !host.isAlive);
  const awaySinceMs = new Map(away.map(({ id }) => [id, before.get(id) ?? monotonicMs] as const));
  if (away.length > known.length * policy.brakeShare) {
    const untilMs = monotonicMs + AFTER_BRAKE_MS;
    return {
      lost: new Set(),
      awayMs: new Map(),
      awaySinceMs: new Map(away.map(({ id }) => [id, untilMs])),
      unproven: [],
      brake: brakeSentence(away, known, policy),
    };
  }
  const unproven = known
    .filter((host) => host.isAlive && !isProven(wellAtMs.get(host.id), monotonicMs, policy))
    .map(({ id }) => id);
  const areOthersWell = away.length < known.length && unproven.length === 0;
  const longestMs = Math.max(...known.map(ttlMsOf));
  const remaining = away.map((host) => {
    const sinceMs = awaySinceMs.get(host.id) ?? monotonicMs;
    const ms = sinceMs + graceOf(host, longestMs, policy) - monotonicMs;
    const canSkip = ms > 0 && sinceMs <= monotonicMs && mayGoWithoutGrace(host, policy);
    return { host: host.id, ms: canSkip && areOthersWell ? 0 : ms, canSkip };
  });
  const pending = remaining.filter(({ ms }) => ms > 0);
  return {
    lost: new Set(remaining.filter(({ ms }) => ms <= 0).map(({ host }) => host)),
    awayMs: new Map([...awaySinceMs].map(([host, sinceMs]) => [host, monotonicMs - sinceMs])),
    awaySinceMs,
    unproven: pending.some(({ canSkip }) => canSkip) ? unproven : [],
    ...(pending.length > 0 ? { wakeInMs: Math.min(...pending.map(({ ms }) => ms)) } : {}),
  };
}

const isProven = (wellAtMs: number | undefined, nowMs: number, { graceMs }: LossPolicy): boolean =>
  wellAtMs !== undefined && nowMs - wellAtMs <= graceMs;

/**
 * A host that goes down on purpose gives its lease back while all others are well: whether they follow, as where a whole
 * cluster is rebooted, only time tells.
 */
const mayGoWithoutGrace = ({ info }: HostView, { isGraceFixed = false }: LossPolicy): boolean =>
  !isGraceFixed && info?.goingDown === undefined;

function brakeSentence(
  away: readonly HostView[],
  known: readonly HostView[],
  { brakeShare }: LossPolicy,
): string {
  const names = away.map(({ id }) => id);
  const shown =
    names.length > 5
      ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
      : names.join(', ');
  return `${away.length} of ${known.length} hosts are away (${shown}): more than ${Math.round(brakeShare * 100)} % at once is rather a fault of the network or of etcd than of the hosts, so nothing is moved; "nap-controller host rm" takes a host out that will not come back`;
}

/** The view as the planner of whoever judged shall see it: a host that is away without being lost keeps what it has. */
export function withLosses(
  view: ClusterView,
  { lost, awayMs, brake }: Pick<LossVerdict, 'lost' | 'awayMs' | 'brake'>,
): ClusterView {
  const hosts = new Map(
    [...view.hosts].map(([id, { awayMs: _before, ...host }]) => {
      const ms = awayMs.get(id);
      const away = ms === undefined ? {} : { awayMs: ms };
      return [id, { ...host, isLost: lost.has(id), ...away }] as const;
    }),
  );
  const { brake: _before, hasDaemon: _other, ...rest } = view;
  return { ...rest, hosts, ...(brake === undefined ? {} : { brake }) };
}

/** For what an agent and its engine take longer than they should, in ms. */
const STOP_MARGIN_MS = 5_000;

type Stops = Pick<ContainerSpec, 'stopGracePeriodMs' | 'preStop'>;

/** How long a stop takes at most, in ms: the pre-stop hooks have as long as the program, before it. */
export function stopTimeMs({ stopGracePeriodMs, preStop = [] }: Stops): number {
  return preStop.length > 0 ? 2 * stopGracePeriodMs : stopGracePeriodMs;
}

/**
 * After its host has been away for so long, in ms, an instance that its agent stops when it is cut off does not run there:
 * the agent counts from its last contact, which was before the absence was seen.
 */
export function surelyStoppedAfterMs(stopAfterMs: number, spec: Stops): number {
  return stopAfterMs + stopTimeMs(spec) + STOP_MARGIN_MS;
}

/** Until the next instance that must not run twice may be placed elsewhere; undefined: none waits for that. */
export function nextReplacementMs({ hosts, placements }: ClusterView): number | undefined {
  const waits = placements.flatMap(({ host, spec, stopAfterMs }) => {
    const { isLost = false, awayMs = 0 } = hosts.get(host) ?? {};
    if (!isLost || stopAfterMs === undefined) return [];
    return surelyStoppedAfterMs(stopAfterMs, spec) - awayMs;
  });
  const ahead = waits.filter((ms) => ms > 0);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
