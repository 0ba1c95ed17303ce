import type { LabStatus } from './status.js';

/** The status as aligned columns, one machine a line. */
export function statusText({ settings, hosts, etcd, registry }: LabStatus): string {
  const hostRows = hosts.map((host) => [
    host.name,
    host.ip,
    host.subnet,
    host.power,
    host.isCablePlugged || host.power === 'off' ? '' : 'cut off',
    host.dockerd === undefined ? '' : `dockerd ${host.dockerd}`,
    host.agent === undefined ? '' : `agent ${host.agent}`,
    host.runningContainers === undefined ? '' : `${host.runningContainers} containers`,
  ]);
  const etcdRows = etcd.map((member) => [
    member.name,
    member.endpoint.replace('http://', ''),
    '',
    member.state,
    member.isCablePlugged ? '' : 'cut off',
    member.isHealthy ? 'healthy' : 'no leader, or away',
  ]);
  const { net, bridge } = settings;
  return [
    `overlay ${net}, containers on ${bridge}, registry ${registry}`,
    ...table([...hostRows, ...etcdRows]),
  ].join('\n');
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
