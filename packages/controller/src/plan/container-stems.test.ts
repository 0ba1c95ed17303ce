import fc from 'fast-check';
import { projectName, type Project } from '@nap/shared';
import { FakeCluster, service } from '../testing/builders.js';
import { plainStems } from './container-stems.js';
import { planProject } from './plan-project.js';

const anyName = fc.constantFrom('a', 'a-b', 'b', 'b-c', 'c', 'b-1', '1');

const anyProject = fc.record({
  name: anyName.map(projectName),
  services: fc.uniqueArray(
    fc.record({
      name: anyName,
      replicas: fc.integer({ min: 1, max: 11 }),
      containerName: fc.option(fc.constantFrom('a-b-c-1', 'odd'), { nil: undefined, freq: 8 }),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
  ),
});

function apply(cluster: FakeCluster, wanted: Project): boolean {
  const made = planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });
  if (made.unplaced.length === 0) cluster.commit(made);
  return made.unplaced.length === 0;
}

it('no host ever has two containers of one name, whatever projects and services are called', () => {
  fc.assert(
    fc.property(fc.array(anyProject, { minLength: 2, maxLength: 3 }), (projects) => {
      const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
      for (const { name, services } of projects) {
        const specs = services.map(({ name: it, replicas, containerName }) =>
          containerName === undefined
            ? service(it, { replicas })
            : service(it, { replicas: 1, containerName }),
        );
        apply(cluster, { name, services: specs });
      }
      const { placements } = cluster.view;
      const names = placements.map(({ host, spec }) => `${host} ${spec.containerName}`);
      expect(new Set(names).size).toBe(names.length);
    }),
    { numRuns: 150 },
  );
});

it('a stem of two projects, and a name of its own, are told', () => {
  const stems = (...projects: readonly Project[]): unknown => {
    const cluster = new FakeCluster('host-a', 'host-b');
    for (const it of projects) expect(apply(cluster, it)).toBe(true);
    return plainStems(cluster.view.placements);
  };
  const one = { name: projectName('a'), services: [service('b-c', { replicas: 12 })] };
  const other = { name: projectName('a-b'), services: [service('c')] };
  expect(stems(one)).toEqual(new Map([['a-b-c-', 'a']]));
  expect(stems(one, other)).toBeUndefined();
  const odd = { name: projectName('x'), services: [service('y', { containerName: 'z' })] };
  expect(stems(odd)).toBeUndefined();
});
