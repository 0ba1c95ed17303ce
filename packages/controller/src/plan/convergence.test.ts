import { projectName, type Report } from '@nap/shared';
import { FakeCluster, project, service } from '../testing/builders.js';
import { projectProgress, verdict } from './convergence.js';
import { planProject } from './plan-project.js';

const shop = projectName('shop');
const running: Report['status'] = { state: 'running', health: 'none', startedAtMs: 1 };
const failed: Report['status'] = { state: 'failed', cause: 'exited', attempts: 1 };

function cluster(...names: readonly string[]): FakeCluster {
  const made = new FakeCluster('host-a', 'host-b');
  const wanted = project(...names.map((name) => service(name)));
  made.commit(planProject(made.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  return made;
}

function reportAll(made: FakeCluster, statuses: Readonly<Record<string, Report['status']>>): void {
  for (const placement of made.view.placements) {
    const status = statuses[placement.instance.split('.')[1] ?? ''];
    if (status !== undefined) made.report(placement, status);
  }
}

const judge = (made: FakeCluster): string => verdict(projectProgress(made.view, shop));

it('is converged when all run, are healthy, or have completed', () => {
  const made = cluster('web', 'db', 'migrate');
  reportAll(made, {
    web: running,
    db: { state: 'running', health: 'healthy', startedAtMs: 1 },
    migrate: { state: 'completed', finishedAtMs: 2 },
  });
  expect(judge(made)).toBe('converged');
});

it.each<Report['status']>([
  { state: 'pulling' },
  { state: 'starting' },
  { state: 'pending' },
  { state: 'running', health: 'starting', startedAtMs: 1 },
  { state: 'running', health: 'unhealthy', startedAtMs: 1 },
])('is at work while an instance is %j', (status) => {
  const made = cluster('web');
  reportAll(made, { web: status });
  expect(judge(made)).toBe('working');
});

it('is at work while a host has not reported, or reports about an earlier spec', () => {
  const made = cluster('web');
  expect(judge(made)).toBe('working');
  const [placement] = made.view.placements;
  made.report(placement!, running, { specHash: `v1:${'0'.repeat(64)}` as Report['specHash'] });
  expect(judge(made)).toBe('working');
});

it('is stuck when one failed and the rest waits for it, not while another still gets on', () => {
  const made = cluster('web', 'db');
  reportAll(made, { db: failed, web: { state: 'pending' } });
  expect(judge(made)).toBe('stuck');
  reportAll(made, { web: { state: 'pulling' } });
  expect(judge(made)).toBe('working');
});

it('does not wait for a host that is away', () => {
  const made = cluster('web', 'db');
  reportAll(made, { web: running, db: running });
  made.lose('host-b');
  expect(judge(made)).toBe('converged');
});

it('does not take for done what nobody has heard of from a host that is away', () => {
  const made = cluster('web', 'db');
  reportAll(made, { web: running });
  made.lose('host-b');
  expect(judge(made)).toBe('working');
});

it('waits for containers that are on their way out', () => {
  const made = cluster('web');
  reportAll(made, { web: running });
  made.commit(planProject(made.view, project(), { appliedBy: 'a', files: [], nowMs: 1 }));
  expect(projectProgress(made.view, shop)).toMatchObject([{ phase: 'working', state: 'removing' }]);
});

it.each<[string, Report['refresh'] | undefined, Report['status']]>([
  ['working', undefined, running],
  ['working', { asked: 1, state: 'done' }, running],
  ['working', { asked: 2, state: 'replacing' }, running],
  ['converged', { asked: 2, state: 'failed' }, running],
  ['converged', { asked: 2, state: 'done' }, running],
  ['converged', undefined, { state: 'completed', finishedAtMs: 2 }],
])('is %s when the second request for a newer image is at %j', (expected, refresh, status) => {
  const made = cluster('web');
  const [placement] = made.view.placements;
  made.put({ ...placement!, refresh: 2 });
  made.report(placement!, status, refresh === undefined ? {} : { refresh });
  expect(judge(made)).toBe(expected);
});

it.each<[string, Report['refresh'] | undefined]>([
  ['looks for a newer image', undefined],
  ['makes way for a newer image', { asked: 2, state: 'replacing' }],
])('what runs and is not done says that it %s', (message, refresh) => {
  const made = cluster('web');
  const [placement] = made.view.placements;
  made.put({ ...placement!, refresh: 2 });
  made.report(placement!, running, refresh === undefined ? {} : { refresh });
  expect(projectProgress(made.view, shop)).toMatchObject([
    { phase: 'working', state: 'running', message },
  ]);
});
