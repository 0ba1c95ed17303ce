import fc from 'fast-check';
import { parseInstanceId, type Project, type ServiceSpec } from '@nap/shared';
import {
  anyProject,
  changeHosts,
  emptyCluster,
  history,
  type History,
} from '../testing/any-cluster.js';
import { FakeCluster } from '../testing/builders.js';
import type { Plan } from './change.js';
import { meets } from './constraints.js';
import { DocumentCache } from './document-cache.js';
import { fixedPorts, portsClash } from './needs.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { planText } from './plan-text.js';

/** What holds for any project on any cluster, whatever happened before. */

const plan = (cluster: FakeCluster, wanted: Project): Plan =>
  planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });

/** Applies one project after the other while hosts change; calls back after each plan that could be carried out. */
function play(steps: History, check: (cluster: FakeCluster, wanted: Project) => void): void {
  const cluster = emptyCluster();
  for (const [wanted, state] of steps) {
    changeHosts(cluster, state);
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
      const gpus = there.flatMap(({ reserves }) => reserves?.resources?.['gpu'] ?? []);
      const total = info!.capacity.resources!['gpu'] ?? 0;
      const counted = gpus.map((it) => (it === 'all' ? total : it));
      expect(counted.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total);
      if (gpus.includes('all')) expect([gpus.length, total > 0]).toEqual([1, true]);
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

it('what is remembered from plan to plan changes none', () => {
  fc.assert(
    fc.property(history, anyProject, (steps, next) => {
      const documents = new DocumentCache();
      const context = { appliedBy: 'a', files: [], nowMs: 1 };
      play(steps, (cluster, wanted) => {
        const seen = cluster.viewWith(documents);
        for (const it of [wanted, next, wanted]) {
          const remembered = planProject(seen, it, context);
          expect(remembered).toEqual(planProject(cluster.view, structuredClone(it), context));
        }
        const stored = planStored(cluster.viewWith(documents), 2);
        expect(stored).toEqual(planStored(cluster.view, 2));
      });
    }),
    { numRuns: 40 },
  );
});
