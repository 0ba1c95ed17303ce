import type { HostId, Placement, Project } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { rulesOf, whyNotTwice } from './rollout-rules.js';
import type { WantedInstance } from './wanted.js';

/**
 * The placement on another host that answers until the instance is well on `host`; undefined where it need not, cannot or
 * must not: its host is away, it has no name, it has data or a partner, or the file says that it must not run twice.
 */
export function predecessorOf(
  view: ClusterView,
  project: Project,
  wanted: WantedInstance,
  host: HostId,
): Placement | undefined {
  const { yielding, current, service, pin, instance } = wanted;
  const old = yielding ?? current;
  if (old === undefined || old.host === host || pin !== undefined) return undefined;
  const from = view.hosts.get(old.host);
  if (from?.isAlive !== true || from.isLost) return undefined;
  // Nobody would miss it: it does not run, or the new one has taken over.
  if (view.names.get(instance)?.host !== old.host) return undefined;
  if (service.update?.order === 'stop-first' || old.stopAfterMs !== undefined) return undefined;
  return whyNotTwice(project, service, 'cluster') === undefined ? old : undefined;
}

/** The placement of an instance that takes over from another host. */
export function takingOver(
  placement: Placement,
  { host }: Placement,
  service: WantedInstance['service'],
): Placement {
  const readyAfterMs = rulesOf(service, false).monitorMs;
  return { ...placement, takesOverFrom: host, startFirst: { readyAfterMs } };
}
