import type { HostId, Placement, Project, ServiceSpec } from '@nap/shared';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { withDecision } from './decisions.js';
import { isGone } from './held.js';
import { rulesOf, whyNotTwice } from './rollout-rules.js';
import { isStopped } from './stopped.js';
import type { WantedInstance } from './wanted.js';

type Move = Extract<Change, { kind: 'move' }>;

/** The placement on another host that answers until the instance is well on `host`; undefined: there is none. */
export function predecessorOf(
  view: ClusterView,
  project: Project,
  { yielding, current, service, index }: WantedInstance,
  host: HostId,
): Placement | undefined {
  // What is stopped never gets well: nobody would ever take over.
  if (isStopped(service, index)) return undefined;
  const old = yielding ?? current;
  const isOne =
    old !== undefined && old.host !== host && mayAnswer(view, { project, service, old });
  return isOne ? old : undefined;
}

/**
 * Whether a placement can go on answering while its instance starts elsewhere. Not where its host is away or it has no name,
 * where it has a partner, nor where the file says that it must not run twice.
 */
export function mayAnswer(
  view: ClusterView,
  {
    project,
    service,
    old,
  }: { readonly project: Project; readonly service: ServiceSpec; readonly old: Placement },
): boolean {
  const from = view.hosts.get(old.host);
  if (from?.isAlive !== true || from.isLost || old.mode === 'global') return false;
  // Otherwise nobody would miss it: it does not run or need not run again, or the new one has taken over.
  const record = view.names.get(old.instance);
  if (record?.host !== old.host || record.condition === 'completed') return false;
  if (service.update?.order === 'stop-first' || old.stopAfterMs !== undefined) return false;
  return whyNotTwice(project, service, 'cluster') === undefined;
}

/** What must not run twice leaves a host that is alive before it comes to another one: its agent has to say that it is gone. */
export function hasToGoFirst(view: ClusterView, old: Placement): boolean {
  const from = view.hosts.get(old.host);
  if (old.stopAfterMs === undefined || from?.isAlive !== true || from.isLost) return false;
  return !isGone(view, old);
}

/** It is stopped now, and placed elsewhere when it is gone. Nothing to change: that is under way. */
export function leaving({ placement: made }: Move, old: Placement): Change | undefined {
  if (old.wanted === 'removed') return undefined;
  const reason = `it must not run twice: it is placed on ${made.host} when it is gone here`;
  const placement = { ...yieldingTo(made, old), wanted: 'removed' as const, reason };
  return { kind: 'update', placement, differences: ['wanted'], recreates: false, reason };
}

/** The placement of an instance that takes over from another host. */
export function takingOver(
  placement: Placement,
  { host }: Pick<Placement, 'host'>,
  service: ServiceSpec,
): Placement {
  const readyAfterMs = rulesOf(service, false).monitorMs;
  return { ...placement, takesOverFrom: host, startFirst: { readyAfterMs } };
}

/** The old placement while its instance starts on another host. */
export function yieldingTo(
  { host, decidedAtMs }: Pick<Placement, 'host' | 'decidedAtMs'>,
  old: Placement,
): Placement {
  const { takesOverFrom: _before, ...rest } = old;
  return { ...rest, yieldsTo: host, decidedAtMs };
}

/** From one host to another; the old container goes first, or answers meanwhile where the new one takes over from it. */
export function moveOf(made: Placement, from: Placement, revision: number | undefined): Move {
  const { reason } = made;
  const asked = revision === undefined ? {} : { revision };
  return {
    kind: 'move',
    placement: withDecision(made, from, { kind: 'moved', reason, ...asked }),
    from: from.host,
    ...(made.takesOverFrom === from.host ? { yielding: yieldingTo(made, from) } : {}),
    reason,
  };
}
