import type { Placement, Report } from '@nap/shared';
import { running, web, type World } from '../testing/rollout-world.js';
import { changeText } from './plan-text.js';

/** Rollouts whose last instances are replaced while nobody stays to see how they are: with `-d`, or after Ctrl-C. */

const DAY_MS = 24 * 3_600_000;
const ALL = { parallelism: 0, failureAction: 'rollback' } as const;

const rollout = (world: World) => [...world.cluster.view.rollouts.values()][0];
const revision = (world: World) => [...world.cluster.view.projects.values()][0]?.revision;
const first = (world: World): Placement => world.cluster.view.placements[0]!;

/** All of revision 2 is replaced, and whoever did so has gone. */
function left(version: 'better' | 'bad'): World {
  const world = running(web('good'));
  world.apply(web(version, ALL));
  world.agents();
  return world;
}

/** A crash, long after it was well. */
function crash(world: World, status?: Report['status']): void {
  const failed = { state: 'failed', cause: 'exited', attempts: 1 } as const;
  world.cluster.report(first(world), status ?? failed, { restarts: 1 });
}

it('is not over while nobody has seen the last ones well', () => {
  const world = left('better');
  expect(rollout(world)).toMatchObject({ revision: 2, from: 1 });
});

it('is brought back by whoever looks next', () => {
  const world = left('bad');
  world.nowMs += 3_600_000;
  world.run();
  expect(world.versions).toBe('web=good web=good web=good');
  expect(revision(world)).toBe(3);
});

it('is over when whoever looks next finds that they have lasted', () => {
  const world = left('better');
  world.nowMs += 3_600_000;
  expect(world.turn().plan.changes.map(changeText)).toEqual(['rollout of shop: is over']);
});

it('is what the next revision goes back to, where it had come well', () => {
  const world = left('better');
  world.nowMs += 3_600_000;
  world.apply(web('bad', ALL));
  expect(rollout(world)).toMatchObject({ revision: 3, from: 2 });
  world.run();
  expect(world.versions).toBe('web=better web=better web=better');
});

it('is nothing to go back to, where it has failed or nobody can say yet', () => {
  const early = left('better');
  early.apply(web('bad', ALL));
  expect(rollout(early)).toMatchObject({ revision: 3, from: 1 });
  const failed = left('bad');
  failed.apply(web('better', ALL));
  expect(rollout(failed)).toMatchObject({ revision: 3, from: 1 });
});

it('is over where the next revision replaces nothing', () => {
  const world = left('better');
  world.nowMs += 3_600_000;
  const { plan } = world.turn({}, web('better', ALL, { replicas: 2 }));
  expect(plan.changes.map(changeText)).toContain('rollout of shop: is over');
  expect(rollout(world)).toBeUndefined();
});

it('is still watched after it was scaled', () => {
  const world = left('bad');
  for (const it of world.cluster.view.placements) world.cluster.report(it, { state: 'starting' });
  world.turn({}, web('bad', ALL, { replicas: 4 }));
  expect(rollout(world)).toMatchObject({ revision: 2, from: 1 });
  for (const it of world.cluster.view.placements) {
    world.cluster.report(it, { state: 'failed', cause: 'exited', attempts: 1 });
  }
  world.run();
  expect(world.versions).toBe('web=good web=good web=good');
});

it('never goes back from what it has brought back, also when that was scaled', () => {
  const shop = (version: 'good' | 'bad', replicas = 3) =>
    web(version, ALL, { replicas, rollback: { parallelism: 0 } });
  const world = running(shop('good'));
  world.apply(shop('bad'));
  world.agents();
  expect(world.turn().rollback?.to).toBe(1);
  for (const it of world.cluster.view.placements) world.cluster.report(it, { state: 'starting' });
  world.turn({}, shop('good', 2));
  expect(rollout(world)).toMatchObject({ revision: 3, noRollback: true });
  world.run();
  expect(rollout(world)).toBeUndefined();
});

it('does not go back because of a crash on another day', () => {
  const world = left('better');
  world.nowMs += DAY_MS + 2_000;
  crash(world);
  expect(world.turn().plan.changes.map(changeText)).toEqual(['rollout of shop: is over']);
});

it('does not go back because of a crash that it has got over', () => {
  const world = left('better');
  world.nowMs += 3_600_000;
  crash(world, { state: 'running', health: 'none', startedAtMs: world.nowMs - 60_000 });
  expect(world.turn().plan.changes.map(changeText)).toEqual(['rollout of shop: is over']);
  const again = left('better');
  again.nowMs += 3_600_000;
  crash(again, { state: 'running', health: 'none', startedAtMs: again.nowMs - 59_000 });
  expect(again.turn().rollback).toEqual({ to: 1, reason: 'shop.web.1 was started again once' });
});

it('goes on after a day with what is still to be replaced, and judges it', () => {
  const world = running(web('good'));
  world.apply(web('bad'));
  world.agents();
  world.nowMs += 2 * DAY_MS;
  world.run();
  expect(world.versions).toBe('web=bad web=good web=good');
});

it('passes over as many as may fail', () => {
  const world = running(web('good'));
  world.apply(web('better', { maxFailureRatio: 0.4 }));
  world.slow.add('shop.web.1');
  world.cluster.report(first(world), { state: 'failed', cause: 'exited', attempts: 1 });
  world.run();
  expect(world.versions).toBe('web=better web=better web=better');
  expect(rollout(world)).toBeUndefined();
});
