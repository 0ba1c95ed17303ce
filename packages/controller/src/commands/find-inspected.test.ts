import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { findInspected } from './find-inspected.js';

const cluster = new FakeCluster('host-a', 'host-b');
const context = { appliedBy: 'a', files: [], nowMs: 1 };
cluster.commit(planProject(cluster.view, project(service('web'), service('db')), context));

it.each([
  ['wbe', undefined, 'did you mean "web"?'],
  ['shpo', undefined, 'did you mean "shop"?'],
  ['shpo', 'service', 'nap-controller ps lists'],
  ['nosuch', undefined, 'nap-controller ps lists'],
] as const)('of %s as %s it is said: %s', (name, kind, hint) => {
  expect(() => findInspected(cluster.view, name, { kind })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as Error,
  );
});
