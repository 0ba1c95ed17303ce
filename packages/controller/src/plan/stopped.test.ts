import { instanceId, keys, nameRecordCodec, parseInstanceId, serviceName } from '@nap/shared';
import type { Placement, Project, ServiceSpec } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { projectProgress, stateOf, verdict } from './convergence.js';
import type { Paced } from './pace.js';
import { planPaced } from './plan-paced.js';
import { planProject } from './plan-project.js';
import { planStored } from './plan-stored.js';
import { changeText } from './plan-text.js';
import { hasStopsLeft } from './stop-order.js';
import type { Chosen } from './chosen.js';
import { newerRestarts, withRestarts } from './restarts.js';
import { scaledTo, withDependencies, withStarted, withStopped } from './stopped.js';
import { WellSince } from './well-since.js';

const on = (name: string, required = true): ServiceSpec['dependencies'][number] => ({
  ...{ service: serviceName(name), condition: 'started', required },
});
const db = service('db');
const api = service('api', { dependencies: [on('db')] });
const web = service('web', { replicas: 3, dependencies: [on('api')] });
const SHOP = project(db, api, web);
const chosen = (...names: readonly string[]): Chosen =>
  new Map(names.map((name) => [serviceName(name), 'all'] as const));
const one = (name: string, ...indexes: readonly number[]): Chosen =>
  new Map([[serviceName(name), new Set(indexes)]]);
const ALL = chosen('db', 'api', 'web');
const indexes = ({ replicas }: ServiceSpec): readonly number[] =>
  Array.from({ length: replicas }, (_, at) => at + 1);

/** A cluster whose agents do at once what is wanted. */
class World {
  readonly cluster = new FakeCluster('a', 'b', 'c');
  nowMs = 1_000_000;
  #wellSince = new WellSince();

  plan(wanted: Project): Plan {
    return planProject(this.cluster.view, wanted, {
      ...{ appliedBy: 'alice', files: [], nowMs: this.nowMs },
    });
  }

  turn(wanted: Project = this.stored): Paced {
    const paced = planPaced(this.cluster.view, this.plan(wanted), {
      ...{ by: 'nap', nowMs: this.nowMs, monotonicMs: this.nowMs, wellSince: this.#wellSince },
    });
    this.#wellSince = paced.wellSince;
    this.cluster.commit(paced.plan);
    return paced;
  }

  get stored(): Project {
    const [stored] = this.cluster.view.projects.values();
    return stored!.project;
  }

  agents(): void {
    for (const placement of this.cluster.view.placements) {
      if (this.cluster.view.hosts.get(placement.host)?.isAlive === true) this.#carryOut(placement);
    }
  }

  #carryOut(placement: Placement): void {
    const { instance, restart, wanted, host, spec, specHash, aliases } = placement;
    const before = this.cluster.view.reports.get(instance);
    const served = restart === undefined ? {} : { restartedFor: restart.askedAtMs };
    const key = keys.name(instance);
    if (wanted === 'stopped') {
      this.cluster.report(placement, { state: 'stopped' }, served);
      this.cluster.entries.delete(key);
      return;
    }
    const isSame = before?.host === host && before.specHash === specHash;
    const isServed = before?.restartedFor === restart?.askedAtMs;
    if (isSame && isServed && before.status.state === 'running') return;
    const startedAtMs = this.nowMs;
    this.cluster.report(placement, { state: 'running', health: 'none', startedAtMs }, served);
    const { service: name, index, project: of } = parseInstanceId(instance)!;
    const record = { instance, project: of, service: name, index, host, aliases, specHash };
    const { containerName } = spec;
    this.cluster.entries.set(
      key,
      nameRecordCodec.encode({ ...record, containerName, condition: 'ready', ip: '10.0.0.9' }),
    );
  }

  settle(turns = 30): void {
    for (let turn = 0; turn < turns; turn += 1) {
      this.agents();
      this.nowMs += 1_500;
      this.turn();
    }
  }

  get states(): string {
    const all = projectProgress(this.cluster.view, SHOP.name);
    return all.map(({ instance, state }) => `${instance.slice(5)} ${state}`).join(', ');
  }

  get wanted(): string {
    return this.cluster.view.placements
      .map((it) => `${it.instance.slice(5)} ${it.wanted}`)
      .join(', ');
  }
}

let world: World;
beforeEach(() => {
  world = new World();
  world.turn(SHOP);
  world.settle(2);
});

const texts = ({ changes }: Plan): readonly string[] => changes.map(changeText);

describe('stopping', () => {
  it('says what stops, who has asked for it, and changes nothing the second time', () => {
    const wanted = withStopped(SHOP, one('web', 2), undefined);
    expect(texts(world.plan(wanted))).toEqual([
      'store shop revision 2: replaces revision 1',
      expect.stringMatching(
        /^stop shop\.web\.2 on .: stops, and its container is kept: asked for by alice$/,
      ),
    ]);
    world.turn(wanted);
    world.agents();
    expect(world.plan(withStopped(world.stored, one('web', 2), undefined)).changes).toEqual([]);
    expect(verdict(projectProgress(world.cluster.view, SHOP.name))).toBe('converged');
  });

  it('goes against the order of dependencies, one service after the other', () => {
    const first = world.turn(withStopped(SHOP, ALL, undefined));
    expect(world.wanted).toBe(
      'api.1 running, db.1 running, web.1 stopped, web.2 stopped, web.3 stopped',
    );
    expect(first.held.map(({ reason }) => reason)).toEqual([
      'waits for api to be stopped',
      'waits for web to be stopped',
    ]);
    expect(hasStopsLeft(world.cluster.view, SHOP.name)).toBe(true);
    world.turn();
    expect(world.wanted).toContain('api.1 running');
    world.agents();
    world.turn();
    expect(world.wanted).toContain('api.1 stopped, db.1 running');
    world.agents();
    world.turn();
    world.agents();
    expect(world.wanted).not.toContain('running');
    expect(hasStopsLeft(world.cluster.view, SHOP.name)).toBe(false);
    expect(stateOf(projectProgress(world.cluster.view, SHOP.name))).toBe('stopped');
  });

  it('does not wait for what is on a host that is away', () => {
    for (const host of ['a', 'b', 'c']) world.cluster.lose(host);
    world.turn(withStopped(SHOP, ALL, undefined));
    expect(world.wanted).not.toContain('running');
  });

  it('leaves what depends on it as it is, and says so', () => {
    const plan = world.plan(withStopped(SHOP, chosen('db'), undefined));
    expect(plan.notes).toContain(
      'api depends on db, which is stopped: what runs of it runs on, and waits for db when it has to start',
    );
    world.turn(withStopped(SHOP, chosen('db'), undefined));
    expect(
      world.cluster.view.placements.find(({ instance }) => instance === 'shop.api.1'),
    ).toMatchObject({
      wanted: 'running',
      dependencies: [{ service: 'db', instances: 1, stopped: true }],
    });
  });

  it('of one replica is not waited for by what depends on the others', () => {
    const two = project(service('db', { replicas: 2 }), api);
    world.turn(two);
    world.settle(2);
    world.turn(withStopped(two, one('db', 2), undefined));
    const [placed] = world.cluster.view.placements;
    expect(placed?.dependencies).toEqual([{ ...on('db'), instances: 1 }]);
  });

  it('passes a rollout by that stands still, which is over when nothing is left of it', () => {
    const bad = service('web', { ...web, container: containerOf({ image: 'bad' }) });
    world.turn(project(db, api, bad));
    const failing = world.cluster.view.placements.find(({ spec }) => spec.image === 'bad')!;
    world.cluster.report(failing, { state: 'failed', cause: 'exited', attempts: 1 });
    world.turn();
    expect(world.cluster.view.rollouts.get(SHOP.name)?.paused).toContain('failed');
    world.turn(withStopped(world.stored, chosen('web'), undefined));
    expect(world.wanted).toContain('web.1 stopped, web.2 stopped, web.3 stopped');
  });
});

describe('what is stopped', () => {
  beforeEach(() => {
    world.turn(withStopped(SHOP, ALL, undefined));
    world.settle(4);
    expect(world.wanted).not.toContain('running');
  });

  it('is started by applying the file again, and the plan says so', () => {
    expect(texts(world.plan(SHOP)).slice(1)).toEqual(
      ['db.1', 'api.1', 'web.1', 'web.2', 'web.3'].map((it): unknown =>
        expect.stringMatching(`^start shop\\.${it} on .: starts again: asked for by alice`),
      ),
    );
    world.turn(SHOP);
    expect(world.wanted).not.toContain('stopped');
  });

  it('starts with what the file says now, all at once: nobody uses it', () => {
    world.turn(project(db, api, { ...web, container: containerOf({ image: 'new' }) }));
    expect(world.wanted).not.toContain('stopped');
    expect(world.cluster.view.rollouts.size).toBe(0);
  });

  it('starts nowhere when its host is lost or drained: only its place moves', () => {
    world.cluster.lose('a');
    world.cluster.setAvailability('b', 'draining');
    for (const plan of planStored(world.cluster.view, 2)) world.cluster.commit(plan);
    const { placements } = world.cluster.view;
    expect(placements).toHaveLength(5);
    expect(new Set(placements.map(({ host }) => host))).toEqual(new Set(['c']));
    expect(placements.every(({ wanted }) => wanted === 'stopped')).toBe(true);
    expect(placements.every(({ takesOverFrom }) => takesOverFrom === undefined)).toBe(true);
  });

  it('stays stopped when its service is scaled, and new ones are stopped with it', () => {
    const scaled = {
      ...world.stored,
      services: world.stored.services.map((it) => scaledTo(it, 4)),
    };
    world.turn(scaled);
    expect(world.wanted).not.toContain('running');
  });

  it('is in the revision that a rollback brings back', () => {
    const stoppedProject = world.stored;
    world.turn(SHOP);
    world.settle(2);
    world.turn(stoppedProject);
    world.settle(4);
    expect(world.wanted).not.toContain('running');
  });

  it('needs no rollout when its spec changes, and holds none up', () => {
    const changed = withStopped(
      project(db, api, { ...web, container: containerOf({ image: 'new' }) }),
      ALL,
      undefined,
    );
    world.turn(changed);
    expect(world.cluster.view.rollouts.size).toBe(0);
    expect(world.cluster.view.placements.filter(({ spec }) => spec.image === 'new')).toHaveLength(
      3,
    );
  });
});

describe('starting', () => {
  it('takes with it what is stopped and needed', () => {
    const all = withStopped(SHOP, ALL, undefined);
    expect([...withDependencies(all, chosen('web')).keys()].sort()).toEqual(['api', 'db', 'web']);
    const some = withStopped(SHOP, chosen('web', 'db'), undefined);
    expect([...withDependencies(some, chosen('web')).keys()]).toEqual(['web']);
  });

  it('leaves the others of its service stopped', () => {
    const all = withStopped(SHOP, chosen('web'), undefined);
    const { services } = withStarted(all, one('web', 2), indexes);
    expect(services[2]?.stopped).toEqual({ instances: [1, 3] });
    const none = withStarted({ ...SHOP, services }, one('web', 1, 3), indexes);
    expect(none.services[2]).toEqual(web);
  });
});

describe('restarting', () => {
  const restarted = (of: Chosen, more: { parallelism?: number } = {}): Project =>
    withRestarts(world.stored, of, { atMs: 2_000_000, ...more });
  const begun = (): readonly string[] =>
    world.cluster.view.placements
      .filter(({ restart }) => restart !== undefined)
      .map(({ instance }) => instance);

  it('goes one at a time, each well before the next, and ends', () => {
    const { held } = world.turn(restarted(chosen('web')));
    expect(begun()).toHaveLength(1);
    expect(held).toHaveLength(2);
    world.turn();
    expect(begun()).toHaveLength(1);
    world.agents();
    world.nowMs += 500;
    world.turn();
    expect(begun()).toHaveLength(1);
    world.nowMs += 1_000;
    world.turn();
    expect(begun()).toHaveLength(2);
    world.settle(5);
    expect(begun()).toHaveLength(3);
    expect(world.cluster.view.rollouts.size).toBe(0);
    expect(verdict(projectProgress(world.cluster.view, SHOP.name))).toBe('converged');
  });

  it('goes as many at a time as the request says', () => {
    world.turn(restarted(chosen('web'), { parallelism: 0 }));
    expect(begun()).toHaveLength(3);
  });

  it('goes in the order of dependencies', () => {
    world.turn(restarted(ALL));
    expect(begun()).toEqual(['shop.db.1']);
    world.agents();
    world.nowMs += 1_500;
    world.turn();
    expect(begun()).toEqual(['shop.api.1', 'shop.db.1']);
  });

  it('of one instance touches no other', () => {
    const plan = world.plan(restarted(one('web', 2)));
    expect(texts(plan).slice(1)).toEqual([
      expect.stringMatching(/^restart shop\.web\.2 on .: restarts in place: asked for by alice$/),
    ]);
  });

  it('stands still when one does not come back', () => {
    world.turn(restarted(chosen('web')));
    const placement = world.cluster.view.placements.find(({ restart }) => restart !== undefined)!;
    const failed = { state: 'failed', cause: 'exited', attempts: 1 } as const;
    world.cluster.report(placement, failed, { restartedFor: 2_000_000 });
    world.turn();
    expect(world.cluster.view.rollouts.get(SHOP.name)?.paused).toContain('failed');
    expect(begun()).toHaveLength(1);
  });

  it('does not take an end from before for a failure of its own', () => {
    const [first] = world.cluster.view.placements.filter(({ instance }) =>
      instance.includes('web'),
    );
    world.cluster.report(first!, { state: 'failed', cause: 'exited', attempts: 9 });
    world.cluster.entries.delete(keys.name(first!.instance));
    world.turn(restarted(chosen('web')));
    expect(begun()).toEqual([first!.instance]);
    world.turn();
    expect(world.cluster.view.rollouts.get(SHOP.name)?.paused).toBeUndefined();
  });

  it('is not undone or repeated by applying the file again', () => {
    world.turn(restarted(chosen('web')));
    world.settle(6);
    expect(world.plan(SHOP).changes).toEqual([]);
  });

  it('never goes back: of two requests the later one counts', () => {
    const both = newerRestarts(
      { allAtMs: 5, oneAtMs: { 1: 9, 2: 3 } },
      { allAtMs: 4, parallelism: 2 },
    );
    expect(both).toEqual({ allAtMs: 5, oneAtMs: { 1: 9 } });
    expect(newerRestarts(both, { allAtMs: 20, parallelism: 2 })).toEqual({
      allAtMs: 20,
      parallelism: 2,
    });
  });

  it('is not done before its host says so', () => {
    world.turn(restarted(one('web', 1)));
    expect(world.states).toContain('web.1 restarting');
    expect(verdict(projectProgress(world.cluster.view, SHOP.name))).toBe('working');
  });
});

it('a stopped instance that would fit nowhere is stopped where it is', () => {
  const pinned = {
    ...db,
    scheduling: { constraints: [{ key: 'node.hostname', operator: '==', value: 'gone' }] },
  };
  const wanted = project(pinned as unknown as ServiceSpec, api, web);
  const plan = world.plan(withStopped(wanted, chosen('db'), undefined));
  expect(plan.unplaced).toEqual([]);
  expect(texts(plan).some((text) => text.startsWith(`stop ${instanceId('shop.db.1')}`))).toBe(true);
});
