import { hostId } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { since, type Counts } from './counted-store.js';
import { Daemon } from './daemon.js';
import { loadBetween, readLoad, scaled, without, type EtcdLoad } from './etcd-load.js';
import { hostName } from './hollow-host.js';
import { Operator } from './operator.js';
import { filler, NEAR, NEAR_HOSTS, PROJECT_SIZE } from './projects.js';
import { median } from '../statistics.js';
import { waitUntilRegistered, waitUntilRunning, type Running } from './waits.js';
import { groupsOf, together, Worker, type Usage } from './workers.js';

export interface Settings {
  readonly hosts: number;
  readonly resyncMs: number;
  /** How many times as long as usual agents take between probes, renewals and looks of their own: 1 for the real thing. */
  readonly patience: number;
  /** Projects that are applied together, to fill the cluster, at most: few, as all agents share a few processors here. */
  readonly batch: number;
  /** Changes of each kind that are measured. */
  readonly rounds: number;
  readonly idleMs: number;
  /** For anything to happen. */
  readonly patienceMs: number;
  /** Options of Node for workers and daemon. */
  readonly execArgv: readonly string[];
  readonly say: (line: string) => void;
}

/** Of one change, medians; `etcd` and the processors without what they do anyway. */
export interface ChangeCost {
  readonly wallMs: number;
  /** Of the command. */
  readonly commandCpuMs: number;
  readonly etcd: EtcdLoad;
  /** Of the hosts that run the changed project; their checks also without it, twice a minute. */
  readonly near: Counts;
  /** Of all other hosts together. */
  readonly far: Counts;
  /** Of one agent that has nothing to do with it; what it takes in the same time at idle. */
  readonly farCpuMs: number;
  readonly farIdleCpuMs: number;
  readonly daemonCpuMs: number;
}

export interface ClusterResult {
  readonly hosts: number;
  readonly instances: number;
  readonly registerMs: number;
  /** Projects are applied in batches, each once those before it run: hosts are not filled all at one moment. */
  readonly fill: {
    readonly batch: number;
    /** Plan and write of the first and the last batch. */
    readonly firstApplyMs: number;
    readonly lastApplyMs: number;
    /** Of the controller, for all of them. */
    readonly cpuMs: number;
    readonly convergeMs: number;
  };
  readonly etcdOfFill: EtcdLoad;
  /** In a minute. */
  readonly idle: {
    readonly etcd: EtcdLoad;
    readonly agentCpuMs: number;
    readonly daemonCpuMs: number;
    /** How late timers of the workers are, 99th percentile: beyond some 100 ms the machine is too small. */
    readonly lateMs: number;
  };
  /** What one more agent takes in a process that has others, its hollow engine and hosts files too. */
  readonly agentRssBytes: number;
  readonly agentHeapBytes: number;
  readonly daemonRssBytes: number;
  readonly apply: ChangeCost;
  readonly scale: ChangeCost;
  readonly environment: ChangeCost;
  readonly recovery: {
    readonly lostHosts: number;
    readonly lostInstances: number;
    readonly ms: number;
  };
}

const GROUP_WITH_FEW = NEAR;

/** One cluster from nothing to the loss of a tenth of its hosts. */
export async function measureCluster(settings: Settings): Promise<ClusterResult> {
  const { hosts, execArgv } = settings;
  const etcd = await startEtcd({
    flags: [
      // Patient with itself, too: there is nobody else to lead.
      ...['--heartbeat-interval', '500', '--election-timeout', '5000'],
      ...['--quota-backend-bytes', String(8 * 1024 ** 3)],
    ],
  });
  const cluster = new Measured(
    settings,
    etcd,
    groupsOf(hosts).map((it) => new Worker(it, execArgv)),
  );
  try {
    return await cluster.measure();
  } finally {
    await cluster.close();
    await etcd.close();
  }
}

interface Look {
  readonly etcd: EtcdLoad;
  readonly near: Usage;
  readonly far: Usage;
  readonly daemonCpuMs: number;
  readonly commandCpuMs: number;
  readonly atMs: number;
}

class Measured {
  private readonly settings: Settings;
  private readonly etcd: EtcdCluster;
  private readonly workers: readonly Worker[];
  private readonly operator: Operator;
  private readonly instances: number;
  private daemon: Daemon | undefined;

  constructor(settings: Settings, etcd: EtcdCluster, workers: readonly Worker[]) {
    this.settings = settings;
    this.etcd = etcd;
    this.workers = workers;
    this.operator = new Operator(etcd.endpoints);
    this.instances = settings.hosts * PROJECT_SIZE;
  }

  async measure(): Promise<ClusterResult> {
    const { hosts } = this.settings;
    const empty = await this.usages();
    const registerMs = await this.register();
    const { fill, etcdOfFill } = await this.fill();
    this.daemon = new Daemon(this.etcd.endpoints, this.settings.execArgv);
    await this.pause(5_000);
    const full = await this.usages();
    const idle = await this.idle();
    const grown = this.grown(empty, full);
    const apply = await this.change([() => this.operator.change(NEAR_HOSTS, 0)], idle);
    const scale = await this.change(
      this.rounds((at) => this.operator.scale(NEAR_HOSTS + ((at + 1) % 2))),
      idle,
    );
    const environment = await this.change(
      this.rounds((at) => this.operator.change(NEAR_HOSTS, at + 1)),
      idle,
    );
    const recovery = await this.recover();
    const daemonRssBytes = this.daemon.rssBytes();
    return {
      ...{ hosts, instances: this.instances, registerMs, fill, etcdOfFill, idle: idle.perMinute },
      ...{ ...grown, daemonRssBytes, apply, scale, environment, recovery },
    };
  }

  async close(): Promise<void> {
    await this.daemon?.stop();
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.operator.close();
  }

  private get far(): readonly Worker[] {
    return this.workers.filter(({ group }) => group.name === 'far');
  }

  private get near(): readonly Worker[] {
    return this.workers.filter(({ group }) => group.name === GROUP_WITH_FEW);
  }

  private async register(): Promise<number> {
    const { resyncMs, hosts, patienceMs, patience } = this.settings;
    const { endpoints } = this.etcd;
    const start = performance.now();
    await Promise.all(
      this.workers.map((worker) => worker.start({ endpoints, resyncMs, patience })),
    );
    await waitUntilRegistered(this.operator.store, hosts, patienceMs);
    return this.took('hosts registered', start);
  }

  private async fill(): Promise<Pick<ClusterResult, 'fill' | 'etcdOfFill'>> {
    const before = await this.load();
    const cpu = process.cpuUsage();
    const start = performance.now();
    const { hosts } = this.settings;
    const batch = Math.min(this.settings.batch, Math.ceil(hosts / 20));
    const applies: number[] = [];
    for (let first = 0; first < hosts; first += batch) {
      const count = Math.min(batch, hosts - first);
      const began = performance.now();
      await this.operator.fill(Array.from({ length: count }, (_, at) => filler(first + at)));
      applies.push(performance.now() - began);
      const isLast = first + count === hosts;
      await this.running((first + count) * PROJECT_SIZE, { isReported: isLast });
      this.took(`${first + count} of ${hosts} projects run`, start);
    }
    const cpuMs = cpuMsSince(cpu);
    const convergeMs = performance.now() - start;
    await this.pause(2_000);
    const etcdOfFill = loadBetween(before, await this.load());
    const fill = {
      ...{ batch, cpuMs, convergeMs },
      firstApplyMs: applies[0] ?? Number.NaN,
      lastApplyMs: applies.at(-1) ?? Number.NaN,
    };
    return { fill, etcdOfFill };
  }

  private async idle(): Promise<Idle> {
    const before = await this.look();
    await this.pause(this.settings.idleMs);
    const after = await this.look();
    const ms = after.atMs - before.atMs;
    const minute = 60_000 / ms;
    const farHosts = this.farHosts();
    const agentCpuMs = ((after.far.cpuMs - before.far.cpuMs) * minute) / farHosts;
    const daemonCpuMs = (after.daemonCpuMs - before.daemonCpuMs) * minute;
    const etcd = loadBetween(before.etcd, after.etcd);
    this.settings.say(`  idle: late ${after.far.lateMs.toFixed(0)} ms`);
    return {
      ms,
      etcd,
      perMinute: {
        etcd: scaled(etcd, minute),
        ...{ agentCpuMs, daemonCpuMs, lateMs: after.far.lateMs },
      },
    };
  }

  private farHosts(): number {
    return this.far.reduce((count, { group }) => count + group.count, 0);
  }

  private rounds(change: (round: number) => Promise<void>): readonly (() => Promise<void>)[] {
    return Array.from({ length: this.settings.rounds }, (_, at) => () => change(at));
  }

  private async change(changes: readonly (() => Promise<void>)[], idle: Idle): Promise<ChangeCost> {
    const costs: ChangeCost[] = [];
    for (const change of changes) costs.push(await this.costOf(change, idle));
    return medians(costs);
  }

  private async costOf(change: () => Promise<void>, idle: Idle): Promise<ChangeCost> {
    const before = await this.look();
    const start = performance.now();
    await change();
    const wallMs = this.took('one change', start);
    const commandCpuMs = cpuMsNow() - before.commandCpuMs;
    // Checks follow within a second.
    await this.pause(1_500);
    const after = await this.look();
    const ms = after.atMs - before.atMs;
    const { perMinute } = idle;
    const usual = ms / 60_000;
    const farHosts = this.farHosts();
    return {
      ...{ wallMs, commandCpuMs },
      etcd: without(loadBetween(before.etcd, after.etcd), scaled(idle.etcd, ms / idle.ms)),
      near: since(before.near.counts, after.near.counts),
      far: since(before.far.counts, after.far.counts),
      farCpuMs: (after.far.cpuMs - before.far.cpuMs) / farHosts,
      farIdleCpuMs: perMinute.agentCpuMs * usual,
      daemonCpuMs: after.daemonCpuMs - before.daemonCpuMs - perMinute.daemonCpuMs * usual,
    };
  }

  private async recover(): Promise<ClusterResult['recovery']> {
    const [lost] = this.workers.filter(({ group }) => group.name === 'lost');
    if (lost === undefined) throw new Error('nobody to lose');
    const { from, count } = lost.group;
    const gone = Array.from({ length: count }, (_, at) => hostId(hostName(from + at)));
    const prefixes = gone.map((host) => `placements/${host}/`);
    const lostInstances = (await this.operator.store.keys(prefixes)).length - count;
    const start = performance.now();
    await lost.kill();
    await this.running(this.instances + 2 * NEAR_HOSTS, { lost: new Set(gone) });
    return { lostHosts: count, lostInstances, ms: this.took('recovered', start) };
  }

  private running(
    instances: number,
    more: Pick<Running, 'lost' | 'isReported'> = {},
  ): Promise<void> {
    const everyMs = Math.max(100, this.settings.hosts);
    const withinMs = this.settings.patienceMs;
    return waitUntilRunning(this.operator.store, { instances, everyMs, withinMs, ...more });
  }

  private grown(
    empty: readonly Usage[],
    full: readonly Usage[],
  ): Pick<ClusterResult, 'agentRssBytes' | 'agentHeapBytes'> {
    const at = this.workers.findIndex(({ group }) => group.name === 'far');
    const count = this.workers[at]?.group.count ?? 1;
    const rss = (full[at]?.rssBytes ?? 0) - (empty[at]?.rssBytes ?? 0);
    const heap = (full[at]?.heapBytes ?? 0) - (empty[at]?.heapBytes ?? 0);
    return { agentRssBytes: rss / count, agentHeapBytes: heap / count };
  }

  private usages(): Promise<readonly Usage[]> {
    return Promise.all(this.workers.map((worker) => worker.usage(true)));
  }

  private async look(): Promise<Look> {
    const [near, far] = await Promise.all(
      [this.near, this.far].map(async (workers) =>
        together(await Promise.all(workers.map((worker) => worker.usage()))),
      ),
    );
    if (near === undefined || far === undefined) throw new Error('no workers');
    return {
      etcd: await this.load(),
      ...{ near, far },
      daemonCpuMs: this.daemon?.cpuMs() ?? 0,
      commandCpuMs: cpuMsNow(),
      atMs: performance.now(),
    };
  }

  private load(): Promise<EtcdLoad> {
    return readLoad(this.etcd.first.metricsUrl);
  }

  private pause(ms: number): Promise<void> {
    return systemClock.sleep(ms);
  }

  private took(what: string, start: number): number {
    const ms = performance.now() - start;
    this.settings.say(`  ${what}: ${(ms / 1000).toFixed(1)} s`);
    return ms;
  }
}

interface Idle {
  readonly ms: number;
  readonly etcd: EtcdLoad;
  readonly perMinute: ClusterResult['idle'];
}

function cpuMsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The median of every number by itself. */
function medians(costs: readonly ChangeCost[]): ChangeCost {
  return medianOf(costs) as ChangeCost;
}

function medianOf(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first !== 'object') return median(values.map((it) => Number(it ?? 0)));
  const objects = values.map((it) => it as Record<string, unknown>);
  const names = new Set(objects.flatMap((it) => Object.keys(it)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      medianOf(objects.map((it) => it[name] ?? (name === 'writes' ? {} : 0))),
    ]),
  );
}
