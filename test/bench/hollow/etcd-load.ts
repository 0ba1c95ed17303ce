/** What etcd says of itself at one moment. */
export interface EtcdLoad {
  readonly puts: number;
  readonly deletes: number;
  readonly ranges: number;
  readonly txns: number;
  /** Events handed to watchers. */
  readonly events: number;
  readonly watchers: number;
  readonly watchStreams: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly fsyncs: number;
  readonly cpuS: number;
  readonly rssBytes: number;
  readonly dbBytes: number;
}

const METRICS: Readonly<Record<keyof EtcdLoad, string>> = {
  puts: 'etcd_mvcc_put_total',
  deletes: 'etcd_mvcc_delete_total',
  ranges: 'etcd_mvcc_range_total',
  txns: 'etcd_mvcc_txn_total',
  events: 'etcd_debugging_mvcc_events_total',
  watchers: 'etcd_debugging_mvcc_watcher_total',
  watchStreams: 'etcd_debugging_mvcc_watch_stream_total',
  messagesReceived: 'grpc_server_msg_received_total',
  messagesSent: 'grpc_server_msg_sent_total',
  bytesReceived: 'etcd_network_client_grpc_received_bytes_total',
  bytesSent: 'etcd_network_client_grpc_sent_bytes_total',
  fsyncs: 'etcd_disk_wal_fsync_duration_seconds_count',
  cpuS: 'process_cpu_seconds_total',
  rssBytes: 'process_resident_memory_bytes',
  dbBytes: 'etcd_mvcc_db_total_size_in_bytes',
};

/** Gauges: what they are now counts, not how much they have grown. */
const GAUGES: ReadonlySet<string> = new Set(['watchers', 'watchStreams', 'rssBytes', 'dbBytes']);

/** All series of a name added up. */
function valueOf(text: string, name: string): number {
  let total = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [series = '', value = '0'] = line.split(/\s+(?=\S+$)/);
    if (series === name || series.startsWith(`${name}{`)) total += Number(value);
  }
  return total;
}

function each(value: (key: keyof EtcdLoad) => number): EtcdLoad {
  // Every key of the table, and no other.
  const names = Object.keys(METRICS) as (keyof EtcdLoad)[];
  return Object.fromEntries(names.map((key) => [key, value(key)])) as unknown as EtcdLoad;
}

export async function readLoad(metricsUrl: string): Promise<EtcdLoad> {
  const answer = await fetch(metricsUrl);
  const text = await answer.text();
  return each((key) => valueOf(text, METRICS[key]));
}

/** What was done between two moments; of what is a size, the later one. */
export const loadBetween = (before: EtcdLoad, after: EtcdLoad): EtcdLoad =>
  each((key) => (GAUGES.has(key) ? after[key] : after[key] - before[key]));

export const scaled = (load: EtcdLoad, by: number): EtcdLoad =>
  each((key) => (GAUGES.has(key) ? load[key] : load[key] * by));

/** Without what would have been done anyway. */
export const without = (load: EtcdLoad, background: EtcdLoad): EtcdLoad =>
  each((key) => (GAUGES.has(key) ? load[key] : load[key] - background[key]));
