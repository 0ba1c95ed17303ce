import type { ClusterView, HostView } from '../plan/cluster-view.js';
import { placementIndex } from '../plan/placement-index.js';
import { unitsOf } from '../plan/units.js';
import { renderList, type Format, type Table } from './table.js';
import { bytesText } from './units.js';

interface HostRow {
  readonly view: HostView;
  readonly instances: number;
  /** What the instances on it reserve, of all projects. */
  readonly reserved: {
    readonly cpus: number;
    readonly memoryBytes: number;
    /** By kind, of what the host has. */
    readonly resources: Readonly<Record<string, number>>;
  };
  /** What its agent says is wrong there; of a host that is away nothing is known. */
  readonly problems: readonly string[];
}

export type HostFacts = ReturnType<typeof toJson>;

/**
 * `away` says that its agent holds no lease: the host may be down, cut off, or only its agent stopped. `rebooting` and `off`
 * are what its agent said before.
 */
export function hostState({ isAlive, policy, info }: HostView): string {
  if (isAlive) return policy.availability;
  if (info?.goingDown === undefined) return 'away';
  return info.goingDown.kind === 'reboot' ? 'rebooting' : 'off';
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
    'OTHERS RESERVED': ({ view, reserved }) => othersText(view, reserved.resources),
    ENGINE: ({ view }) => view.info?.engineVersion ?? '-',
    AGENT: ({ view }) => view.info?.agentVersion ?? '-',
    PROBLEMS: ({ problems }) => problems.join('; '),
  },
};

function toJson({ view, instances, reserved, problems }: HostRow) {
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
    goingDown: info?.goingDown,
    labels: { ...info?.labels, ...policy.labels },
    problems,
  };
}

/** `1 of 2 gpu` */
function othersText({ info }: HostView, reserved: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(unitsOf(info) ?? {});
  if (kinds.length === 0) return '-';
  return kinds.map(([kind, total]) => `${reserved[kind] ?? 0} of ${total} ${kind}`).join(', ');
}

function toRow(view: ClusterView, host: HostView): HostRow {
  const totals = placementIndex(view.placements).totals.get(host.id);
  return {
    view: host,
    instances: totals?.instances ?? 0,
    problems: host.isAlive ? (view.checks.get(host.id)?.problems ?? []) : [],
    reserved: {
      cpus: (totals?.nanoCpus ?? 0) / 1e9,
      memoryBytes: totals?.memoryBytes ?? 0,
      resources: Object.fromEntries(
        Object.entries(unitsOf(host.info) ?? {}).map(([kind, total]) => [
          kind,
          total - (totals?.units?.free(kind, total) ?? total),
        ]),
      ),
    },
  };
}

export function renderHosts(view: ClusterView, format: Format): string | undefined {
  const rows = [...view.hosts.values()].map((host) => toRow(view, host));
  return renderList(format, table, rows, toJson);
}

/** What `host ls` says of one host, as scripts get it. */
export const hostFacts = (view: ClusterView, host: HostView): HostFacts =>
  toJson(toRow(view, host));
