import {
  parseInstanceId,
  PAUSED_BY_HAND,
  type OwnContainer,
  type ProjectName,
  type Report,
} from '@nap/shared';
import type { InstancesView } from '../plan/cluster-view.js';
import { projectProgress, type InstanceProgress } from '../plan/convergence.js';
import { placedAt } from '../plan/placement-index.js';
import { naturalOrder } from './natural-order.js';
import { inOneLine } from './one-line.js';
import { renderList, type Format, type Table } from './table.js';
import { ageText } from './units.js';

type PsView = Omit<InstancesView, 'unreadable'>;

export interface PsRow {
  readonly project: string;
  readonly service: string;
  readonly name: string;
  readonly image: string;
  readonly host: string;
  readonly ip: string | undefined;
  readonly state: string;
  readonly health: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly restarts: number;
  readonly message: string;
  readonly reason: string | undefined;
}

/** What only the agent knows; empty while it has not reported. */
function reportColumns(
  report: Report | undefined,
): Pick<PsRow, 'ip' | 'health' | 'startedAtMs' | 'restarts'> {
  const running = report?.status.state === 'running' ? report.status : undefined;
  return {
    ip: report?.ip,
    health: running?.health === 'none' ? undefined : running?.health,
    startedAtMs: running?.startedAtMs,
    restarts: report?.restarts ?? 0,
  };
}

function toRow(view: PsView, progress: InstanceProgress): PsRow {
  const { instance, host, phase, message } = progress;
  const placement = placedAt(view.placements, instance, host);
  const latest = view.reports.get(instance);
  const columns = reportColumns(latest?.host === host ? latest : undefined);
  // What is placed no more is on its way out, however well it still runs.
  const mayRun = phase !== 'away' && placement !== undefined;
  const { project = '', service = '' } = parseInstanceId(instance) ?? {};
  return {
    project,
    service,
    name: placement?.spec.containerName ?? instance,
    image: placement?.spec.image ?? '',
    host,
    state: mayRun && columns.startedAtMs !== undefined ? 'running' : progress.state,
    ...columns,
    message,
    reason: placement?.reason,
  };
}

export const psTable = (nowMs: number): Table<PsRow> => ({
  columns: {
    NAME: (row) => row.name,
    IMAGE: (row) => row.image,
    HOST: (row) => row.host,
    IP: (row) => row.ip ?? '-',
    STATE: (row) => (hasHealth(row) ? `${row.state} (${row.health})` : row.state),
    AGE: (row) => (row.startedAtMs === undefined ? '-' : ageText(nowMs - row.startedAtMs)),
    RESTARTS: (row) => String(row.restarts),
    // A sentence only where something is to be said: what runs well needs none.
    MESSAGE: (row) => (runsWell(row) ? '' : inOneLine(row.message)),
  },
});

const hasHealth = (row: PsRow): row is PsRow & { readonly health: string } =>
  row.state === 'running' && row.health !== undefined;

const runsWell = ({ state, health, message }: PsRow): boolean =>
  state === 'running' && health !== 'unhealthy' && message !== PAUSED_BY_HAND;

/** The instances of these projects, in the order of their names. */
export function psRows(
  view: PsView,
  projects: readonly ProjectName[],
  isWanted: (progress: InstanceProgress) => boolean = () => true,
): readonly PsRow[] {
  return projects
    .flatMap((project) => projectProgress(view, project))
    .filter(isWanted)
    .map((progress) => toRow(view, progress))
    .sort((a, b) => naturalOrder(a.project, b.project) || naturalOrder(a.name, b.name));
}

/** The instances of one project, or of all, with where they are, how they are, and why they wait. */
export function renderPs(
  view: PsView,
  projects: readonly ProjectName[],
  format: Format,
  nowMs: number,
  isWanted?: (progress: InstanceProgress) => boolean,
): string | undefined {
  return renderPsRows(psRows(view, projects, isWanted), format, nowMs);
}

export function renderPsRows(
  rows: readonly PsRow[],
  format: Format,
  nowMs: number,
): string | undefined {
  return renderList(format, psTable(nowMs), rows, (row) => row);
}

/** What its agent says of a container that `run` has started. */
export interface ShownOneOff {
  readonly host: string;
  readonly project: string;
  readonly container: Pick<OwnContainer, 'name' | 'image' | 'state' | 'status' | 'createdAtMs'> & {
    readonly oneOff: { readonly service: string; readonly isRemovedAtEnd: boolean };
  };
}

export function oneOffRow({ host, project, container }: ShownOneOff): PsRow {
  const { name, image, state, status = '', createdAtMs, oneOff } = container;
  return {
    ...{ project, service: oneOff.service, name, image, host, state, restarts: 0 },
    ...{ ip: undefined, health: undefined, startedAtMs: createdAtMs },
    message: `one-off: ${status}`,
    reason: undefined,
  };
}
