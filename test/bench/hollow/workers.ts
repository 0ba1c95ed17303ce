import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { sum, type Counts } from './counted-store.js';
import type { HollowHostOptions } from './hollow-host.js';
import { NEAR, NEAR_HOSTS } from './projects.js';

export type Order =
  | ({
      readonly kind: 'start';
      readonly from: number;
      readonly count: number;
    } & Omit<HollowHostOptions, 'index' | 'onFatal'>)
  | {
      readonly kind: 'usage';
      /** After a collection of garbage, which costs more than what agents do. */
      readonly isTidy: boolean;
    };

/** Of one process. */
export interface Usage {
  /** Since it began. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** By how much timers were late since the last time it was asked: the 99th percentile. */
  readonly lateMs: number;
  readonly counts: Counts;
}

/** Hosts of one process at most: what it does must fit one processor. */
const HOSTS_PER_WORKER = 150;
/** Of the agents that will vanish: the default. */
const LEASE_TTL_S = 10;
/** Of all others: many share a processor, and none shall be taken for lost because it waits for its turn. */
const PATIENT_LEASE_TTL_S = 60;
/** However patient the agents are: a failover is waited for. */
const LEASE_PATIENCE_MAX = 4;
const WORKER = new URL('./worker.js', import.meta.url);

export interface Group {
  readonly name: string;
  readonly from: number;
  readonly count: number;
}

/** Those that the changed project is bound to, those that will vanish, and all others in as many processes as it takes. */
export function groupsOf(hosts: number): readonly Group[] {
  const lost = Math.floor(hosts / 10);
  const far = hosts - lost - NEAR_HOSTS;
  const workers = Math.ceil(far / HOSTS_PER_WORKER);
  const groups: Group[] = [{ name: NEAR, from: 0, count: NEAR_HOSTS }];
  for (let at = 0; at < workers; at += 1) {
    const from = Math.floor((far * at) / workers);
    const count = Math.floor((far * (at + 1)) / workers) - from;
    groups.push({ name: 'far', from: NEAR_HOSTS + from, count });
  }
  return [...groups, { name: 'lost', from: hosts - lost, count: lost }];
}

/** A process with the hollow hosts of one group. */
export class Worker {
  readonly group: Group;
  readonly child: ChildProcess;

  constructor(group: Group, execArgv: readonly string[] = []) {
    this.group = group;
    this.child = fork(WORKER, [], { execArgv: ['--expose-gc', ...execArgv] });
  }

  /** Resolves when all its agents are started; etcd may not know them yet. */
  async start(
    options: Omit<HollowHostOptions, 'index' | 'group' | 'onFatal' | 'leaseTtlS'>,
  ): Promise<Usage> {
    const { from, count, name } = this.group;
    const { patience = 1 } = options;
    const ttlS = name === 'lost' ? LEASE_TTL_S : PATIENT_LEASE_TTL_S;
    const leaseTtlS = ttlS * Math.min(patience, LEASE_PATIENCE_MAX);
    return this.ask({ kind: 'start', from, count, group: name, leaseTtlS, ...options });
  }

  usage(isTidy = false): Promise<Usage> {
    return this.ask({ kind: 'usage', isTidy });
  }

  /** The power of all its hosts goes. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** An orderly end, so that what was profiled is written. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    if (signal === 'SIGKILL') this.child.kill(signal);
    else this.child.disconnect();
    await ended;
  }

  private async ask(order: Order): Promise<Usage> {
    const [answer] = (await new Promise<unknown[]>((resolve, reject) => {
      const onExit = (): void => {
        reject(new Error(`a worker of the group ${this.group.name} has ended`));
      };
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.removeListener('exit', onExit);
        resolve([message]);
      });
      this.child.send(order);
    })) as [Usage];
    return answer;
  }
}

/** All of some processes together: sums, but the latest of their timers. */
export function together(all: readonly Usage[]): Usage {
  const add = (value: (usage: Usage) => number): number =>
    all.reduce((total, usage) => total + value(usage), 0);
  return {
    cpuMs: add(({ cpuMs }) => cpuMs),
    rssBytes: add(({ rssBytes }) => rssBytes),
    heapBytes: add(({ heapBytes }) => heapBytes),
    lateMs: Math.max(0, ...all.map(({ lateMs }) => lateMs)),
    counts: sum(all.map(({ counts }) => counts)),
  };
}
