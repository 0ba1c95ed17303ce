import type { Units } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { renderHosts } from '../output/host-view.js';
import type { Plan } from './change.js';
import { planProject } from './plan-project.js';
import { addUnits, UnitTally } from './units.js';

/** GPUs and whatever else is counted in whole numbers. */

const withGpus = (resources: Units, replicas = 1): ReturnType<typeof project> =>
  project(service('web', { replicas, scheduling: { reserves: { resources } } }));

function cluster(...gpus: readonly (number | undefined)[]): FakeCluster {
  const made = new FakeCluster();
  for (const [at, gpu] of gpus.entries()) {
    const resources = gpu === undefined ? {} : { gpu };
    made.addHost(`host-${'abc'[at] ?? ''}`, { capacity: { cpus: 2, memoryBytes: 4e9, resources } });
  }
  return made;
}

function apply(to: FakeCluster, wanted: ReturnType<typeof project>): Plan {
  const made = planProject(to.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 });
  to.commit(made);
  return made;
}

const places = ({ view }: FakeCluster): readonly string[] =>
  view.placements.map(({ host }) => host);

describe('what is reserved of countable resources', () => {
  it('is taken only where it is, and by one instance at a time', () => {
    const hosts = cluster(undefined, 1, 2);
    expect(apply(hosts, withGpus({ gpu: 1 }, 3)).unplaced).toEqual([]);
    expect([...places(hosts)].sort()).toEqual(['host-b', 'host-c', 'host-c']);
  });

  it('is told with counts where it is missing', () => {
    const hosts = cluster(undefined, 1, 2);
    const { unplaced } = apply(hosts, withGpus({ gpu: 2 }, 2));
    expect(unplaced.map(({ reason }) => reason)).toEqual([
      'needs 2 gpu: host-a has no gpu; host-b has 1 gpu; host-c has 0 of 2 gpu free',
    ]);
  });

  it('all of a host is for one alone', () => {
    const hosts = cluster(2, 2);
    expect(apply(hosts, withGpus({ gpu: 'all' }, 3)).unplaced).toMatchObject([
      { reason: expect.stringContaining('needs every gpu of a host: ') as string },
    ]);
    expect([...places(hosts)].sort()).toEqual(['host-a', 'host-b']);
  });

  it('is not asked of a host whose agent does not count such things', () => {
    const hosts = new FakeCluster('host-a');
    expect(apply(hosts, withGpus({ gpu: 4 })).unplaced).toEqual([]);
  });

  it('is shown beside what there is', () => {
    const hosts = cluster(undefined, 2);
    apply(hosts, withGpus({ gpu: 1 }));
    expect(renderHosts(hosts.view, 'table')).toMatch(/OTHERS RESERVED[^]*host-b .* 1 of 2 gpu/);
    const [, second] = JSON.parse(renderHosts(hosts.view, 'json')!) as { reserved: unknown }[];
    expect(second?.reserved).toMatchObject({ resources: { gpu: 1 } });
  });
});

it('a container that is to see GPUs, without reserving them, goes where there are some, and shares', () => {
  const hosts = cluster(undefined, 1);
  const deviceRequests = [{ count: -1, capabilities: [['gpu']] }];
  const web = service('web', { replicas: 3, container: containerOf({ deviceRequests }) });
  expect(apply(hosts, project(web)).unplaced).toEqual([]);
  expect(places(hosts)).toEqual(['host-b', 'host-b', 'host-b']);
});

it('a global service that needs GPUs is for the hosts that have them', () => {
  const hosts = cluster(undefined, 1, 2);
  const scheduling = { reserves: { resources: { gpu: 1 } } };
  apply(hosts, project(service('web', { mode: 'global', scheduling })));
  expect([...places(hosts)].sort()).toEqual(['host-b', 'host-c']);
});

it('of those that share a host one that wants all of it leaves no count to the others', () => {
  expect(addUnits({ gpu: 1 }, { gpu: 2, fpga: 1 })).toEqual({ gpu: 3, fpga: 1 });
  expect(addUnits({ gpu: 'all' }, { gpu: 2 })).toEqual({ gpu: 'all' });
  expect(addUnits({ gpu: 1 }, { gpu: 'all' })).toEqual({ gpu: 'all' });
});

it('what is given back is free again', () => {
  const tally = new UnitTally();
  tally.add({ gpu: 'all' }, 1);
  expect(tally.free('gpu', 4)).toBe(0);
  tally.add({ gpu: 'all' }, -1);
  tally.add({ gpu: 3 }, 1);
  expect(tally.copy().free('gpu', 4)).toBe(1);
});
