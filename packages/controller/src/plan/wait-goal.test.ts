import {
  keys,
  nameRecordCodec,
  projectName,
  serviceName,
  type Placement,
  type Report,
} from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { planProject } from './plan-project.js';
import type { Chosen } from './chosen.js';
import { goalState, type WaitGoal } from './wait-goal.js';

const shop = projectName('shop');
const runs = { state: 'running', health: 'none', startedAtMs: 1 } as const;
const exited = (exitCode: number, retryAtMs?: number): Report['status'] => ({
  ...{ state: 'failed', cause: 'exited', exitCode, attempts: 1 },
  ...(retryAtMs === undefined ? {} : { retryAtMs }),
});

function cluster(...names: readonly string[]): FakeCluster {
  const fake = new FakeCluster('host-a');
  const wanted = project(...names.map((name) => service(name)));
  fake.commit(planProject(fake.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  return fake;
}

const placementOf = ({ view }: FakeCluster, name: string): Placement => {
  const found = view.placements.find(({ instance }) => instance === `shop.${name}.1`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

const judge = (
  { view }: FakeCluster,
  goal: WaitGoal,
  chosen?: Chosen,
): ReturnType<typeof goalState> =>
  goalState(view, { project: shop, ...(chosen === undefined ? {} : { chosen }) }, goal);

it.each<[WaitGoal['kind'] & ('healthy' | 'running' | 'exited'), Report['status'], string]>([
  ['healthy', runs, 'reached'],
  ['healthy', { ...runs, health: 'healthy' }, 'reached'],
  ['healthy', { ...runs, health: 'starting' }, 'waiting'],
  ['healthy', { ...runs, health: 'unhealthy' }, 'waiting'],
  ['healthy', { state: 'completed', finishedAtMs: 1 }, 'reached'],
  ['healthy', exited(1), 'final'],
  ['healthy', exited(1, 99), 'waiting'],
  ['running', { ...runs, health: 'unhealthy' }, 'reached'],
  ['running', { state: 'pulling' }, 'waiting'],
  ['running', { state: 'completed', finishedAtMs: 1 }, 'final'],
  ['exited', runs, 'waiting'],
  ['exited', exited(3), 'reached'],
  ['exited', exited(3, 99), 'waiting'],
  ['exited', { state: 'failed', cause: 'image-not-found', attempts: 1 }, 'final'],
  ['exited', { state: 'completed', finishedAtMs: 1 }, 'reached'],
])('%s of what is %j: %s', (kind, status, stand) => {
  const fake = cluster('web');
  fake.report(placementOf(fake, 'web'), status);
  const { isReached, lacking } = judge(fake, { kind });
  expect(isReached ? 'reached' : lacking[0]?.isFinal === true ? 'final' : 'waiting').toBe(stand);
});

it('the exit code is that of the program, of each instance that has ended for good', () => {
  const fake = cluster('job', 'web');
  fake.report(placementOf(fake, 'job'), exited(3));
  fake.report(placementOf(fake, 'web'), runs);
  expect(judge(fake, { kind: 'exited' })).toMatchObject({ isReached: false });
  const reached = { isReached: true, ended: [{ instance: 'shop.job.1', exitCode: 3 }] };
  const only = (which: 'all' | ReadonlySet<number>): Chosen =>
    new Map([[serviceName('job'), which]]);
  expect(judge(fake, { kind: 'exited' }, only('all'))).toMatchObject(reached);
  expect(judge(fake, { kind: 'exited' }, only(new Set([1])))).toMatchObject(reached);
  expect(judge(fake, { kind: 'exited' }, only(new Set([2])))).toMatchObject({ isReached: false });
});

it('a report about what was placed before says nothing', () => {
  const fake = cluster('web');
  fake.report(placementOf(fake, 'web'), runs);
  const wanted = project(service('web', { container: containerOf({ image: 'busybox:2' }) }));
  fake.commit(planProject(fake.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  expect(judge(fake, { kind: 'running' }).lacking).toMatchObject([
    { message: 'host-a has not reported yet', isFinal: false },
  ]);
});

it('what is on a host that is away is waited for, with that reason', () => {
  const fake = cluster('web');
  fake.report(placementOf(fake, 'web'), runs);
  fake.lose('host-a');
  expect(judge(fake, { kind: 'running' })).toMatchObject({
    isReached: false,
    lacking: [{ message: 'host-a is away' }],
  });
});

it('a project without instances reaches nothing', () => {
  expect(judge(cluster(), { kind: 'healthy' })).toMatchObject({ isReached: false });
});

it('a name counts once it stands in the hosts files, whosever it is', () => {
  const fake = cluster('web');
  const byName = (name: string): ReturnType<typeof goalState> =>
    judge(fake, { kind: 'name', name });
  expect(byName('web-1')).toMatchObject({
    isReached: false,
    why: 'web-1 is not published yet',
    lacking: [{ instance: 'shop.web.1' }],
  });
  expect(byName('api')).toMatchObject({ why: 'no instance of shop is called api', lacking: [] });
  const { instance, host, specHash, spec } = placementOf(fake, 'web');
  const record = { instance, host, specHash, containerName: spec.containerName, aliases: ['www'] };
  fake.entries.set(
    keys.name(instance),
    nameRecordCodec.encode({
      ...{ ...record, project: shop, service: serviceName('web'), index: 1 },
      ...{ ip: '10.4.1.2', condition: 'ready' },
    }),
  );
  for (const name of ['web', 'web-1', 'www', spec.containerName]) {
    expect(byName(name)).toMatchObject({ isReached: true, lacking: [] });
  }
  expect(byName('web-2').isReached).toBe(false);
});
