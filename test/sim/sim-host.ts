import { hostId, isNapError, type HostId } from '@nap/shared';
import type { Clock, Component } from '@nap/shared/runtime';
import type { ManualClock } from '@nap/shared/testing';
import type { Store } from '@nap/shared/store';
import {
  createAgent,
  FakeDocker,
  hollowParts,
  MemoryFileDisk,
  type AgentParts,
  type DockerPort,
  type TextFiles,
} from '@nap/agent/testing';
import type { HostName } from './actions.js';
import type { Network, NetworkLink } from './network.js';
import { IMAGE, JOB_IMAGE } from './projects.js';
import { processDocker, type ProcessDockerParts } from './process-docker.js';
import { SimProcess } from './sim-process.js';
import type { Trace } from './trace.js';

export const LEASE_TTL_S = 10;
const RESYNC_MS = 30_000;

/** Lets a test break an agent on purpose, to see that the simulator notices. */
export interface Seams {
  readonly store?: (store: Store) => Store;
  readonly docker?: (docker: DockerPort) => DockerPort;
}

export interface SimHostParts {
  readonly name: HostName;
  readonly index: number;
  readonly clock: ManualClock;
  readonly network: Network;
  readonly random: () => number;
  readonly trace: Trace;
  readonly seams: Seams;
  readonly onCall: (host: SimHost, ...call: Parameters<ProcessDockerParts['onCall']>) => void;
  readonly onAnswer: (host: SimHost) => void;
  readonly onFatal: (host: SimHost, err: unknown) => void;
}

/** One machine: its clock, its engine, its disk, and the agent that runs on it, one process after the other. */
export class SimHost {
  readonly name: HostName;
  readonly id: HostId;
  readonly engine: FakeDocker;
  readonly link: NetworkLink;
  readonly machine: Clock;
  readonly lostAnswers = new Set<string>();
  process: SimProcess | undefined;
  isEngineUp = true;
  /** Until when the machine, its engine or its agent did not work as they should, on the world's clock. */
  impairedUntilMs = 0;
  private readonly parts: SimHostParts;
  private readonly disk = new Map<string, string>();
  private readonly fileDisk = new MemoryFileDisk();
  private component: Component | undefined;
  private wallOffsetMs = 0;

  constructor(parts: SimHostParts) {
    const { name, index, clock, network } = parts;
    this.parts = parts;
    this.name = name;
    this.id = hostId(name);
    this.link = network.link(name);
    this.machine = {
      nowMs: () => clock.nowMs() + this.wallOffsetMs,
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, callback) => clock.after(ms, callback),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    this.engine = new FakeDocker({
      clock: this.machine,
      prefix: `10.1.${index + 1}`,
      program: ({ body }) => (body.Image === JOB_IMAGE ? { exitCode: 0 } : undefined),
    });
    for (const image of [IMAGE, JOB_IMAGE]) this.engine.registry.add(image);
    this.engine.addForeign(`foreign-${name}`, `10.1.${index + 1}.200`);
    this.normal();
  }

  get isAgentUp(): boolean {
    return this.process?.isRunning === true;
  }

  /** How long the engine's calls take when all is well, in ms. */
  normal(): void {
    for (const [call, ms] of [
      ['create', 60],
      ['start', 120],
      ['stop', 400],
      ['remove', 60],
      ['pull', 900],
      ['inspect', 0],
      ['list', 0],
    ] as const) {
      this.engine.slow(call, ms);
    }
  }

  impairedFor(ms: number): void {
    this.impairedUntilMs = Math.max(this.impairedUntilMs, this.parts.clock.monotonicMs() + ms);
  }

  setClock(byMs: number): void {
    this.wallOffsetMs += byMs;
  }

  startAgent(): void {
    if (this.process?.isDead === false) return;
    const { clock, trace, name } = this.parts;
    const process = new SimProcess(`agent of ${name}`, this.machine);
    this.process = process;
    trace.add(clock.monotonicMs(), name, 'agent starts');
    const component = createAgent(this.agentParts(process));
    this.component = component;
    const { signal } = new AbortController();
    component.start(signal).catch((err: unknown) => {
      this.fatal(err);
    });
  }

  killAgent(): void {
    this.process?.kill();
  }

  /** As systemd would: SIGTERM, and SIGKILL for what has not ended in time. */
  stopAgent(withinMs: number): void {
    const { process } = this;
    if (process?.isDead !== false) return;
    void this.component?.stop().then(() => {
      process.kill();
    });
    this.parts.clock.after(withinMs, () => {
      process.kill();
    });
  }

  /** The power goes: agent, engine and containers, and what was in memory. */
  powerOff(): void {
    this.killAgent();
    this.haltEngine('crashed');
    for (const path of this.fileDisk.paths) {
      if (path.startsWith('/run/')) this.fileDisk.files.delete(path);
    }
    for (const path of this.disk.keys()) {
      if (path.startsWith('/run/')) this.disk.delete(path);
    }
  }

  powerOn(): void {
    this.bootEngine();
    this.startAgent();
  }

  haltEngine(how: 'stopped' | 'crashed'): void {
    if (!this.isEngineUp) return;
    this.isEngineUp = false;
    // As a program does that is told to end: nobody can take that for its own end.
    this.engine.halt(how, 0);
  }

  bootEngine(): void {
    if (this.isEngineUp) return;
    this.isEngineUp = true;
    this.engine.boot();
    // Somebody else's container is somebody else's to restart.
  }

  private fatal(err: unknown): void {
    this.parts.onFatal(this, err);
  }

  private agentParts(process: SimProcess): AgentParts {
    const { random, network, seams, index, onCall, onAnswer, clock, trace } = this.parts;
    const store = network.store(process, this.link);
    const docker = processDocker({
      ...{ process, engine: this.engine, machine: this.machine, lostAnswers: this.lostAnswers },
      latencyMs: () => 1 + Math.floor(random() * 4),
      onCall: (call, about) => {
        onCall(this, call, about);
      },
      onAnswer: (call, about, err) => {
        if (CHANGES.has(call)) {
          const result = isNapError(err) ? ` fails: ${err.message}` : '';
          trace.add(clock.monotonicMs(), this.name, `docker ${call} ${about.slice(-40)}${result}`);
        }
        if (CHANGES.has(call)) onAnswer(this);
      },
    });
    return {
      ...hollowParts({
        ...{ host: this.id, address: `10.0.0.${index + 1}`, machine: `machine-${index}` },
        ...{ engine: this.engine, clock: process.clock, random },
        settings: { resyncMs: RESYNC_MS, leaseTtlS: LEASE_TTL_S },
        store: seams.store?.(store) ?? store,
        onFatal: (err) => {
          this.fatal(err);
        },
      }),
      docker: seams.docker?.(docker) ?? docker,
      files: this.filesOf(process),
      fileDisk: this.fileDisk,
      engineStart: () => process.call(() => Promise.resolve(this.engine.started)),
    };
  }

  private filesOf(process: SimProcess): TextFiles {
    return {
      read: (path) => process.call(() => Promise.resolve(this.disk.get(path))),
      write: (path, text) =>
        process.call(async () => {
          await this.machine.sleep(2);
          this.disk.set(path, text);
        }),
    };
  }
}

const CHANGES: ReadonlySet<string> = new Set([
  'pull',
  'create',
  'start',
  'stop',
  'remove',
  'rename',
  'removeVolume',
]);
