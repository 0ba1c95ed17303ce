import { clusterCodec, keys } from '@nap/shared';
import { toClusterView } from '@nap/controller/testing';
import { ManualClock, seededRandom, type Backup } from '@nap/shared/testing';
import { HOSTS, OPS, type Action, type Schedule } from './actions.js';
import { differences } from './final-state.js';
import { History } from './history.js';
import { Invariants, Violation } from './invariants.js';
import { Network } from './network.js';
import { perform } from './perform.js';
import { SimHost, type Seams } from './sim-host.js';
import { SimOps } from './sim-ops.js';
import { Trace } from './trace.js';

const CLUSTER = { id: '00000000-0000-4000-8000-000000000001', createdAtMs: 0 };
const LOOK_EVERY_MS = 500;
const BACKUP_EVERY_MS = 5_000;
/** A healthcheck needs so long after a start. */
const HEALTHY_AFTER_MS = 1_500;

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
    return [
      ...differences(
        toClusterView(this.network.etcd.list(['']).entries.values()),
        this.hosts.map(({ id, name, engine }) => ({
          ...{ id, name, containers: engine.observed },
          hostsFile: (container) => engine.hostsFile(container),
        })),
        this.wasRestored,
      ),
      ...this.invariants.foreignUntouched(),
    ];
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

  /** From the newest backup that is so old, or else from the oldest; one from before the first apply has nothing in it. */
  restoreEtcd(agoMs: number): void {
    const atMs = this.clock.monotonicMs() - agoMs;
    const backups = this.backups.filter(({ of }) =>
      this.hosts.every(({ id }) => of.held.has(keys.placementHeader(id))),
    );
    const [first] = backups;
    const backup = backups.filter((it) => it.atMs <= atMs).at(-1) ?? first;
    if (backup === undefined) return;
    this.wasRestored = true;
    this.invariants.noteRestored();
    this.network.etcd.restore(backup.of);
  }

  perform(action: Action): void {
    perform(this, action);
  }

  private lookAgain(): void {
    for (const { engine } of this.hosts) {
      for (const { name, run } of engine.observed) {
        if (run.state !== 'running' || run.health !== 'starting') continue;
        const ranMs = this.clock.monotonicMs() - (this.startedMs.get(run.startedAt) ?? Infinity);
        if (!this.startedMs.has(run.startedAt)) {
          this.startedMs.set(run.startedAt, this.clock.monotonicMs());
        } else if (ranMs >= HEALTHY_AFTER_MS) engine.setHealth(name, 'healthy');
      }
    }
    this.look();
    this.backUp();
    this.clock.after(LOOK_EVERY_MS, () => {
      this.lookAgain();
    });
  }

  private wasRestored = false;
  private readonly backups: { readonly atMs: number; readonly of: Backup }[] = [];
  private readonly startedMs = new Map<string, number>();

  private backUp(): void {
    const atMs = this.clock.monotonicMs();
    const last = this.backups.at(-1)?.atMs ?? -Infinity;
    if (atMs - last < BACKUP_EVERY_MS) return;
    this.backups.push({ atMs, of: this.network.etcd.backup() });
  }

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
  if (err instanceof Violation) return err.message;
  return err instanceof Error ? (err.stack ?? err.message) : String(err);
}
