import {
  hostId,
  keys,
  placementCodec,
  placementHeaderCodec,
  clusterCodec,
  hostInfoCodec,
  hostPolicyCodec,
  hostSessionCodec,
  projectName,
  reportCodec,
  serviceName,
  type HostInfo,
  type HostPolicy,
  type Placement,
  type Project,
  type Report,
  type ServiceContainer,
  type ServiceSpec,
} from '@nap/shared';
import { NO_FILES, planWrites } from '../rollout/plan-writes.js';
import type { Plan } from '../plan/change.js';
import { toClusterView, type ClusterView } from '../plan/cluster-view.js';
import type { DocumentCache } from '../plan/document-cache.js';

/** Builders for tests: everything that is not under test has a default. */

export const CLUSTER = { id: '6f1c2a52-58b4-4a0e-9d3e-0d7c2a1b9f10', createdAtMs: 0 };

export function containerOf(more: Partial<ServiceContainer> = {}): ServiceContainer {
  return {
    image: 'busybox',
    environment: {},
    labels: {},
    ports: [],
    expose: [],
    mounts: [],
    extraHosts: [],
    restart: { condition: 'no' },
    stopGracePeriodMs: 10_000,
    ...more,
  };
}

export function service(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: serviceName(name),
    replicas: 1,
    container: containerOf(),
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
    ...more,
  };
}

export function project(...services: readonly ServiceSpec[]): Project {
  return { name: projectName('shop'), services: [...services] };
}

export const published = (port: number): Partial<ServiceSpec> => ({
  container: containerOf({
    ports: [{ target: 80, published: { from: port, to: port }, protocol: 'tcp' }],
  }),
});

export const mounting = (volume: string): Partial<ServiceSpec> => ({
  container: containerOf({ mounts: [{ type: 'volume', name: volume, target: '/data' }] }),
});

/** A cluster as etcd would hold it, changed step by step; `view` reads it as a controller does. */
export class FakeCluster {
  readonly entries = new Map<string, string>();

  constructor(...hosts: readonly string[]) {
    for (const host of hosts) this.addHost(host);
  }

  get view(): ClusterView {
    return toClusterView([...this.entries].map(([key, value]) => ({ key, value })));
  }

  /** As a controller reads it that has read it before. */
  viewWith(documents: DocumentCache): ClusterView {
    return toClusterView(
      [...this.entries].map(([key, value]) => ({ key, value })),
      documents,
    );
  }

  addHost(name: string, more: Partial<HostInfo> = {}): void {
    const host = hostId(name);
    this.entries.set(
      keys.hostInfo(host),
      hostInfoCodec.encode({
        host,
        address: '10.0.0.1',
        network: 'bridge',
        capacity: { cpus: 2, memoryBytes: 4e9 },
        platform: { os: 'linux', architecture: 'amd64' },
        engineVersion: '20.10.24',
        engineApiVersion: '1.41',
        agentVersion: '0.1.0',
        labels: {},
        ...more,
      }),
    );
    this.revive(name);
  }

  lose(name: string): void {
    this.entries.delete(keys.hostSession(hostId(name)));
  }

  revive(name: string): void {
    this.entries.set(keys.hostSession(hostId(name)), hostSessionCodec.encode({ startedAtMs: 0 }));
  }

  setAvailability(
    name: string,
    availability: HostPolicy['availability'],
    labels: HostPolicy['labels'] = {},
  ): void {
    this.entries.set(
      keys.hostPolicy(hostId(name)),
      hostPolicyCodec.encode({ availability, labels }),
    );
  }

  /** Carries out a plan as a commit would. */
  commit(plan: Plan): void {
    const { view } = this;
    for (const write of planWrites([plan], view, {
      cluster: view.cluster ?? CLUSTER,
      ...NO_FILES,
    })) {
      if (write.kind === 'put') this.entries.set(write.key, write.value);
      else this.entries.delete(write.key);
    }
  }

  put(placement: Placement): void {
    this.entries.set(keys.cluster(), clusterCodec.encode(CLUSTER));
    this.entries.set(
      keys.placementHeader(placement.host),
      placementHeaderCodec.encode({ cluster: CLUSTER.id }),
    );
    this.entries.set(
      keys.placement(placement.host, placement.instance),
      placementCodec.encode(placement),
    );
  }

  report(placement: Placement, status: Report['status'], more: Partial<Report> = {}): void {
    const { instance, host, specHash } = placement;
    this.entries.set(
      keys.report(instance),
      reportCodec.encode({
        instance,
        host,
        specHash,
        status,
        restarts: 0,
        message: '',
        atMs: 0,
        ...more,
      }),
    );
  }
}
