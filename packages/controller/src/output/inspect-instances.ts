import type { HostId, InstanceId } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import type { InstanceProgress } from '../plan/convergence.js';
import { renderTable, type Table } from './table.js';

/** An instance in a list of what is inspected. */
export interface ListedInstance {
  readonly instance: InstanceId;
  readonly host: HostId;
  readonly state: string;
  readonly ip: string | undefined;
  readonly message: string;
}

export function listedInstances(
  view: ClusterView,
  progress: readonly InstanceProgress[],
): readonly ListedInstance[] {
  return progress.map(({ instance, host, state, message, phase }) => {
    const report = view.reports.get(instance);
    return {
      ...{ instance, host, state },
      ip: report?.host === host ? report.ip : undefined,
      message: phase === 'done' ? '' : message,
    };
  });
}

const table: Table<ListedInstance> = {
  columns: {
    INSTANCE: ({ instance }) => instance,
    HOST: ({ host }) => host,
    STATE: ({ state }) => state,
    IP: ({ ip }) => ip ?? '-',
    MESSAGE: ({ message }) => message,
  },
};

/** Nothing where there is none. */
export const instancesText = (instances: readonly ListedInstance[]): readonly string[] =>
  instances.length === 0 ? [] : [renderTable(table, instances)];
