import { z } from 'zod';
import type { OwnContainer, Stats } from '@nap/shared';

const cpuSchema = z.object({
  cpu_usage: z.object({ total_usage: z.number() }),
  system_cpu_usage: z.number().optional(),
  online_cpus: z.number().optional(),
});

const sampleSchema = z.object({
  read: z.string(),
  pids_stats: z.object({ current: z.number().optional() }).optional(),
  cpu_stats: cpuSchema,
  precpu_stats: cpuSchema.partial().optional(),
  memory_stats: z.object({
    usage: z.number().optional(),
    limit: z.number().optional(),
    stats: z.record(z.string(), z.number()).nullish(),
  }),
  networks: z
    .record(z.string(), z.object({ rx_bytes: z.number(), tx_bytes: z.number() }))
    .nullish(),
  blkio_stats: z.object({
    io_service_bytes_recursive: z.array(z.object({ op: z.string(), value: z.number() })).nullish(),
  }),
});
type Sample = z.infer<typeof sampleSchema>;

/** The engine's sample → what people ask for, counted as its own command line counts. Undefined when it does not run. */
export function readStats(value: unknown, container: OwnContainer): Stats | undefined {
  const parsed = sampleSchema.safeParse(value);
  // Of a container that has ended the engine gives a sample at the year 1, or one without any memory.
  if (!parsed.success || parsed.data.memory_stats.usage === undefined) return undefined;
  const sample = parsed.data;
  const networks = Object.values(sample.networks ?? {});
  const written = sample.blkio_stats.io_service_bytes_recursive ?? [];
  const ofKind = (kind: string): number =>
    sum(written.filter(({ op }) => op.toLowerCase() === kind).map((it) => it.value));
  return {
    instance: container.instance,
    container: container.name,
    atMs: Date.parse(sample.read),
    cpuPercent: cpuPercentOf(sample),
    memoryBytes: memoryOf(sample),
    memoryLimitBytes: sample.memory_stats.limit ?? 0,
    receivedBytes: sum(networks.map((it) => it.rx_bytes)),
    sentBytes: sum(networks.map((it) => it.tx_bytes)),
    readBytes: ofKind('read'),
    writtenBytes: ofKind('write'),
    processes: sample.pids_stats?.current ?? 0,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, it) => total + it, 0);

function cpuPercentOf({ cpu_stats: now, precpu_stats: before }: Sample): number {
  const used = now.cpu_usage.total_usage - (before?.cpu_usage?.total_usage ?? 0);
  const passed = (now.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  return used > 0 && passed > 0 ? (used / passed) * (now.online_cpus ?? 1) * 100 : 0;
}

/** Without what the kernel only keeps because there is room. */
function memoryOf({ memory_stats: { usage = 0, stats } }: Sample): number {
  const cache = stats?.['total_inactive_file'] ?? stats?.['inactive_file'] ?? 0;
  return cache < usage ? usage - cache : usage;
}
