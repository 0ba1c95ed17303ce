import fc from 'fast-check';
import {
  serviceName,
  STRATEGIES,
  type Project,
  type Scheduling,
  type ServiceSpec,
  type Units,
} from '@nap/shared';
import { containerOf, FakeCluster, project, service } from './builders.js';

/** Projects and histories of a cluster, for property tests of planners. */

export const GiB = 1024 ** 3;
export const HOSTS = ['host-a', 'host-b', 'host-c', 'host-d', 'host-e'];
/** As many as each host has. */
const GPUS = [3, 2, 1];
const SERVICES = ['web', 'api', 'db', 'agent'];

const anyConstraint = fc.record({
  key: fc.constant('node.labels.disk'),
  operator: fc.constantFrom('==' as const, '!=' as const),
  value: fc.constantFrom('ssd', 'hdd'),
});

const anyScheduling: fc.Arbitrary<Scheduling> = fc.record(
  {
    constraints: fc.array(anyConstraint, { maxLength: 1 }),
    spreadOver: fc.constant<string[]>(['node.labels.disk']),
    maxPerHost: fc.integer({ min: 1, max: 3 }),
    reserves: fc.record(
      {
        memoryBytes: fc.constantFrom(GiB, 2 * GiB),
        cpus: fc.constantFrom(0.1, 0.5),
        resources: fc.constantFrom<Units>({ gpu: 1 }, { gpu: 2 }, { gpu: 'all' }),
      },
      { requiredKeys: [] },
    ),
    apartFrom: fc.constantFrom(...SERVICES).map((name) => [serviceName(name)]),
    strategy: fc.constantFrom(...STRATEGIES),
  },
  { requiredKeys: [] },
);

/** One on every host is on hosts without GPUs too. */
function ofAnyHost(name: string, { reserves, ...scheduling }: Scheduling): Scheduling {
  if (reserves === undefined) return scheduling;
  const { resources, ...rest } = reserves;
  const isCounted = name !== 'agent' && resources !== undefined;
  return { ...scheduling, reserves: { ...rest, ...(isCounted ? { resources } : {}) } };
}

const anyService = fc
  .record({
    name: fc.constantFrom(...SERVICES),
    replicas: fc.integer({ min: 0, max: 4 }),
    mode: fc.constantFrom('replicated' as const, 'global' as const),
    ports: fc.constantFrom([], [], [80], [443]),
    scheduling: anyScheduling,
  })
  .map(({ name, replicas, mode, ports, scheduling: { apartFrom, ...scheduling } }): ServiceSpec => {
    // One on every host is apart from nobody.
    const isApart = apartFrom !== undefined && ![name, 'agent'].includes(apartFrom[0] ?? name);
    return service(name, {
      replicas,
      ...(name === 'agent' ? { mode } : {}),
      container: containerOf({
        ports: ports.map((port) => ({
          target: 80,
          published: { from: port, to: port },
          protocol: 'tcp',
        })),
      }),
      scheduling: {
        ...ofAnyHost(name, scheduling),
        ...(isApart && name !== 'agent' ? { apartFrom } : {}),
      },
    });
  });

export const anyProject: fc.Arbitrary<Project> = fc
  .uniqueArray(anyService, { selector: ({ name }) => name, minLength: 1 })
  .map((services) => project(...services));

export interface HostStates {
  readonly labels: readonly string[];
  readonly states: readonly string[];
}

export const anyState: fc.Arbitrary<HostStates> = fc.record({
  labels: fc.array(fc.constantFrom('ssd', 'hdd', 'none'), { minLength: 5, maxLength: 5 }),
  states: fc.array(fc.constantFrom('active', 'active', 'active', 'paused', 'draining', 'away'), {
    minLength: 5,
    maxLength: 5,
  }),
});

export type History = readonly (readonly [Project, HostStates])[];

/** Two projects in turn, or one again and again, while the hosts change. */
export const history: fc.Arbitrary<History> = fc
  .tuple(
    fc.array(anyProject, { minLength: 1, maxLength: 2 }),
    fc.array(anyState, { minLength: 1, maxLength: 5 }),
  )
  .map(([projects, states]) =>
    states.map((state, at) => [projects[at % projects.length]!, state] as const),
  );

const isAvailability = (state: string): state is 'active' | 'paused' | 'draining' =>
  state !== 'away';

/** Five hosts with nothing on them. */
export function emptyCluster(): FakeCluster {
  const cluster = new FakeCluster();
  for (const [at, name] of HOSTS.entries()) {
    const resources = GPUS[at] === undefined ? {} : { gpu: GPUS[at] };
    cluster.addHost(name, { capacity: { cpus: 2, memoryBytes: 6 * GiB, resources } });
  }
  return cluster;
}

/** Hosts come, go, and get other labels. */
export function changeHosts(cluster: FakeCluster, { labels, states }: HostStates): void {
  for (const [at, name] of HOSTS.entries()) {
    const state = states[at] ?? 'active';
    cluster.setAvailability(name, isAvailability(state) ? state : 'active', {
      disk: labels[at] ?? '',
    });
    if (state === 'away') cluster.lose(name);
    else cluster.revive(name);
  }
}
