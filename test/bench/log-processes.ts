import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Certificates } from '@nap/shared/testing';
import { childrenCpuMs, processUsage } from './hollow/process-usage.js';

/** The processes that a log passes, and what they use. */

const ON_HOST = resolve('test/bench/on-host');
const SAMPLE_EVERY_MS = 100;

export const toNowhere = (): number => openSync('/dev/null', 'w');

/** How much memory a process has at most while the first quarter of a log passes, and while the last one does. */
export interface Growth {
  readonly firstMib: number;
  readonly lastMib: number;
}

export interface Taken {
  readonly ms: number;
  /** Of the reading process alone, on its processors. */
  readonly cpuMs: number;
  readonly memory: Growth;
  readonly agentsCpuMs: number;
  readonly agentsMemory: Growth;
}

interface Endpoint {
  readonly host: string;
  readonly endpoint: string;
}

/** Agents' APIs: one process for all engines that cost nothing, one for each dockerd. */
export class Agents {
  readonly endpoints: readonly Endpoint[];
  private readonly children: readonly ChildProcess[];

  private constructor(endpoints: readonly Endpoint[], children: readonly ChildProcess[]) {
    this.endpoints = endpoints;
    this.children = children;
  }

  static async start(
    certificates: Certificates,
    all: readonly (readonly string[])[],
  ): Promise<Agents> {
    const { certFile, keyFile } = certificates.client('agent');
    const started = await Promise.all(
      all.map(async (args) => {
        const child = spawn(
          process.execPath,
          [`${ON_HOST}/log-source.mjs`, certFile, keyFile, certificates.caFile, ...args],
          { stdio: ['pipe', 'pipe', 'inherit'] },
        );
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        // It is what that script prints.
        return { child, endpoints: JSON.parse(line.toString('utf8')) as Endpoint[] };
      }),
    );
    const endpoints = started.flatMap((it) => it.endpoints);
    return new Agents(
      endpoints,
      started.map(({ child }) => child),
    );
  }

  get cpuMs(): number {
    return this.children.reduce((sum, { pid }) => sum + processUsage(pid).cpuMs, 0);
  }

  /** Of the largest. */
  get rssMib(): number {
    return Math.max(...this.children.map(({ pid }) => rssMib(pid)));
  }

  /** Until they have ended, so that what they used is not counted with what comes next. */
  async stop(): Promise<void> {
    await Promise.all(
      this.children.map((child) => {
        child.stdin?.end();
        return once(child, 'exit');
      }),
    );
  }
}

const rssMib = (pid: number | undefined): number => processUsage(pid).rssBytes / 1024 ** 2;

function growth(samples: readonly number[]): Growth {
  const quarter = Math.ceil(samples.length / 4);
  return {
    firstMib: Math.max(...samples.slice(0, quarter)),
    lastMib: Math.max(...samples.slice(-quarter)),
  };
}

/** All that `logs -f` does after it has read etcd, as a process of its own, into nowhere. */
export async function readThrough(
  certificates: Certificates,
  agents: Agents,
  service = 'web',
): Promise<Taken> {
  const { certFile, keyFile } = certificates.client('operator');
  const before = agents.cpuMs;
  const sink = spawn(
    process.execPath,
    [`${ON_HOST}/log-sink.mjs`, certFile, keyFile, JSON.stringify(agents.endpoints)],
    { stdio: ['ignore', toNowhere(), 'pipe'], env: { ...process.env, SERVICE: service } },
  );
  if (sink.stderr === null) throw new Error('no pipe');
  const [own, theirs]: readonly [number[], number[]] = [[], []];
  const sampling = setInterval(() => {
    if (sink.exitCode !== null) return;
    own.push(rssMib(sink.pid));
    theirs.push(agents.rssMib);
  }, SAMPLE_EVERY_MS);
  try {
    const said = await text(sink.stderr);
    // It is what that script prints.
    const { ms, cpuMs } = JSON.parse(said) as Pick<Taken, 'ms' | 'cpuMs'>;
    // Until it was ready, and the second that it waits at the end, nothing passes.
    const passing = (samples: readonly number[]): readonly number[] =>
      samples.slice(-Math.ceil((ms + 1_000) / SAMPLE_EVERY_MS), -1_000 / SAMPLE_EVERY_MS);
    return {
      ...{ ms, cpuMs, memory: growth(passing(own)), agentsMemory: growth(passing(theirs)) },
      agentsCpuMs: agents.cpuMs - before,
    };
  } finally {
    clearInterval(sampling);
  }
}

/** All at once, into nowhere → how long until the last has ended, and what they used. Throws when one fails. */
export async function runTogether(
  commands: readonly (readonly [string, ...string[]])[],
): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const before = childrenCpuMs();
  const startedAtMs = performance.now();
  const exits = await Promise.all(
    commands.map(async ([program, ...args]) => {
      const child = spawn(program, args, { stdio: ['ignore', toNowhere(), 'inherit'] });
      const [exit] = (await once(child, 'exit')) as [number | null];
      return exit;
    }),
  );
  if (exits.some((exit) => exit !== 0)) throw new Error(`${commands[0]?.[0]} has failed`);
  return { ms: performance.now() - startedAtMs, cpuMs: childrenCpuMs() - before };
}
