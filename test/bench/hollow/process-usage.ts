import { readFileSync } from 'node:fs';

/** Linux counts a processor's time in hundredths of a second for everybody, whatever the kernel itself does. */
const MS_PER_TICK = 10;

/** Of another process, as the kernel has it. */
export function processUsage(pid: number | undefined): {
  readonly cpuMs: number;
  readonly rssBytes: number;
} {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; the fields after it begin with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  return { cpuMs, rssBytes: rssKiB * 1024 };
}
