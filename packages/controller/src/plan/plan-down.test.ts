import { hostId, projectName, type Project } from '@nap/shared';
import { containerOf, FakeCluster, mounting, project, service } from '../testing/builders.js';
import { afterPlan, placementsAfter } from './after-plans.js';
import type { Plan } from './change.js';
import { planDown } from './plan-down.js';
import { planForget } from './plan-forget.js';
import { planProject } from './plan-project.js';
import { planText } from './plan-text.js';

const SHOP = projectName('shop');
const CONTEXT = { appliedBy: 'a test', files: [], nowMs: 1 };

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster('a');
});

const apply = (wanted: Project): void => {
  cluster.commit(planProject(cluster.view, wanted, CONTEXT));
};
const down = (removeVolumes = true): Plan =>
  planDown(cluster.view, SHOP, { removeVolumes, nowMs: 2 });
const removals = (plan: Plan): string => planText(plan).replace(/^forget .*\n/, '');

/** As if all agents had done what they are asked to, and the command had seen it. */
function settle(): void {
  for (const placement of cluster.view.placements) {
    cluster.report(placement, { state: 'removed' });
  }
  cluster.commit(planForget(cluster.view, SHOP));
}

it('names the volumes that go, and says nothing of volumes where there are none', () => {
  const anonymous = containerOf({ mounts: [{ type: 'volume', target: '/tmp' }] });
  apply(
    project(
      service('db', mounting('shop_data')),
      service('tmp', { container: anonymous }),
      service('web'),
    ),
  );
  expect(removals(down())).toBe(
    [
      'remove shop.db.1 and volume shop_data from a: the project is taken down',
      'remove shop.tmp.1 and its anonymous volumes from a: the project is taken down',
      'remove shop.web.1 from a: the project is taken down',
    ].join('\n'),
  );
  expect(removals(down(false))).not.toContain('volume');
});

it('counts what is removed with its volumes as gone from its host', () => {
  apply(project(service('db', mounting('shop_data')), service('web')));
  expect(placementsAfter([down()], cluster.view)).toEqual([]);
  expect(afterPlan(cluster.view, down()).volumes.size).toBe(0);
});

it('drops volumes whose service has left the file, on the host that holds them', () => {
  apply(project(service('db', mounting('shop_data')), service('web')));
  apply(project(service('web')));
  const plan = down();
  expect(removals(plan)).toContain(
    'remove volume shop_data from a: nothing mounts it any more, and the project is taken down',
  );
  expect(removals(down(false))).not.toContain('shop_data');
  cluster.commit(plan);
  const asked = cluster.view.placements.find(({ instance }) => instance === 'shop.volumes.1');
  expect(asked).toMatchObject({ host: 'a', wanted: 'removed', removeVolumes: true });
  expect(asked?.spec.mounts).toMatchObject([{ type: 'volume', name: 'shop_data' }]);
  settle();
  expect(cluster.view.placements).toEqual([]);
  expect(cluster.view.volumes.size).toBe(0);
});

it('asks for nothing twice when it is run again', () => {
  apply(project(service('db', mounting('shop_data'))));
  apply(project(service('web')));
  cluster.commit(down());
  const [again, first] = [down(), cluster.view.placements.length];
  cluster.commit(again);
  expect(cluster.view.placements).toHaveLength(first);
  expect(again.changes.filter(({ kind }) => kind === 'remove-volumes')).toEqual([]);
});

it('drops what an earlier down has left of a project that is gone', () => {
  apply(project(service('db', mounting('shop_data')), service('volumes')));
  cluster.commit(down(false));
  expect(down().changes).toMatchObject([{ kind: 'remove-volumes', volumes: ['shop_data'] }]);
  cluster.commit(down());
  settle();
  expect(cluster.view.volumes.size).toBe(0);
});

it('does not call what drops them as an instance is called', () => {
  apply(project(service('db', mounting('shop_data')), service('volumes', { replicas: 2 })));
  apply(project(service('volumes', { replicas: 2 })));
  cluster.commit(down());
  const instances = cluster.view.placements.map(({ instance }) => instance);
  expect(instances).toEqual(['shop.volumes.1', 'shop.volumes.2', 'shop.volumes.3']);
});

it('leaves a volume that another project mounts, says so, and keeps it bound to its host', () => {
  apply(project(service('db', mounting('shared'))));
  apply({ ...project(service('web', mounting('shared'))), name: projectName('other') });
  expect(removals(down())).toContain('remove shop.db.1 and volume shared');
  apply(project(service('web')));
  expect(removals(down())).toContain('note: volume shared on a stays: other.web.1 mounts it');
  expect(down().changes.map(({ kind }) => kind)).not.toContain('remove-volumes');
});

it('what another project mounts stays bound to its host, whoever is taken down', () => {
  apply(project(service('db', mounting('shared'))));
  apply({ ...project(service('web', mounting('shared'))), name: projectName('other') });
  cluster.commit(down());
  const own = cluster.view.placements.filter(({ instance }) => instance === 'shop.db.1');
  for (const placement of own) cluster.report(placement, { state: 'removed' });
  cluster.commit(planForget(cluster.view, SHOP));
  expect(cluster.view.volumes.get('shared')?.host).toBe('a');
});

it('says of a host that is away what it drops later', () => {
  apply(project(service('db', mounting('shop_data'))));
  cluster.commit(down(false));
  cluster.lose('a');
  expect(down().notes).toEqual(['a is away: it drops shop_data when its agent is back']);
});

it('says which volumes may be where nap does not know of them', () => {
  cluster.addHost('b');
  apply(project(service('agent', { mode: 'global', ...mounting('shop_cache') })));
  expect(down().notes).toEqual([]);
  cluster.setAvailability('b', 'draining');
  apply(project(service('agent', { mode: 'global', ...mounting('shop_cache') })));
  expect(cluster.view.placements.map(({ host }) => host)).toEqual([hostId('a')]);
  expect(down().notes).toEqual([
    'a host that agent has left before may still hold shop_cache, and nap does not know which: docker volume rm there',
  ]);
  expect(down(false).notes).toEqual([]);
});
