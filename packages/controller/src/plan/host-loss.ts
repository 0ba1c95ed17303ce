import type { HostId } from '@nap/shared';
import type { ClusterView, HostView } from './cluster-view.js';

export interface LossPolicy {
  /** How long a host may be away, counted from when this was first seen, before its instances are placed elsewhere. In ms. */
  readonly graceMs: number;
  /** When more than this part of the hosts is away, nothing moves: the fault is more likely in what they have in common. */
  readonly brakeShare: number;
}

/**
 * Leases of hosts that vanish at one moment end within a sixth of their TTL of one another, and half a second in which etcd
 * looks for those that have ended: without waiting for that, the brake would let the first of them pass.
 */
export const DEFAULT_LOSS_POLICY: LossPolicy = { graceMs: 2_000, brakeShare: 0.5 };

export interface LossVerdict {
  /** Hosts whose instances may be placed elsewhere. */
  readonly lost: ReadonlySet<HostId>;
  /** Hosts that are away, and since when that is known, on the monotonic clock: to be handed in again. */
  readonly awaySinceMs: ReadonlyMap<HostId, number>;
  /** Why nothing is moved although hosts are away: a sentence. */
  readonly brake?: string;
  /** Until another host counts as lost. */
  readonly wakeInMs?: number;
}

/** A host counts from the moment at which its agent has registered until an operator removes it. */
const isKnown = (host: HostView): boolean => host.info !== undefined;

/**
 * Which hosts are lost. Stateless but for when an absence was first seen, so that a controller that takes over waits for
 * the whole grace once more: late is safe.
 */
export function judgeHosts(
  view: ClusterView,
  before: LossVerdict['awaySinceMs'],
  monotonicMs: number,
  policy: LossPolicy = DEFAULT_LOSS_POLICY,
): LossVerdict {
  const known = [...view.hosts.values()].filter(isKnown);
  const away = known.filter((host) => !host.isAlive);
  const awaySinceMs = new Map(away.map(({ id }) => [id, before.get(id) ?? monotonicMs] as const));
  if (away.length > known.length * policy.brakeShare) {
    return { lost: new Set(), awaySinceMs, brake: brakeSentence(away, known, policy) };
  }
  const remaining = [...awaySinceMs].map(
    ([host, sinceMs]) => [host, sinceMs + policy.graceMs - monotonicMs] as const,
  );
  const pending = remaining.map(([, ms]) => ms).filter((ms) => ms > 0);
  return {
    lost: new Set(remaining.filter(([, ms]) => ms <= 0).map(([host]) => host)),
    awaySinceMs,
    ...(pending.length > 0 ? { wakeInMs: Math.min(...pending) } : {}),
  };
}

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

/** The view as a planner shall see it: a host that is away without being lost keeps what it has. */
export function withLosses(view: ClusterView, { lost, brake }: LossVerdict): ClusterView {
  const hosts = new Map(
    [...view.hosts].map(([id, host]) => [id, { ...host, isLost: lost.has(id) }] as const),
  );
  const { brake: _before, ...rest } = view;
  return { ...rest, hosts, ...(brake === undefined ? {} : { brake }) };
}
