import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { jest } from '@jest/globals';
import { makeCertificates } from '@nap/shared/testing';

/**
 * More than fits anywhere, of three hosts through the agents' own API and all that `logs -f` does with it, as processes with
 * TLS between them: nothing is lost, all is in order of time, and neither side keeps more of it the longer it lasts.
 */

jest.setTimeout(300_000);

const HOSTS = 3;
/** Of each host. All that may lie anywhere on its way is some 40 MB: 32 in the reader, the rest in sockets. */
const MEGABYTES = 60;
const ON_HOST = resolve('test/bench/on-host');
const PAUSES = 5;
const PAUSE_MS = 400;
const MEMORY_MAX_KIB = 300 * 1024;
/** A process that keeps what passes would grow by two thirds of it, 120 MB, after its first third. */
const GROWTH_MAX_KIB = 60 * 1024;

it('nothing is lost, nothing is out of order, and nothing is kept', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nap-log-stream-'));
  const children: ChildProcess[] = [];
  const start = (script: string, ...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [join(ON_HOST, script), ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // The order is exact where the merge waits for who is late, however busy the machine is.
      env: { ...process.env, WINDOW_MS: '60000' },
    });
    children.push(child);
    return child;
  };
  try {
    const certificates = await makeCertificates(dir, ['agent', 'operator']);
    const { caFile } = certificates;
    const [agent, operator] = [certificates.client('agent'), certificates.client('operator')];
    const agents = start(
      ...[
        'log-source.mjs',
        agent.certFile,
        agent.keyFile,
        caFile,
        String(HOSTS),
        String(MEGABYTES),
      ],
    );
    const [endpoints] = (await once(agents.stdout ?? agents, 'data')) as [Buffer];
    const reader = start(
      ...['log-sink.mjs', operator.certFile, operator.keyFile, endpoints.toString('utf8')],
    );
    const { lines, peaks, problem } = await readSlowly(reader, [agents, reader]);
    expect(problem).toBeUndefined();
    // It is what that script prints.
    const written = JSON.parse(endpoints.toString('utf8')) as { readonly lines: number }[];
    expect(lines).toBe(written.reduce((sum, it) => sum + it.lines, 0));
    for (const [early, late] of peaks) {
      expect(late).toBeLessThan(MEMORY_MAX_KIB);
      expect(late - early).toBeLessThan(GROWTH_MAX_KIB);
    }
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

const peakOf = ({ pid }: ChildProcess): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
};

interface Read {
  readonly lines: number;
  /** Of each process: after a third, and near the end. */
  readonly peaks: readonly (readonly [number, number])[];
  /** The first line that was not what it should have been. */
  readonly problem: string | undefined;
}

/** Somebody pages through it and stops to think now and then. */
async function readSlowly(reader: ChildProcess, watched: readonly ChildProcess[]): Promise<Read> {
  const { stdout } = reader;
  if (stdout === null) throw new Error('no pipe');
  const total = HOSTS * MEGABYTES * 1e6;
  const pauseEvery = total / PAUSES;
  const order = new Order();
  let [bytes, pauseAt] = [0, pauseEvery / 2];
  let early: readonly number[] = [];
  let late: readonly number[] = [];
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    order.read(chunk);
    bytes += chunk.length;
    if (bytes < pauseAt) continue;
    pauseAt += pauseEvery;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    late = watched.map(peakOf);
    if (bytes < total / 3 || early.length === 0) early = late;
  }
  const peaks = early.map((it, at) => [it, late[at] ?? Number.NaN] as const);
  return { lines: order.lines, peaks, problem: order.problem };
}

/** Line by line all hosts in turn: they wrote their lines of one number at the same moment. */
class Order {
  lines = 0;
  problem: string | undefined;
  private rest = '';

  read(chunk: Buffer): void {
    const lines = (this.rest + chunk.toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const host = (this.lines % HOSTS) + 1;
      const number = String(Math.floor(this.lines / HOSTS)).padStart(8, '0');
      if (!line.startsWith(`shop-web-${host}  | ${number} `)) {
        this.problem ??= `line ${this.lines} is ${line.slice(0, 40)}`;
      }
      this.lines += 1;
    }
  }
}
