import {
  instanceId,
  keys,
  nameRecordCodec,
  placementCodec,
  placementHeaderCodec,
  reportCodec,
  type NameRecord,
  type Placement,
  type Report,
} from '@nap/shared';
import { silentLog, type Component } from '@nap/shared/runtime';
import { ManualClock, MemoryEtcd, MemoryStore, seededRandom } from '@nap/shared/testing';
import { createAgent } from '../agent.js';
import type { AgentParts } from '../agent-parts.js';
import type { GoingDown } from '../host/going-down.js';
import type { TextFiles } from '../state/json-file.js';
import { CLUSTER, HOST } from './builders.js';
import { FakeDocker, type Program } from './fake-docker.js';
import { MemoryFileDisk } from './memory-file-disk.js';

/** The whole agent on a store, an engine, a disk and a clock in memory. */
export class Stage {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly operator = new MemoryStore({ etcd: this.etcd });
  readonly docker: FakeDocker;
  readonly disk = new Map<string, string>();
  readonly fileDisk = new MemoryFileDisk();
  readonly fatal: unknown[] = [];
  machine = 'machine-1';
  host = HOST;
  store: MemoryStore;
  private agent: Component | undefined;

  constructor(program?: Program) {
    this.store = new MemoryStore({ etcd: this.etcd, random: seededRandom(7) });
    this.docker = new FakeDocker({
      clock: this.clock,
      ...(program === undefined ? {} : { program }),
    });
    this.docker.images.add('box');
  }

  async start(): Promise<void> {
    this.agent = createAgent(this.parts());
    await this.agent.start(new AbortController().signal);
    await this.pass();
  }

  /** Like the process killed. */
  async kill(): Promise<void> {
    this.store.crash();
    await this.agent?.stop();
    this.store = new MemoryStore({ etcd: this.etcd, random: seededRandom(9) });
  }

  async stop(): Promise<void> {
    const stopped = this.agent?.stop();
    await this.clock.advance(1_000);
    await stopped;
  }

  async pass(ms = 3_000): Promise<void> {
    await this.clock.advance(ms);
  }

  async place(...placements: readonly Placement[]): Promise<void> {
    await this.operator.commit([
      {
        kind: 'put',
        key: keys.placementHeader(HOST),
        value: placementHeaderCodec.encode({ cluster: CLUSTER }),
      },
      ...placements.map((placement) => ({
        kind: 'put' as const,
        key: keys.placement(HOST, placement.instance),
        value: placementCodec.encode(placement),
      })),
    ]);
    await this.pass();
  }

  async unplace(...instances: readonly string[]): Promise<void> {
    await this.operator.commit(
      instances.map((instance) => ({
        kind: 'delete' as const,
        key: keys.placement(HOST, instanceId(instance)),
      })),
    );
    await this.pass();
  }

  async publish(record: NameRecord): Promise<void> {
    const value = nameRecordCodec.encode(record);
    await this.operator.commit([{ kind: 'put', key: keys.name(record.instance), value }]);
    await this.pass();
  }

  async report(instance: string): Promise<Report | undefined> {
    const entry = await this.operator.get(keys.report(instanceId(instance)));
    return entry === undefined ? undefined : reportCodec.decode(entry.value, entry.key);
  }

  async name(instance: string): Promise<NameRecord | undefined> {
    const entry = await this.operator.get(keys.name(instanceId(instance)));
    return entry === undefined ? undefined : nameRecordCodec.decode(entry.value, entry.key);
  }

  /** What systemd says of the host when the agent is stopped. */
  goingDown: GoingDown | undefined;

  private parts(): AgentParts {
    const { clock, docker, store, disk, fileDisk } = this;
    const files: TextFiles = {
      read: (path) => Promise.resolve(disk.get(path)),
      write: (path, text) => {
        disk.set(path, text);
        return Promise.resolve();
      },
    };
    return {
      settings: {
        host: this.host,
        address: '10.0.0.1',
        labels: {},
        resources: {},
        stateDir: '/state',
        runDir: '/run/nap-agent',
        subnetFile: '/subnet.env',
        network: 'auto',
        concurrency: 4,
        resyncMs: 30_000,
        leaseTtlS: 10,
      },
      version: '0',
      machine: this.machine,
      ...{ store, docker, clock, files, fileDisk },
      logins: { for: () => Promise.resolve({}) },
      hostsFiles: docker.hostsFiles,
      engineStart: () => Promise.resolve(docker.started),
      goingDown: () => Promise.resolve(this.goingDown),
      isFlannelConfigured: () => Promise.resolve(false),
      random: seededRandom(3),
      log: silentLog,
      onFatal: (err) => this.fatal.push(err),
    };
  }
}
