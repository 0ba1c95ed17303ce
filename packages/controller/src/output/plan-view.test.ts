import { hostId, type Project } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { coloursFor } from './colours.js';
import { planDocument, renderPlan } from './plan-view.js';
import { showPlan, type ShownPlan } from './shown-plan.js';

const CONTEXT = { appliedBy: 'alice@ops1', files: ['shop.yml'], nowMs: 1 };
const PLAIN = coloursFor(false);

const web = (image: string, replicas: number): ReturnType<typeof service> =>
  service('web', { replicas, container: containerOf({ image, environment: { TOKEN: image } }) });

function shown(cluster: FakeCluster, wanted: Project): ShownPlan {
  const view = { ...cluster.view, etcdRevision: '1234' };
  return showPlan(planProject(view, wanted, CONTEXT), view);
}

function applied(...services: Project['services']): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b');
  cluster.commit(planProject(cluster.view, project(...services), CONTEXT));
  return cluster;
}

describe('a plan for people', () => {
  it('says every change, what differs, what it means for each host, and how much it is', () => {
    const cluster = applied(web('web:1', 2), service('db'));
    const text = renderPlan(shown(cluster, project(web('web:2', 3))), PLAIN);
    expect(text.replaceAll(/: spread: .*/g, ': …')).toBe(
      `shop: 1 to place, 2 to update (2 recreated), 0 to move, 1 to remove (against etcd revision 1234)
  store shop revision 2: replaces revision 1
      services.db: removed
      services.web.replicas: 2 → 3
~ recreate shop.web.1 on host-a: changed: environment.TOKEN, image
~ recreate shop.web.2 on host-b: changed: environment.TOKEN, image
      environment.TOKEN: changed (value not shown)
      image: web:1 → web:2
+ place shop.web.3 on host-a: …
- remove shop.db.1 from host-a: the service is no longer in the file

HOST     PLACE   UPDATE   MOVE IN   MOVE OUT   REMOVE   INSTANCES
host-a   1       1        0         0          1        2
host-b   0       1        0         0          0        1`,
    );
  });

  it('says where an instance goes, and what of it differs besides', () => {
    const cluster = applied(web('web:1', 1));
    cluster.setAvailability('host-a', 'draining');
    const text = renderPlan(shown(cluster, project(web('web:2', 1))), PLAIN);
    expect(text).toMatch(/^> move shop.web.1 from host-a to host-b: .*\n {6}env.*\n {6}image: /m);
    expect(text).toMatch(/^host-a +0 +0 +0 +1 +0 +1 → 0\nhost-b +0 +0 +1 +0 +0 +0 → 1$/m);
  });

  it('says what a new revision changes for no instance', () => {
    const cluster = applied(service('web'), service('job', { replicas: 0 }));
    const wanted = project(
      service('web', { scheduling: { maxPerHost: 2 } }),
      service('job', { replicas: 0, container: containerOf({ image: 'job:2' }) }),
    );
    expect(renderPlan(shown(cluster, wanted), PLAIN)).toBe(
      `shop: 0 to place, 0 to update, 0 to move, 0 to remove (against etcd revision 1234)
  store shop revision 2: replaces revision 1
      services.job.image: busybox → job:2
      services.web.scheduling.max_per_host: added 2`,
    );
  });

  it('says that there is nothing to change, and what is to be known', () => {
    const cluster = applied(service('web'));
    const nothing = shown(cluster, project(service('web')));
    expect(renderPlan({ ...nothing, notes: ['careful'] }, PLAIN)).toBe(
      'shop: nothing to change (against etcd revision 1234)\nnote: careful',
    );
    expect(renderPlan(nothing, PLAIN, 'as it was')).toBe('as it was (against etcd revision 1234)');
  });

  it('says what fits nowhere', () => {
    const cluster = new FakeCluster();
    expect(renderPlan(shown(cluster, project(service('web'))), PLAIN)).toContain(
      '! cannot place shop.web.1: no host is registered',
    );
  });

  it('has colours where they are wanted', () => {
    const plan = shown(new FakeCluster('host-a'), project(service('web')));
    expect(renderPlan(plan, coloursFor(true))).toContain('\u001B[32m+ place shop.web.1');
  });
});

it('a plan for scripts has all of it, but for what may be secret', () => {
  const cluster = applied(web('web:1', 1));
  const text = planDocument('json', shown(cluster, project(web('web:2', 1))));
  expect(text).not.toContain('"TOKEN": "web');
  expect(JSON.parse(text)).toMatchObject({
    project: 'shop',
    etcdRevision: '1234',
    changes: [
      { kind: 'store-project', fields: [] },
      {
        kind: 'update',
        recreates: true,
        fields: [
          { field: 'environment.TOKEN', kind: 'changed', isHidden: true },
          { field: 'image', kind: 'changed', before: 'web:1', after: 'web:2' },
        ],
      },
    ],
    summary: { place: 0, update: 1, recreate: 1, move: 0, remove: 0 },
    hosts: [{ host: hostId('host-a'), update: 1, before: 1, after: 1 }],
    unplaced: [],
    notes: [],
  });
});
