import { besideOlder, instanceId, keys, type ServiceSpec } from '@nap/shared';
import fc from 'fast-check';
import { containerOf, project, service } from '../testing/builders.js';
import { recreated, running, web, type Version } from '../testing/rollout-world.js';
import { withLosses } from './host-loss.js';
import { planPaced } from './plan-paced.js';
import { planProject } from './plan-project.js';
import { WellSince } from './well-since.js';

it('replaces one at a time unless the file says otherwise, and ends', () => {
  const world = running(web('good'));
  const first = world.apply(web('better'));
  expect(recreated(first)).toBe(1);
  expect(first.held).toHaveLength(2);
  expect(first.held[0]?.reason).toBe('web is replaced 1 at a time; waits for its turn');
  const done = world.run();
  expect(world.versions).toBe('web=better web=better web=better');
  expect(done.filter((line) => line.startsWith('recreate'))).toHaveLength(2);
  expect(done.at(-1)).toBe('rollout of shop: is over');
  expect(world.cluster.view.rollouts.size).toBe(0);
});

it.each([
  [2, 2],
  [0, 3],
])('replaces %d at a time where the file says so', (parallelism, count) => {
  const world = running(web('good'));
  expect(recreated(world.apply(web('better', { parallelism })))).toBe(count);
});

it('waits for the delay, and for as long as a new one is watched', () => {
  const world = running(web('good'));
  world.apply(web('better', { monitorMs: 4_000, delayMs: 3_000 }));
  world.agents();
  expect(recreated(world.turn())).toBe(0);
  world.nowMs += 6_999;
  expect(recreated(world.turn())).toBe(0);
  world.nowMs += 1;
  expect(recreated(world.turn())).toBe(1);
});

it('stands still when a new one fails, until somebody applies again', () => {
  const world = running(web('good'));
  world.apply(web('bad'));
  const done = world.run();
  expect(done).toEqual(['rollout of shop: stands still: shop.web.1 failed: ']);
  expect(world.versions).toBe('web=bad web=good web=good');
  expect(world.apply(web('better')).plan.changes.map(({ kind }) => kind)).toEqual([
    'store-project',
    'rollout',
    'update',
  ]);
  world.run();
  expect(world.versions).toBe('web=better web=better web=better');
});

it('says in one sentence why it stands still, without what the program wrote', () => {
  const world = running(web('good'));
  world.slow.add('shop.web.1');
  world.apply(web('bad'));
  const first = world.cluster.view.placements.find(({ instance }) => instance === 'shop.web.1');
  world.cluster.report(
    first!,
    { state: 'failed', cause: 'exited', attempts: 1 },
    { message: besideOlder('it ended with 3; its last lines:\nreading\nno config') },
  );
  expect(world.run()).toEqual([
    'rollout of shop: stands still: shop.web.1 failed: it ended with 3',
  ]);
});

it('stands still also when its service is scaled meanwhile', () => {
  const world = running(web('good'));
  world.apply(web('bad'));
  world.run();
  const { held } = world.turn({}, web('bad', {}, { replicas: 2 }));
  expect(world.versions).toBe('web=bad web=good');
  expect(held.map(({ reason }) => reason)).toEqual(['stands still: shop.web.1 failed: ']);
});

it('brings back the last good revision where the file says so', () => {
  const world = running(web('good'));
  world.apply(web('bad', { failureAction: 'rollback' }));
  world.run();
  expect(world.versions).toBe('web=good web=good web=good');
  const [stored] = world.cluster.view.projects.values();
  expect(stored).toMatchObject({
    ...{ revision: 3, rollback: { of: 2, to: 1 }, appliedBy: 'nap' },
    message: 'rolled back: shop.web.1 failed: ',
  });
  expect(world.cluster.view.rollouts.size).toBe(0);
});

it('goes back to what was rolled out to its end, past a revision that was not', () => {
  const world = running(web('good'));
  world.apply(web('bad'));
  world.run();
  world.apply(web('bad', { failureAction: 'rollback' }));
  world.run();
  expect(world.versions).toBe('web=good web=good web=good');
});

it('is not rolled back when nobody wants that', () => {
  const world = running(web('good'));
  world.turn({ resumes: true, noRollback: true }, web('bad', { failureAction: 'rollback' }));
  world.run();
  expect(world.versions).toBe('web=bad web=good web=good');
  expect([...world.cluster.view.rollouts.values()][0]?.paused).toBe('shop.web.1 failed: ');
});

it('goes on past failures that the file allows', () => {
  const world = running(web('good'));
  world.apply(web('bad', { failureAction: 'continue' }));
  world.run();
  expect(world.versions).toBe('web=bad web=bad web=bad');
});

it('judges nothing that was there before', () => {
  const db = service('db', { container: containerOf({ environment: { V: 'bad' } }) });
  const world = running(web('good'), db);
  world.apply(web('better', { failureAction: 'rollback' }), db);
  world.run();
  expect(world.versions).toBe('db=bad web=better web=better web=better');
});

it('replaces a service after those that it depends on', () => {
  const db = (version: Version): ServiceSpec =>
    service('db', { container: containerOf({ environment: { V: version } }) });
  const on = { dependencies: [{ service: db('good').name, condition: 'started', required: true }] };
  const app = (version: Version): ServiceSpec => web(version, {}, on as Partial<ServiceSpec>);
  const world = running(app('good'), db('good'));
  const { held } = world.apply(app('better'), db('better'));
  expect(world.versions).toBe('db=better web=good web=good web=good');
  expect(held[0]?.reason).toBe('waits for the rollout of db');
  world.run();
  expect(world.versions).toBe('db=better web=better web=better web=better');
});

it('begins with what does not run well', () => {
  const world = running(web('good'));
  world.cluster.entries.delete(keys.name(instanceId('shop.web.3')));
  const { plan } = world.apply(web('better'));
  const [, , update] = plan.changes;
  expect(update).toMatchObject({ kind: 'update', placement: { instance: 'shop.web.3' } });
});

it('is not held up by a host that is away', () => {
  const world = running(web('good'));
  world.cluster.lose(world.cluster.view.placements[0]!.host);
  const { view } = world.cluster;
  const away = withLosses(view, { lost: new Set(), awayMs: new Map() });
  const context = { appliedBy: 'alice', files: [], nowMs: world.nowMs };
  const paced = planPaced(away, planProject(away, project(web('better')), context), {
    ...{ by: 'nap', nowMs: world.nowMs, monotonicMs: world.nowMs, wellSince: new WellSince() },
  });
  expect(recreated(paced)).toBe(2);
});

it('never replaces more at a time than the rules allow, whatever the agents do', () => {
  const turns = fc.array(fc.subarray([1, 2, 3, 4, 5]), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 3 }), (slow, parallelism) => {
      const world = running(web('good', {}, { replicas: 5 }));
      world.apply(web('better', { parallelism }, { replicas: 5 }));
      for (const indexes of slow) {
        world.slow.clear();
        for (const index of indexes) world.slow.add(`shop.web.${index}`);
        world.agents();
        world.turn();
        expect(world.unwell).toBeLessThanOrEqual(parallelism);
        world.nowMs += 400;
      }
      world.slow.clear();
      world.run();
      expect(world.versions).toBe(Array(5).fill('web=better').join(' '));
    }),
    { numRuns: 40 },
  );
});
