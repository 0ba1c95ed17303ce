import type { Placement } from '@nap/shared';
import type { ClusterView, HostView } from './cluster-view.js';
import { stopTimeMs, surelyStoppedAfterMs } from './host-loss.js';

/**
 * What is on a host that is away and is placed nowhere else yet, whatever else is asked of that host: a drain, a constraint or
 * room that it does not have any more are no proof that nothing runs there.
 */

type Seen = Pick<ClusterView, 'hosts' | 'reports'>;

/** Its agent has said that it has removed it, as it was asked to. */
export function isGone({ reports }: Pick<ClusterView, 'reports'>, old: Placement): boolean {
  const report = reports.get(old.instance);
  const isSaid = report?.host === old.host && report.status.state === 'removed';
  return old.wanted === 'removed' && isSaid;
}

/**
 * It must not run twice, and its agent, which is away, may not have stopped it yet. What its host was told of counts, not what
 * the file says meanwhile.
 */
export function mayStillRun(view: Seen, old: Placement): boolean {
  const host = view.hosts.get(old.host);
  if (old.stopAfterMs === undefined || host?.isAlive !== false || isGone(view, old)) return false;
  return (host.awayMs ?? 0) < surelyStoppedAfterMs(old.stopAfterMs, old.spec);
}

/** The grace of its host runs, or most hosts are away: it may as well be the network. */
const isUndecided = ({ isAlive, isLost, info }: HostView): boolean =>
  !isAlive && !isLost && info !== undefined;

export function isHeld(view: Seen, old: Placement): boolean {
  const host = view.hosts.get(old.host);
  return host !== undefined && (isUndecided(host) || mayStillRun(view, old));
}

/** Its agent was told to remove it, and was away before it could say that it has: it is still told so when it is back. */
export const isLeavingAway = (view: Seen, old: Placement): boolean =>
  old.wanted === 'removed' && old.yieldsTo !== undefined && isHeld(view, old);

/**
 * What its agent is to be told of `on_partition`. While its host is away the time that it was last told of stays, where that is
 * longer: its replacement must wait for so long, and whoever waits looks here. So does what its program has to stop, which
 * is a matter of the container that is there; `takesMs` is that of the one to come.
 */
export function stopAfterMsOf(
  { hosts }: Pick<ClusterView, 'hosts'>,
  before: Placement | undefined,
  { asked, takesMs }: { readonly asked: number | undefined; readonly takesMs: number },
): number | undefined {
  const told = before?.stopAfterMs;
  if (before === undefined || told === undefined) return asked;
  if (hosts.get(before.host)?.isAlive !== false) return asked;
  const toldInAll = told + stopTimeMs(before.spec);
  return Math.max(told, asked ?? 0, toldInAll - takesMs);
}
