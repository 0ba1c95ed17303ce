import type { HostId, Stats } from '@nap/shared';
import { naturalOrder } from './natural-order.js';
import { renderList, type Format, type Table } from './table.js';
import { bytesText } from './units.js';

export interface StatsOf {
  readonly host: HostId;
  readonly stats: Stats;
}

const percent = (value: number): string => `${value.toFixed(2)}%`;
const memoryPercent = ({ memoryBytes, memoryLimitBytes }: Stats): number =>
  memoryLimitBytes === 0 ? 0 : (memoryBytes / memoryLimitBytes) * 100;

const table: Table<StatsOf> = {
  columns: {
    NAME: ({ stats }) => stats.container,
    HOST: ({ host }) => host,
    'CPU %': ({ stats }) => percent(stats.cpuPercent),
    'MEM USAGE / LIMIT': ({ stats }) =>
      `${bytesText(stats.memoryBytes)} / ${bytesText(stats.memoryLimitBytes)}`,
    'MEM %': ({ stats }) => percent(memoryPercent(stats)),
    'NET I/O': ({ stats }) => `${bytesText(stats.receivedBytes)} / ${bytesText(stats.sentBytes)}`,
    'BLOCK I/O': ({ stats }) => `${bytesText(stats.readBytes)} / ${bytesText(stats.writtenBytes)}`,
    PIDS: ({ stats }) => String(stats.processes),
  },
};

/** One sample of each instance, by name. */
export function renderStats(samples: readonly StatsOf[], format: Format): string | undefined {
  const rows = [...samples].sort((a, b) => naturalOrder(a.stats.container, b.stats.container));
  return renderList(format, table, rows, statsJson);
}

export const statsJson = ({
  host,
  stats: { atMs, container: name, ...stats },
}: StatsOf): object => ({
  ...{ name, host, at: new Date(atMs).toISOString(), ...stats },
});
