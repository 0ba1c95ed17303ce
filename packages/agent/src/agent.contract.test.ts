import {
  keys,
  placementCodec,
  placementHeaderCodec,
  reportCodec,
  type Placement,
  type Report,
} from '@nap/shared';
import { silentLog, systemClock, type Component } from '@nap/shared/runtime';
import { MemoryEtcd, MemoryStore } from '@nap/shared/testing';
import { createAgent } from './agent.js';
import { fileDisk } from './container-files/file-disk.js';
import { openDocker } from './docker/dockerode-gateway.js';
import { engineStart } from './docker/engine-start.js';
import { diskHostsFiles } from './hosts-file/write.js';
import { diskFiles } from './state/json-file.js';
import { aPlacement, aRecord, CLUSTER, HOST } from './testing/builders.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from './testing/private-dockerd.js';

const LOOK_EVERY_MS = 50;
const WITHIN_MS = 30_000;
/** Ends at once when asked to, and by a signal that most programs survive, as under an init. */
const command = ['sh', '-c', 'trap exit TERM; trap "exit 129" HUP; while :; do sleep 0.1; done'];

async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = systemClock.monotonicMs() + WITHIN_MS;
  while (!(await holds())) {
    if (systemClock.monotonicMs() > untilMs) throw new Error(`not in time: ${what}`);
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

/** The agent on a real dockerd and its disk; only etcd is in memory. */
class Bench {
  readonly etcd = new MemoryEtcd(systemClock);
  readonly operator = new MemoryStore({ etcd: this.etcd });
  readonly dockerd: PrivateDockerd;
  private store = new MemoryStore({ etcd: this.etcd });
  private agent: Component | undefined;

  constructor(dockerd: PrivateDockerd) {
    this.dockerd = dockerd;
  }

  async start(): Promise<void> {
    const { store, dockerd } = this;
    this.agent = createAgent({
      settings: {
        host: HOST,
        address: '10.0.0.1',
        labels: {},
        resources: {},
        stateDir: `${dockerd.dir}/state`,
        runDir: `${dockerd.dir}/run`,
        subnetFile: `${dockerd.dir}/subnet.env`,
        network: 'auto',
        concurrency: 4,
        resyncMs: 30_000,
        leaseTtlS: 10,
      },
      version: '0',
      machine: 'm',
      store,
      docker: openDocker(dockerd.socket),
      logins: { for: () => Promise.resolve({}) },
      hostsFiles: diskHostsFiles,
      files: diskFiles,
      fileDisk,
      engineStart: () => engineStart(dockerd.pidFile),
      goingDown: () => Promise.resolve(undefined),
      isFlannelConfigured: () => Promise.resolve(false),
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      onFatal: (err) => {
        throw err;
      },
    });
    await this.agent.start(new AbortController().signal);
  }

  /** Like a restart of its unit: nothing is revoked. */
  async restart(): Promise<void> {
    await this.stop();
    this.store = new MemoryStore({ etcd: this.etcd });
    await this.start();
  }

  async stop(): Promise<void> {
    this.store.crash();
    await this.agent?.stop();
    // Only its timers: after a crash nothing can be revoked.
    await this.store.close();
  }

  async place(...placements: readonly Placement[]): Promise<void> {
    const header = placementHeaderCodec.encode({ cluster: CLUSTER });
    await this.operator.commit([
      { kind: 'put', key: keys.placementHeader(HOST), value: header },
      ...placements.map((placement) => ({
        kind: 'put' as const,
        key: keys.placement(HOST, placement.instance),
        value: placementCodec.encode(placement),
      })),
    ]);
  }

  async state(placement: Placement, state: Report['status']['state']): Promise<void> {
    await eventually(`${placement.instance} ${state}`, async () => {
      const entry = await this.operator.get(keys.report(placement.instance));
      if (entry === undefined) return false;
      const report = reportCodec.decode(entry.value, entry.key);
      return report.status.state === state && report.specHash === placement.specHash;
    });
  }

  inspect(container: string, format: string): string {
    return this.dockerd.docker('inspect', '-f', format, container).trim();
  }

  isUp(container: string): boolean {
    try {
      return this.inspect(container, '{{.State.Running}}') === 'true';
    } catch {
      // Gone, or the engine is: not up.
      return false;
    }
  }

  async up(...containers: readonly string[]): Promise<void> {
    await eventually(`${containers.join(' ')} up`, () => containers.every((it) => this.isUp(it)));
  }
}

const db = aPlacement('shop.db.1', {}, { command, mounts: [{ type: 'volume', target: '/data' }] });
const web = aPlacement(
  'shop.web.1',
  {
    dependencies: [
      { service: aRecord('shop.db.1').service, condition: 'started', required: true, instances: 1 },
    ],
  },
  {
    // Its first instruction needs the name.
    command: ['sh', '-c', `grep -w db /etc/hosts || exit 9; ${command[2] ?? ''}`],
    // What others end comes back all the same.
    restart: { condition: 'no' },
  },
);

if (canRunDockerd()) describe('an agent on a real dockerd', onRealDockerd);
else it('an agent on a real dockerd needs root, dockerd and busybox', () => undefined);

function onRealDockerd(): void {
  let bench: Bench;
  beforeAll(async () => {
    bench = new Bench(await startPrivateDockerd());
    await bench.dockerd.makeImage('box');
    await bench.start();
  }, 60_000);
  afterAll(async () => {
    await bench.stop();
    // The timers of its leases would keep the process alive.
    bench.etcd.wipe();
    await bench.dockerd.stop();
  }, 60_000);

  it('starts in order; the first instruction of a program finds the names', async () => {
    await bench.place(web, db);
    await bench.state(web, 'running');
    expect(bench.inspect('shop-web-1', '{{.RestartCount}} {{.State.ExitCode}}')).toBe('0 0');
    await eventually('names', () =>
      bench.dockerd.docker('exec', 'shop-web-1', 'cat', '/etc/hosts').includes(' db # nap'),
    );
  }, 60_000);

  it('keeps the data of an anonymous volume when the spec changes', async () => {
    bench.dockerd.docker('exec', 'shop-db-1', 'sh', '-c', 'echo precious > /data/x');
    const changed = aPlacement(
      'shop.db.1',
      {},
      { ...db.spec, environment: { A: '2' }, containerName: 'shop-db-1' },
    );
    await bench.place(changed);
    await bench.state(changed, 'running');
    expect(bench.dockerd.docker('exec', 'shop-db-1', 'cat', '/data/x')).toBe('precious\n');
    expect(bench.dockerd.docker('ps', '-aq').trim().split('\n')).toHaveLength(2);
  }, 60_000);

  it('brings back what an operator stops, restarts or removes', async () => {
    const ends = [['stop', '-t', '1'], ['kill'], ['kill', '-s', 'HUP']];
    for (const args of [...ends, ['restart', '-t', '1'], ['rm', '-f']]) {
      const before = bench.inspect('shop-web-1', '{{.State.StartedAt}}');
      bench.dockerd.docker(...args, 'shop-web-1');
      await eventually(`${args.join(' ')} is undone`, () => {
        return (
          bench.isUp('shop-web-1') && bench.inspect('shop-web-1', '{{.State.StartedAt}}') !== before
        );
      });
    }
  }, 60_000);

  it('restarts nothing when it is restarted itself', async () => {
    const before = bench.inspect('shop-db-1', '{{.Id}} {{.State.StartedAt}}');
    await bench.restart();
    await systemClock.sleep(1_500);
    expect(bench.inspect('shop-db-1', '{{.Id}} {{.State.StartedAt}}')).toBe(before);
  }, 60_000);

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'starts again what dockerd took down: %s',
    async (signal) => {
      await bench.dockerd.halt(signal);
      await bench.dockerd.boot();
      await bench.up('shop-db-1', 'shop-web-1');
      await bench.state(web, 'running');
    },
    90_000,
  );

  it('stops an instance and keeps its container, over restarts of itself and of dockerd, and starts it again', async () => {
    const { dockerd } = bench;
    await bench.up('shop-web-1');
    await bench.state(web, 'running');
    const id = bench.inspect('shop-web-1', '{{.Id}}');
    dockerd.docker('exec', 'shop-web-1', 'sh', '-c', 'echo mine > /written');
    await bench.place({ ...web, wanted: 'stopped' });
    await bench.state(web, 'stopped');
    expect(bench.inspect('shop-web-1', '{{.Id}} {{.State.Status}}')).toBe(`${id} exited`);
    await bench.stop();
    await dockerd.halt('SIGTERM');
    await dockerd.boot();
    await bench.restart();
    await bench.up('shop-db-1');
    expect(bench.isUp('shop-web-1')).toBe(false);
    dockerd.docker('start', 'shop-web-1');
    await eventually('stopped again', () => !bench.isUp('shop-web-1'));
    await bench.place(web);
    await bench.state(web, 'running');
    expect(bench.inspect('shop-web-1', '{{.Id}}')).toBe(id);
    expect(dockerd.docker('exec', 'shop-web-1', 'cat', '/written')).toBe('mine\n');
  }, 90_000);

  it('restarts in place, once for each request', async () => {
    const { dockerd } = bench;
    const before = bench.inspect('shop-web-1', '{{.Id}} {{.State.StartedAt}}');
    const restart = { askedAtMs: 1, graceMs: 1_000 };
    await bench.place({ ...web, restart });
    await eventually('restarted', async () => {
      const entry = await bench.operator.get(keys.report(web.instance));
      const report = entry && reportCodec.decode(entry.value, entry.key);
      return report?.restartedFor === 1 && report.status.state === 'running';
    });
    const after = bench.inspect('shop-web-1', '{{.Id}} {{.State.StartedAt}}');
    expect(after).not.toBe(before);
    expect(after.split(' ')[0]).toBe(before.split(' ')[0]);
    await bench.restart();
    await systemClock.sleep(1_500);
    expect(bench.inspect('shop-web-1', '{{.Id}} {{.State.StartedAt}}')).toBe(after);
    expect(dockerd.docker('exec', 'shop-web-1', 'cat', '/written')).toBe('mine\n');
  }, 60_000);

  it('takes a paused container away', async () => {
    bench.dockerd.docker('pause', 'shop-web-1');
    await bench.place({ ...web, wanted: 'removed' });
    await bench.state({ ...web }, 'removed');
  }, 60_000);

  it('runs a job once, also over restarts of itself and of dockerd', async () => {
    const job = aPlacement(
      'shop.job.1',
      {},
      { command: ['sh', '-c', 'exit 0'], restart: { condition: 'no' } },
    );
    await bench.place(job);
    await bench.state(job, 'completed');
    const startedAt = bench.inspect('shop-job-1', '{{.State.StartedAt}}');
    await bench.stop();
    await bench.dockerd.halt('SIGTERM');
    await bench.dockerd.boot();
    await bench.restart();
    await bench.up('shop-db-1');
    expect(bench.inspect('shop-job-1', '{{.State.StartedAt}}')).toBe(startedAt);
    await bench.state(job, 'completed');
  }, 90_000);
}
