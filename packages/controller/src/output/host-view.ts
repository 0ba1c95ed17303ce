import type { ClusterView, HostView } from '../plan/cluster-view.js';
import { placementIndex } from '../plan/placement-index.js';
import { renderList, type Format, type Table } from './table.js';
import { bytesText } from './units.js';

interface HostRow {
  readonly view: HostView;
  readonly instances: number;
  /** What the instances on it reserve, of all projects. */
  readonly reserved: { readonly cpus: number; readonly memoryBytes: number };
}

export type HostFacts = ReturnType<typeof toJson>;

/** `away` says that its agent holds no lease: the host may be down, cut off, or only its agent stopped. */
export function hostState(host: HostView): string {
  return host.isAlive ? host.policy.availability : 'away';
}

const table: Table<HostRow> = {
  columns: {
    HOST: ({ view }) => view.id,
    STATE: ({ view }) => hostState(view),
    ADDRESS: ({ view }) => view.info?.address ?? '-',
    SUBNET: ({ view }) => view.info?.subnet ?? '-',
    INSTANCES: ({ instances }) => String(instances),
    'CPUS RESERVED': ({ view, reserved }) =>
      `${reserved.cpus} of ${view.info?.capacity.cpus ?? '-'}`,
    'MEMORY RESERVED': ({ view: { info }, reserved }) =>
      `${bytesText(reserved.memoryBytes)} of ${info === undefined ? '-' : bytesText(info.capacity.memoryBytes)}`,
    ENGINE: ({ view }) => view.info?.engineVersion ?? '-',
    AGENT: ({ view }) => view.info?.agentVersion ?? '-',
  },
};

function toJson({ view, instances, reserved }: HostRow) {
  const { info, policy } = view;
  return {
    host: view.id,
    state: hostState(view),
    instances,
    address: info?.address,
    subnet: info?.subnet,
    network: info?.network,
    capacity: info?.capacity,
    reserved,
    platform: info?.platform,
    engineVersion: info?.engineVersion,
    engineApiVersion: info?.engineApiVersion,
    agentVersion: info?.agentVersion,
    labels: { ...info?.labels, ...policy.labels },
  };
}

function toRow(view: ClusterView, host: HostView): HostRow {
  const totals = placementIndex(view.placements).totals.get(host.id);
  return {
    view: host,
    instances: totals?.instances ?? 0,
    reserved: { cpus: (totals?.nanoCpus ?? 0) / 1e9, memoryBytes: totals?.memoryBytes ?? 0 },
  };
}

export function renderHosts(view: ClusterView, format: Format): string {
  const rows = [...view.hosts.values()].map((host) => toRow(view, host));
  return renderList(format, table, rows, toJson);
}

/** What `host ls` says of one host, as scripts get it. */
export const hostFacts = (view: ClusterView, host: HostView): HostFacts =>
  toJson(toRow(view, host));
