import { clusterCodec, keys, NapError } from '@nap/shared';
import { ManualClock, seededRandom, type Passing } from '@nap/shared/testing';
import { HOSTS, OPS, type Action, type HostName, type Machine, type Schedule } from './actions.js';
import { differences } from './final-state.js';
import { History } from './history.js';
import { Invariants } from './invariants.js';
import { Network, type NetworkLink } from './network.js';
import { SimHost, type Seams } from './sim-host.js';
import { SimOps } from './sim-ops.js';
import { Trace } from './trace.js';

const CLUSTER = { id: '00000000-0000-4000-8000-000000000001', createdAtMs: 0 };
const LOOK_EVERY_MS = 500;
/** A healthcheck needs so long after a start. */
const HEALTHY_AFTER_MS = 1_500;
const STOP_WITHIN_MS = 20_000;
/** A fault of the engine or the agent shows for a while after it is over, in ms. */
const AFTERMATH_MS = 10_000;

/** The whole cluster in memory: etcd, machines, and what is between them. */
export class World {
  readonly clock = new ManualClock(undefined, 1);
  readonly trace = new Trace();
  readonly network: Network;
  readonly hosts: readonly SimHost[];
  readonly ops: readonly SimOps[];
  /** What went wrong first. */
  violation: string | undefined;
  private readonly invariants: Invariants;

  constructor({ seed, latencyMs }: Schedule, seams: Seams) {
    const { clock, trace } = this;
    // Another stream than the one that the schedule was drawn from.
    const random = seededRandom(seed ^ 0x5bd1e995);
    const network = new Network(clock, random, latencyMs);
    this.network = network;
    this.hosts = HOSTS.map(
      (name, index) =>
        new SimHost({
          ...{ name, index, clock, network, random, trace, seams },
          onCall: (host, call, about) => {
            this.judge(() => {
              this.invariants.beforeCall(host, call, about);
            });
          },
          onAnswer: () => {
            this.look();
          },
          onFatal: (host, err) => {
            this.fail(`the agent of ${host.name} ends: ${textOf(err)}`);
          },
        }),
    );
    this.ops = OPS.map(
      (name) =>
        new SimOps({
          ...{ name, clock, network, random, trace },
          onBug: (err) => {
            this.fail(`a bug in the controller: ${textOf(err)}`);
          },
        }),
    );
    const history = new History(
      network.etcd,
      () => clock.monotonicMs(),
      (line) => {
        trace.add(clock.monotonicMs(), 'etcd', line);
      },
    );
    this.invariants = new Invariants(this.hosts, history, () => clock.monotonicMs());
  }

  start(): void {
    const key = keys.cluster();
    const value = clusterCodec.encode(CLUSTER);
    this.network.etcd.transact({
      writes: [{ kind: 'put', key, value }],
      guards: [],
      leaseId: undefined,
    });
    for (const host of this.hosts) host.startAgent();
    for (const ops of this.ops) ops.startDaemon();
    this.lookAgain();
  }

  /** What differs from the final state that all this must lead to. */
  differences(): readonly string[] {
    return [...differences(this.network.etcd, this.hosts), ...this.invariants.foreignUntouched()];
  }

  fail(sentence: string): void {
    if (this.violation !== undefined) return;
    this.violation = sentence;
    this.trace.add(this.clock.monotonicMs(), 'sim', `VIOLATION: ${sentence}`);
  }

  /** Everything that is broken is mended, whatever broke it. */
  heal(): void {
    this.trace.add(this.clock.monotonicMs(), 'sim', 'everything is mended');
    for (const link of this.network.all) link.set('pass', 'pass');
    for (const host of this.hosts) {
      host.normal();
      host.lostAnswers.clear();
      host.bootEngine();
      host.process?.thaw();
      host.startAgent();
    }
    for (const ops of this.ops) {
      ops.daemon?.thaw();
      ops.startDaemon();
    }
  }

  activateAll(): void {
    const [ops] = this.ops;
    for (const host of HOSTS) ops?.run({ kind: 'activate', host, waits: false });
  }

  perform(action: Action): void {
    switch (action.kind) {
      case 'apply':
      case 'scale':
      case 'rollback':
      case 'down':
      case 'drain':
      case 'activate':
      case 'pause':
        this.opsFor(action.atMs).run(action);
        return;
      case 'kill-operators':
        for (const ops of this.ops) ops.killCommands();
        return;
      case 'kill-agent':
      case 'stop-agent':
      case 'freeze-agent':
      case 'power-cut':
      case 'restart-engine':
        this.disturbHost(action);
        return;
      case 'kill-daemon':
      case 'freeze-daemon':
        this.disturbDaemon(action);
        return;
      case 'cut':
        this.cut([this.linkOf(action.machine)], action);
        return;
      case 'etcd-away':
        this.cut(this.network.all, { there: action.how, back: action.how, forMs: action.forMs });
        return;
      case 'reset':
        this.linkOf(action.machine).reset();
        return;
      case 'compact':
        this.network.watches.compact();
        return;
      case 'slow-docker':
      case 'fail-docker':
      case 'set-clock':
        this.disturbEngine(action);
        return;
      case 'end-program':
      case 'stop-container':
      case 'remove-container':
        this.meddle(action);
        return;
    }
  }

  private opsFor(atMs: number): SimOps {
    return this.ops[atMs % this.ops.length]!;
  }

  private host(name: HostName): SimHost {
    return this.hosts[HOSTS.indexOf(name)]!;
  }

  private linkOf(machine: Machine): NetworkLink {
    return this.network.link(machine);
  }

  private cut(
    links: readonly NetworkLink[],
    how: { readonly there: Passing; readonly back: Passing; readonly forMs: number },
  ): void {
    for (const link of links) link.set(how.there, how.back);
    this.clock.after(how.forMs, () => {
      for (const link of links) link.set('pass', 'pass');
    });
  }

  private disturbHost(
    action: Extract<
      Action,
      { kind: 'kill-agent' | 'stop-agent' | 'freeze-agent' | 'power-cut' | 'restart-engine' }
    >,
  ): void {
    const host = this.host(action.host);
    const { clock } = this;
    host.impairedFor(action.forMs + AFTERMATH_MS);
    switch (action.kind) {
      case 'kill-agent':
        host.killAgent();
        clock.after(action.forMs, () => {
          host.startAgent();
        });
        return;
      case 'stop-agent':
        host.stopAgent(STOP_WITHIN_MS);
        host.impairedFor(STOP_WITHIN_MS + action.forMs + AFTERMATH_MS);
        clock.after(STOP_WITHIN_MS + action.forMs, () => {
          host.startAgent();
        });
        return;
      case 'freeze-agent': {
        const { process } = host;
        process?.freeze();
        clock.after(action.forMs, () => {
          process?.thaw();
        });
        return;
      }
      case 'power-cut':
        host.powerOff();
        clock.after(action.forMs, () => {
          host.powerOn();
        });
        return;
      case 'restart-engine':
        host.haltEngine(action.how);
        clock.after(action.forMs, () => {
          host.bootEngine();
        });
    }
  }

  private disturbDaemon(action: Extract<Action, { kind: 'kill-daemon' | 'freeze-daemon' }>): void {
    const ops = this.ops[OPS.indexOf(action.ops)]!;
    const { daemon } = ops;
    if (action.kind === 'kill-daemon') daemon?.kill();
    else daemon?.freeze();
    this.clock.after(action.forMs, () => {
      daemon?.thaw();
      ops.startDaemon();
    });
  }

  private disturbEngine(
    action: Extract<Action, { kind: 'slow-docker' | 'fail-docker' | 'set-clock' }>,
  ): void {
    const host = this.host(action.host);
    if (action.kind === 'set-clock') {
      host.setClock(action.byMs);
      return;
    }
    if (action.kind === 'slow-docker') {
      host.engine.slow(action.call, action.ms);
      host.impairedFor(action.forMs + AFTERMATH_MS);
      this.clock.after(action.forMs, () => {
        host.normal();
      });
      return;
    }
    host.impairedFor(AFTERMATH_MS);
    if (action.isDone) host.lostAnswers.add(action.call);
    else host.engine.failNext(action.call, new NapError(action.code, 'a fault of the simulation'));
  }

  /** Somebody works on the machine, or a program ends. */
  private meddle(
    action: Extract<Action, { kind: 'end-program' | 'stop-container' | 'remove-container' }>,
  ): void {
    const { engine, isEngineUp } = this.host(action.host);
    const running = engine.observed.filter(({ run }) => run.state === 'running');
    const container = running[action.nth % Math.max(1, running.length)];
    if (container === undefined || !isEngineUp) return;
    this.trace.add(this.clock.monotonicMs(), action.host, `${action.kind} ${container.name}`);
    if (action.kind === 'end-program') engine.exit(container.name, action.code);
    else if (action.kind === 'stop-container')
      void engine.stop(container.id).catch(() => undefined);
    else void engine.remove(container.id).catch(() => undefined);
  }

  private lookAgain(): void {
    this.look();
    for (const { engine } of this.hosts) {
      for (const { name, run } of engine.observed) {
        if (run.state !== 'running' || run.health !== 'starting') continue;
        const ranMs = this.clock.monotonicMs() - (this.startedMs.get(run.startedAt) ?? Infinity);
        if (!this.startedMs.has(run.startedAt)) {
          this.startedMs.set(run.startedAt, this.clock.monotonicMs());
        } else if (ranMs >= HEALTHY_AFTER_MS) engine.setHealth(name, 'healthy');
      }
    }
    this.clock.after(LOOK_EVERY_MS, () => {
      this.lookAgain();
    });
  }

  private readonly startedMs = new Map<string, number>();

  private look(): void {
    this.judge(() => {
      this.invariants.look();
      this.invariants.noneTwice();
    });
  }

  private judge(check: () => void): void {
    try {
      check();
    } catch (err) {
      this.fail(textOf(err));
    }
  }
}

function textOf(err: unknown): string {
  return err instanceof Error
    ? `${err.message}${err.name === 'Violation' ? '' : ` ${err.stack ?? ''}`}`
    : String(err);
}
