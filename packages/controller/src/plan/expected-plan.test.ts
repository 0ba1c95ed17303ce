import type { Project, ProjectName, ServiceSpec } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { forcedOnce } from './asked-project.js';
import type { Plan } from './change.js';
import { expectedPlan, whatMoved, type ExpectedPlan } from './expected-plan.js';
import { planDown } from './plan-down.js';
import { planProject, type ApplyContext } from './plan-project.js';

const CONTEXT: ApplyContext = { appliedBy: 'alice@ops1', files: ['shop.yml'], nowMs: 1 };
const LATER: ApplyContext = { ...CONTEXT, appliedBy: 'bob@ops2', nowMs: 9 };

const web = (image: string, more: Partial<ServiceSpec> = {}): ServiceSpec =>
  service('web', { replicas: 2, container: containerOf({ image }), ...more });

const OLD = project(web('web:1'), service('db'));
const NEW = project(web('web:2'));

function applied(): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b');
  cluster.commit(planProject(cluster.view, OLD, CONTEXT));
  return cluster;
}

const planOf = ({ view }: FakeCluster, wanted: Project = NEW): Plan =>
  planProject(view, wanted, LATER);

function agreed(cluster: FakeCluster, wanted: Project = NEW): ExpectedPlan {
  const { view } = cluster;
  return expectedPlan(planProject(view, wanted, CONTEXT), view);
}

const moved = (expected: ExpectedPlan, cluster: FakeCluster, wanted?: Project): readonly string[] =>
  whatMoved(expected, planOf(cluster, wanted), cluster.view);

describe('a plan that was agreed to may be carried out', () => {
  it('when nothing has moved, whoever does it and when', () => {
    const cluster = applied();
    expect(moved(agreed(cluster), cluster)).toEqual([]);
  });

  it('when what it changes has nowhere else to run meanwhile', () => {
    const cluster = applied();
    const expected = agreed(cluster);
    for (const host of ['host-a', 'host-b']) cluster.setAvailability(host, 'draining');
    expect(moved(expected, cluster)).toEqual([]);
  });

  it('when a host has come that changes nothing of it', () => {
    const cluster = applied();
    const expected = agreed(cluster);
    cluster.addHost('host-c');
    expect(moved(expected, cluster)).toEqual([]);
  });

  it('when a try of it was cut short, at whatever point, and when all of it is done', () => {
    const cluster = applied();
    const expected = agreed(cluster);
    const plan = planOf(cluster);
    for (let count = 1; count <= plan.changes.length; count += 1) {
      const cut = applied();
      cut.commit({ ...plan, changes: plan.changes.slice(0, count) });
      expect(moved(expected, cut)).toEqual([]);
      expect(planOf(cut).changes).toHaveLength(plan.changes.length - count);
    }
  });

  it('when it recreates on request, and once only', () => {
    const cluster = applied();
    const forced = forcedOnce(cluster.view, OLD, ['web']);
    const make = (): Plan => planProject(cluster.view, OLD, { ...LATER, forced });
    const expected = expectedPlan(make(), cluster.view);
    expect(expected.changes).toHaveLength(3);
    expect(whatMoved(expected, make(), cluster.view)).toEqual([]);
    cluster.commit(make());
    expect(whatMoved(expected, make(), cluster.view)).toEqual([]);
    expect(make().changes).toEqual([]);
  });
});

describe('a plan that was agreed to is out of date', () => {
  it.each<[string, (cluster: FakeCluster) => void, readonly (string | RegExp)[], Project]>([
    [
      'when somebody has applied something else',
      (cluster) => {
        cluster.commit(planProject(cluster.view, project(web('web:3'), service('db')), LATER));
      },
      [
        'shop is at revision 2 now, by bob@ops2; it was at 1 then',
        'shop.web.1 is not what it was when the plan was made',
        'shop.web.2 is not what it was when the plan was made',
      ],
      NEW,
    ],
    [
      'when the project was taken down',
      (cluster) => {
        cluster.commit(
          planDown(cluster.view, 'shop' as ProjectName, { removeVolumes: false, nowMs: 1 }),
        );
      },
      [
        'shop was taken down; it was at 1 when the plan was made',
        /^instead of "recreate shop.web.1 on host-a: .*" it would be "place shop.web.1 on host-a/,
        /^instead of "recreate shop.web.2 on host-b: .*" it would be "place shop.web.2 on host-b/,
      ],
      NEW,
    ],
    [
      'when the project was taken down and is another one now',
      (cluster) => {
        cluster.commit(
          planDown(cluster.view, 'shop' as ProjectName, { removeVolumes: false, nowMs: 1 }),
        );
        cluster.commit(planProject(cluster.view, project(web('web:1')), LATER));
      },
      ['shop was taken down and applied anew, by bob@ops2'],
      NEW,
    ],
    [
      'when the files say something else',
      () => undefined,
      [
        'the files, or what they name (variables, configs, secrets), say something else now of: api, web',
        'not as it was in the plan: recreate shop.web.1 on host-a: changed: image',
        /shop.web.2/,
        /^not in the plan: place shop.api.1 on host-a/,
      ],
      project(web('web:3'), service('api')),
    ],
    [
      'when a host is lost that it counts on',
      (cluster) => {
        cluster.lose('host-b');
      },
      [
        /^instead of "recreate shop.web.2 on host-b: .*" it would be "move shop.web.2 from host-b to host-a/,
        'host-b was active, and is away',
      ],
      NEW,
    ],
    [
      'when a host is drained that it counts on, and another has come',
      (cluster) => {
        cluster.addHost('host-c');
        cluster.setAvailability('host-b', 'draining');
      },
      [/shop.web.2/, 'host-b was active, and is draining', 'host-c is new'],
      NEW,
    ],
  ])('%s', (_, move, sentences, wanted) => {
    const cluster = applied();
    const expected = agreed(cluster);
    move(cluster);
    const found = moved(expected, cluster, wanted);
    expect(found).toEqual(
      sentences.map((it) =>
        typeof it === 'string' ? it : (expect.stringMatching(it) as unknown as string),
      ),
    );
  });

  it('when a new instance fits nowhere any more', () => {
    const cluster = applied();
    const wanted = project(web('web:2', { replicas: 3 }));
    const expected = agreed(cluster, wanted);
    for (const host of ['host-a', 'host-b']) cluster.setAvailability(host, 'draining');
    expect(moved(expected, cluster, wanted)).toEqual([
      expect.stringMatching(/^cannot place shop.web.3 now: /),
      'host-a was active, and is draining',
      'host-b was active, and is draining',
    ]);
  });

  it('when it is for another cluster', () => {
    const cluster = applied();
    const expected = { ...agreed(cluster), cluster: 'other' };
    expect(moved(expected, cluster)).toEqual([
      expect.stringContaining('for another cluster: other'),
    ]);
    expect(moved(agreed(cluster), new FakeCluster('host-a'))).toEqual([
      expect.stringContaining('nothing was applied to this one'),
    ]);
  });

  it('when a project has come that was not there', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const expected = agreed(cluster);
    cluster.commit(planProject(cluster.view, OLD, LATER));
    expect(moved(expected, cluster)[0]).toBe(
      'shop is at revision 1 now, by bob@ops2; it was not there then',
    );
  });
});

it('what was agreed to has nothing in it that may be secret', () => {
  const container = containerOf({ environment: { TOKEN: 'sesame' } });
  const text = JSON.stringify(agreed(applied(), project(service('web', { container }))));
  expect(text).toContain('environment.TOKEN');
  expect(text).not.toContain('sesame');
});
