import type { ContainerSpec, HostCheck, InstanceId, ReportStatus } from '@nap/shared';
import type { ClusterView, HostView } from '../plan/cluster-view.js';
import { factLines, indented, timeText } from './facts.js';
import { hostFacts, type HostFacts } from './host-view.js';
import { renderTable, type Table } from './table.js';
import { bytesText } from './units.js';

interface PlacedInstance {
  readonly instance: InstanceId;
  readonly wanted: string;
  readonly image: ContainerSpec['image'];
  readonly containerName: string;
  readonly status: ReportStatus | undefined;
  readonly reason: string;
  readonly decidedAt: string;
}

/** Everything that is known of one host. */
export interface InspectedHost extends HostFacts {
  readonly kind: 'host';
  readonly placements: readonly PlacedInstance[];
  readonly lastCheck: HostCheck | undefined;
}

/** One host with what is placed on it; of what is placed only what shows no secrets. */
export function inspectHost(view: ClusterView, host: HostView): InspectedHost {
  const placements = view.placements
    .filter((placement) => placement.host === host.id)
    .map(({ instance, wanted, spec, reason, decidedAtMs }) => ({
      instance,
      wanted,
      image: spec.image,
      containerName: spec.containerName,
      status: view.reports.get(instance)?.status,
      reason,
      decidedAt: timeText(decidedAtMs),
    }));
  const lastCheck = view.checks.get(host.id);
  return { kind: 'host', ...hostFacts(view, host), placements, lastCheck };
}

const placed: Table<PlacedInstance> = {
  columns: {
    INSTANCE: ({ instance }) => instance,
    IMAGE: ({ image }) => image,
    STATE: ({ status, wanted }) => (wanted === 'removed' ? 'removing' : (status?.state ?? '-')),
    'WHY HERE': ({ reason }) => reason,
  },
};

export function hostText(found: InspectedHost): string {
  const { capacity, reserved, platform, lastCheck, placements } = found;
  const labels = Object.entries(found.labels).map(([key, value]) => `${key}=${value}`);
  const lines = [
    ...factLines([
      ['state', found.state],
      ['address', found.address],
      ['subnet', found.subnet],
      ['network', found.network],
      ['platform', platform && `${platform.os}/${platform.architecture}`],
      [
        'engine',
        found.engineVersion && `${found.engineVersion} (API ${found.engineApiVersion ?? ''})`,
      ],
      ['agent', found.agentVersion],
      ['cpus', capacity && `${capacity.cpus}, ${reserved.cpus} reserved`],
      [
        'memory',
        capacity &&
          `${bytesText(capacity.memoryBytes)}, ${bytesText(reserved.memoryBytes)} reserved`,
      ],
      ['labels', labels.join(', ')],
      ['checked at', lastCheck && timeText(lastCheck.atMs)],
      ...(lastCheck?.problems ?? []).map((problem) => ['problem', problem] as const),
    ]),
    ...(placements.length === 0 ? [] : [renderTable(placed, placements)]),
  ];
  return `${found.host}\n${indented(lines.join('\n'))}`;
}
