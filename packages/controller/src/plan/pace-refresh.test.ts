import { type Project, type Report } from '@nap/shared';
import { FakeCluster, project, service } from '../testing/builders.js';
import { refreshOnce } from './asked-project.js';
import type { Paced } from './pace.js';
import { planPaced } from './plan-paced.js';
import { planProject } from './plan-project.js';
import { WellSince } from './well-since.js';

/** `apply --pull always`: every instance looks for a newer image, and is replaced where there is one. */

const SHOP = project(service('web', { replicas: 3 }), service('db'));
let cluster: FakeCluster;
let nowMs: number;
let wellSince: WellSince;

function turn(wanted: Project, refresh: ReadonlyMap<string, number> = new Map()): Paced {
  const plan = planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs, refresh });
  const paced = planPaced(cluster.view, plan, {
    ...{ by: 'nap', nowMs, monotonicMs: nowMs, wellSince },
  });
  wellSince = paced.wellSince;
  cluster.commit(paced.plan);
  return paced;
}

const stored = (): Project => [...cluster.view.projects.values()][0]!.project;
const asked = (): readonly string[] =>
  cluster.view.placements.flatMap(({ instance, refresh }) => (refresh === 1 ? [instance] : []));

function report(instance: string, refresh: Report['refresh'], more: Partial<Report> = {}): void {
  const placement = cluster.view.placements.find((it) => it.instance === instance)!;
  const status = { state: 'running', health: 'none', startedAtMs: nowMs } as const;
  cluster.report(placement, status, { ...(refresh === undefined ? {} : { refresh }), ...more });
}

beforeEach(() => {
  cluster = new FakeCluster('a', 'b');
  nowMs = 1_000_000;
  wellSince = new WellSince();
  turn(SHOP);
  for (const { instance } of cluster.view.placements) report(instance, undefined, { restarts: 3 });
  nowMs += 60_000;
  turn(SHOP, refreshOnce(cluster.view, SHOP));
});

const again = (): Paced => {
  nowMs += 1_500;
  return turn(stored());
};

it('one of a service at a time looks for it', () => {
  expect(asked()).toEqual(['shop.db.1', 'shop.web.1']);
  again();
  expect(asked()).toHaveLength(2);
});

it('goes on at once where there was no newer one, whatever the container has gone through', () => {
  report('shop.web.1', { asked: 1, state: 'done' }, { restarts: 3 });
  again();
  expect(asked()).toEqual(['shop.db.1', 'shop.web.1', 'shop.web.2']);
});

it('waits until the container of the newer one is well', () => {
  report('shop.web.1', { asked: 1, state: 'replacing', isNewer: true });
  again();
  expect(asked()).toHaveLength(2);
  report('shop.web.1', { asked: 1, state: 'done', isNewer: true });
  turn(stored());
  expect(asked()).toHaveLength(2);
  again();
  expect(asked()).toHaveLength(3);
});

it('goes on where none could be had: what was there runs on, and nothing is rolled back', () => {
  for (let turns = 0; turns < 5; turns += 1) {
    for (const instance of asked()) report(instance, { asked: 1, state: 'failed' });
    again();
  }
  expect(asked()).toHaveLength(4);
  expect(cluster.view.rollouts.size).toBe(0);
});

it('stands still when the newer one fails, and the others run on as before', () => {
  report('shop.web.1', { asked: 1, state: 'done', isNewer: true }, { restarts: 1 });
  again();
  expect(cluster.view.rollouts.get(SHOP.name)?.paused).toContain('was started again once');
  again();
  expect(asked()).toHaveLength(2);
});

it('ends when all have looked', () => {
  for (let turns = 0; turns < 5; turns += 1) {
    for (const instance of asked()) report(instance, { asked: 1, state: 'done' });
    again();
  }
  expect(asked()).toHaveLength(4);
  expect(cluster.view.rollouts.size).toBe(0);
});
