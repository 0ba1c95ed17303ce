import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';

/** Much output at once, on two hosts: nothing is lost, and memory stays as it is however slowly somebody reads. */

jest.setTimeout(300_000);

const LINES = Number(process.env['FLOOD_LINES'] ?? 20_000);
const COMPOSE = `
services:
  flood:
    image: box
    restart: 'no'
    command: [busybox, awk, 'BEGIN { system("sleep 5"); for (i = 0; i < ${LINES}; i++) printf "%08d ${'x'.repeat(190)}\\n", i; print "END"; system("sleep 10000") }']
    stop_grace_period: 0s
    deploy: {replicas: 2, placement: {preferences: [{spread: node.hostname}]}}
`;
const MEMORY_MAX_KIB = 300 * 1024;

if (canRunDockerd()) it('loses nothing and keeps nothing', underAFlood);

const peakOf = (pid: number | undefined): number => {
  const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
};

async function underAFlood(): Promise<void> {
  const bed = await Bed.open('host-a', 'host-b');
  try {
    await bed.apply(COMPOSE);
    const following = bed.startUnread('logs', '-f', 'flood');
    const reader = new Reader();
    following.stdout.on('data', (chunk: Buffer) => {
      reader.read(chunk);
    });
    await until('the first lines', () => reader.lines > 0, 60_000);
    // Somebody pages through it and stops to think.
    following.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const startedAtMs = performance.now();
    following.stdout.resume();
    await until('the end', () => reader.ends === 2, 240_000);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const peaks = [following.pid, ...bed.hosts.map(({ pid }) => pid)].map(peakOf);
    process.stderr.write(
      `flood: ${(reader.bytes / 1e6 / seconds).toFixed(1)} MB/s, peaks ${peaks.join(' ')} KiB\n`,
    );
    expect(reader.problems).toEqual([]);
    expect(reader.lines).toBe(2 * (LINES + 1));
    for (const peak of peaks) expect(peak).toBeLessThan(MEMORY_MAX_KIB);
    following.kill('SIGINT');
  } finally {
    await bed.close();
  }
}

/** Counts lines, and sees to it that each instance's are there in their order. */
class Reader {
  bytes = 0;
  lines = 0;
  ends = 0;
  readonly problems: string[] = [];
  private readonly next = new Map<string, number>();
  private rest = '';

  read(chunk: Buffer): void {
    this.bytes += chunk.length;
    const lines = (this.rest + chunk.toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.take(line);
  }

  private take(line: string): void {
    const [name = '', text = ''] = line.split('  | ');
    this.lines += 1;
    if (text === 'END') this.ends += 1;
    const expected = this.next.get(name) ?? 0;
    this.next.set(name, expected + 1);
    const isRight = text === 'END' || Number(text.slice(0, 8)) === expected;
    if (!isRight && this.problems.length < 5) this.problems.push(`${line}, not ${expected}`);
  }
}
