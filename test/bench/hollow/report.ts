import type { ChangeCost, ClusterResult } from './measure-cluster.js';

type Row = readonly [string, (result: ClusterResult) => number | string];

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);
const whole = (count: number): string => Math.round(count).toLocaleString('en');

const ofChange = (name: string, change: (result: ClusterResult) => ChangeCost): readonly Row[] => [
  [`${name}: the command, s`, (it) => seconds(change(it).wallMs)],
  [`${name}: its processor, s`, (it) => seconds(change(it).commandCpuMs)],
  [`${name}: etcd puts`, (it) => whole(change(it).etcd.puts)],
  [`${name}: etcd ranges`, (it) => whole(change(it).etcd.ranges)],
  [`${name}: etcd sends, MiB`, (it) => mebibytes(change(it).etcd.bytesSent)],
  [`${name}: writes by hosts with the project`, (it) => writes(change(it).near.writes)],
  [`${name}: names and reports written by all others`, (it) => whole(withoutChecks(change(it)))],
  [`${name}: nudges of all others`, (it) => whole(change(it).far.nudges)],
  [
    `${name}: an agent without the project, ms of processor (at idle as long)`,
    (it) => `${change(it).farCpuMs.toFixed(1)} (${change(it).farIdleCpuMs.toFixed(1)})`,
  ],
  [`${name}: the daemon's processor, ms`, (it) => whole(change(it).daemonCpuMs)],
];

function writes(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}

/** Checks are repeated twice a minute by everybody. */
function withoutChecks({ far }: ChangeCost): number {
  return Object.entries(far.writes).reduce(
    (total, [kind, count]) => total + (kind === 'checks' ? 0 : count),
    0,
  );
}

const ROWS: readonly Row[] = [
  ['instances', (it) => whole(it.instances)],
  ['hosts registered, s', (it) => seconds(it.registerMs)],
  ['fill: projects of thirty instances in a batch', (it) => whole(it.fill.batch)],
  ['fill: plan and write the first batch, s', (it) => seconds(it.fill.firstApplyMs)],
  ['fill: plan and write the last batch, s', (it) => seconds(it.fill.lastApplyMs)],
  ["fill: the controller's processor for all batches, s", (it) => seconds(it.fill.cpuMs)],
  ['fill: all run, s', (it) => seconds(it.fill.convergeMs)],
  ['fill: etcd puts', (it) => whole(it.etcdOfFill.puts)],
  ['fill: events to watchers', (it) => whole(it.etcdOfFill.events)],
  ['fill: etcd sends, MiB', (it) => mebibytes(it.etcdOfFill.bytesSent)],
  ['watchers', (it) => whole(it.idle.etcd.watchers)],
  ['watch streams', (it) => whole(it.idle.etcd.watchStreams)],
  ['size of the database, MiB', (it) => mebibytes(it.idle.etcd.dbBytes)],
  ['memory of etcd, MiB', (it) => mebibytes(it.idle.etcd.rssBytes)],
  ['idle, a minute: puts', (it) => whole(it.idle.etcd.puts)],
  ['idle, a minute: messages to etcd', (it) => whole(it.idle.etcd.messagesReceived)],
  ['idle, a minute: etcd receives, KiB', (it) => whole(it.idle.etcd.bytesReceived / 1024)],
  ['idle, a minute: etcd sends, KiB', (it) => whole(it.idle.etcd.bytesSent / 1024)],
  ["idle, a minute: etcd's processor, s", (it) => it.idle.etcd.cpuS.toFixed(1)],
  ['idle, a minute: one agent, ms of processor', (it) => whole(it.idle.agentCpuMs)],
  ['idle, a minute: the daemon, ms of processor', (it) => whole(it.idle.daemonCpuMs)],
  ['idle: timers of the agents late, p99, ms', (it) => whole(it.idle.lateMs)],
  [
    'memory of one more agent, MiB (heap)',
    (it) => `${mebibytes(it.agentRssBytes)} (${mebibytes(it.agentHeapBytes)})`,
  ],
  ['memory of the daemon, MiB', (it) => mebibytes(it.daemonRssBytes)],
  ...ofChange('apply ten instances', (it) => it.apply),
  ...ofChange('scale by one', (it) => it.scale),
  ...ofChange('new environment of five', (it) => it.environment),
  ['hosts lost', (it) => whole(it.recovery.lostHosts)],
  ['instances lost', (it) => whole(it.recovery.lostInstances)],
  ['all of them run elsewhere after, s', (it) => seconds(it.recovery.ms)],
];

/** A column for each size. */
export function markdown(results: readonly ClusterResult[]): string {
  const header = `| | ${results.map(({ hosts }) => `${whole(hosts)} hosts`).join(' | ')} |`;
  const line = `|---|${results.map(() => '---|').join('')}`;
  const rows = ROWS.map(
    ([title, value]) => `| ${title} | ${results.map((it) => String(value(it))).join(' | ')} |`,
  );
  return [header, line, ...rows].join('\n');
}
