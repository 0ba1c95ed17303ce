import fc from 'fast-check';
import {
  parseInstanceId,
  serviceName,
  STRATEGIES,
  type Project,
  type Scheduling,
  type ServiceSpec,
} from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { meets } from './constraints.js';
import { fixedPorts, portsClash } from './needs.js';
import { planProject } from './plan-project.js';
import { planText } from './plan-text.js';

/** What holds for any project on any cluster, whatever happened before. */

const GiB = 1024 ** 3;
const HOSTS = ['host-a', 'host-b', 'host-c', 'host-d', 'host-e'];
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
      },
      { requiredKeys: [] },
    ),
    apartFrom: fc.constantFrom(...SERVICES).map((name) => [serviceName(name)]),
    strategy: fc.constantFrom(...STRATEGIES),
  },
  { requiredKeys: [] },
);

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
      scheduling: { ...scheduling, ...(isApart && name !== 'agent' ? { apartFrom } : {}) },
    });
  });

const anyProject = fc
  .uniqueArray(anyService, { selector: ({ name }) => name, minLength: 1 })
  .map((services) => project(...services));

const anyState = fc.record({
  labels: fc.array(fc.constantFrom('ssd', 'hdd', 'none'), { minLength: 5, maxLength: 5 }),
  states: fc.array(fc.constantFrom('active', 'active', 'active', 'paused', 'draining', 'away'), {
    minLength: 5,
    maxLength: 5,
  }),
});

type History = readonly (readonly [Project, { labels: string[]; states: string[] }])[];

/** Two projects in turn, or one again and again, while the hosts change. */
const history: fc.Arbitrary<History> = fc
  .tuple(
    fc.array(anyProject, { minLength: 1, maxLength: 2 }),
    fc.array(anyState, { minLength: 1, maxLength: 5 }),
  )
  .map(([projects, states]) =>
    states.map((state, at) => [projects[at % projects.length]!, state] as const),
  );

const isAvailability = (state: string): state is 'active' | 'paused' | 'draining' =>
  state !== 'away';

const plan = (cluster: FakeCluster, wanted: Project): Plan =>
  planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });

/** Applies one project after the other while hosts change; calls back after each plan that could be carried out. */
function play(steps: History, check: (cluster: FakeCluster, wanted: Project) => void): void {
  const cluster = new FakeCluster();
  for (const name of HOSTS) cluster.addHost(name, { capacity: { cpus: 2, memoryBytes: 6 * GiB } });
  for (const [wanted, { labels, states }] of steps) {
    for (const [at, name] of HOSTS.entries()) {
      const state = states[at] ?? 'active';
      cluster.setAvailability(name, isAvailability(state) ? state : 'active', {
        disk: labels[at] ?? '',
      });
      if (state === 'away') cluster.lose(name);
      else cluster.revive(name);
    }
    const made = plan(cluster, wanted);
    if (made.unplaced.length > 0) continue;
    cluster.commit(made);
    check(cluster, wanted);
  }
}

function holds(check: (cluster: FakeCluster, wanted: Project) => void): void {
  fc.assert(
    fc.property(history, (steps) => {
      play(steps, check);
    }),
    { numRuns: 150 },
  );
}

const specOf = (wanted: Project, instance: string): ServiceSpec =>
  wanted.services.find(({ name }) => name === parseInstanceId(instance)?.service)!;

it('no host is over its capacity', () => {
  holds(({ view }) => {
    for (const { id, info } of view.hosts.values()) {
      const there = view.placements.filter(({ host }) => host === id);
      const sum = (
        of: (reserves: { cpus?: number; memoryBytes?: number }) => number | undefined,
      ): number => there.reduce((total, { reserves = {} }) => total + (of(reserves) ?? 0), 0);
      expect(sum(({ memoryBytes }) => memoryBytes)).toBeLessThanOrEqual(info!.capacity.memoryBytes);
      expect(sum(({ cpus }) => cpus)).toBeLessThanOrEqual(info!.capacity.cpus + 1e-9);
    }
  });
});

it('every slot is placed exactly once, and a global service once on every host that takes it', () => {
  holds(({ view }, wanted) => {
    const instances = view.placements.map(({ instance }) => instance);
    expect(new Set(instances).size).toBe(instances.length);
    for (const { name, mode, replicas, scheduling } of wanted.services) {
      const places = view.placements.filter(
        ({ instance }) => specOf(wanted, instance).name === name,
      );
      if (mode !== 'global') {
        expect(places).toHaveLength(replicas);
        continue;
      }
      const on = places.map(({ host }) => host);
      expect(new Set(on).size).toBe(on.length);
      for (const host of view.hosts.values()) {
        const isMatch = (scheduling?.constraints ?? []).every((it) => meets(host, it));
        const isTaker = host.isAlive && host.policy.availability === 'active' && isMatch;
        if (isTaker) expect(on).toContain(host.id);
        if (!isMatch) expect(on).not.toContain(host.id);
      }
    }
  });
});

it('no port of a host is taken twice', () => {
  holds(({ view: { placements } }) => {
    for (const [at, one] of placements.entries()) {
      for (const other of placements.slice(at + 1)) {
        if (one.host !== other.host) continue;
        const clash = fixedPorts(one.spec.ports).some((port) =>
          fixedPorts(other.spec.ports).some((taken) => portsClash(port, taken)),
        );
        expect(clash).toBe(false);
      }
    }
  });
});

it('constraints, the most on a host and services apart hold', () => {
  holds(({ view }, wanted) => {
    for (const { host, instance } of view.placements) {
      const { name, scheduling = {} } = specOf(wanted, instance);
      const { constraints = [], maxPerHost = Infinity, apartFrom = [] } = scheduling;
      for (const it of constraints) expect(meets(view.hosts.get(host)!, it)).toBe(true);
      const there = view.placements
        .filter((other) => other.host === host)
        .map((other) => specOf(wanted, other.instance).name);
      expect(there.filter((other) => other === name).length).toBeLessThanOrEqual(maxPerHost);
      for (const other of apartFrom) expect(there).not.toContain(other);
    }
  });
});

it('a host that is drained ends empty, and one that is away has only what is for it alone', () => {
  holds(({ view }) => {
    for (const { host, mode } of view.placements) {
      const { policy, isAlive } = view.hosts.get(host)!;
      expect(policy.availability).not.toBe('draining');
      if (mode !== 'global') expect(isAlive).toBe(true);
    }
  });
});

it('nothing changes when nothing changed, and a new host moves nothing', () => {
  holds((cluster, wanted) => {
    expect(planText(plan(cluster, wanted))).toBe('');
    const withoutGlobal = wanted.services.every(({ mode }) => mode !== 'global');
    const { entries } = cluster;
    const larger = new FakeCluster('host-0', 'host-z');
    for (const [key, value] of entries) larger.entries.set(key, value);
    if (withoutGlobal) expect(planText(plan(larger, wanted))).toBe('');
    else expect(plan(larger, wanted).changes.every(({ kind }) => kind === 'place')).toBe(true);
  });
});

it('equal input gives equal plans, in whatever order etcd lists it', () => {
  fc.assert(
    fc.property(history, anyProject, (steps, next) => {
      play(steps, (cluster) => {
        const reversed = new FakeCluster();
        for (const [key, value] of [...cluster.entries].reverse()) reversed.entries.set(key, value);
        expect(plan(reversed, next)).toEqual(plan(cluster, next));
      });
    }),
    { numRuns: 100 },
  );
});
