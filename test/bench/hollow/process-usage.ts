import { readFileSync } from 'node:fs';

/** Linux counts a processor's time in hundredths of a second for everybody, whatever the kernel itself does. */
const MS_PER_TICK = 10;

function statOf(pid: string): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; the fields after it begin with the third.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Of the processes that this one has started and that have ended. */
export function childrenCpuMs(): number {
  const fields = statOf('self');
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}

/** Of another process, as the kernel has it. */
export function processUsage(pid: number | undefined): {
  readonly cpuMs: number;
  readonly rssBytes: number;
} {
  const fields = statOf(String(pid));
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  return { cpuMs, rssBytes: rssKiB * 1024 };
}
