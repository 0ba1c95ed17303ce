import type { HostId } from '@nap/shared';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';

/**
 * What a command leaves to the daemon that is at work: placing elsewhere what is on hosts that are away. The daemon has
 * watched them and knows its grace (`serve --grace`); a command knows neither, and would move all of it at once. Who drains a
 * host wants it empty, away or not, but for what is held there in any case: see held.ts.
 */
export function leftToDaemon(
  { hosts, hasDaemon = false }: Pick<ClusterView, 'hosts' | 'hasDaemon'>,
  changes: readonly Change[],
): { readonly changes: readonly Change[]; readonly notes: readonly string[] } {
  const isAway = (id: HostId): boolean => {
    const host = hosts.get(id);
    return host?.isAlive === false && host.policy.availability !== 'draining';
  };
  const isLeft = (change: Change): change is Extract<Change, { kind: 'move' }> =>
    hasDaemon && change.kind === 'move' && isAway(change.from);
  const left = changes.filter(isLeft);
  return {
    changes: changes.filter((change) => !isLeft(change)),
    notes: left.map(
      ({ placement: { instance }, from }) =>
        `${instance} stays on ${from}, which is away: nap-controller serve is at work, and places it elsewhere when the host has been away for too long`,
    ),
  };
}
