import type { Project } from '@nap/shared';
import { containerOf, FakeCluster, mounting, project, service } from '../testing/builders.js';
import {
  askedProject,
  forcedOnce,
  PULL_REQUEST,
  recreationReason,
  refreshOnce,
  stayReason,
} from './asked-project.js';
import type { Plan } from './change.js';
import { planProject, type ApplyContext } from './plan-project.js';
import { planText } from './plan-text.js';

const CONTEXT: ApplyContext = { appliedBy: 'alice@ops1', files: ['shop.yml'], nowMs: 1 };

function apply(cluster: FakeCluster, wanted: Project, more: Partial<ApplyContext> = {}): Plan {
  const plan = planProject(cluster.view, wanted, { ...CONTEXT, ...more });
  cluster.commit(plan);
  return plan;
}

const wanted = project(service('web', { replicas: 2 }), service('db', mounting('shop_data')));

function applied(): FakeCluster {
  const cluster = new FakeCluster('host-a', 'host-b');
  apply(cluster, wanted);
  return cluster;
}

const force = (cluster: FakeCluster, ...services: string[]): Partial<ApplyContext> => ({
  forced: forcedOnce(cluster.view, wanted, services),
});

describe('recreation on request', () => {
  it('replaces the containers of the service where they are, and no others', () => {
    const cluster = applied();
    expect(planText(apply(cluster, wanted, force(cluster, 'web')))).toBe(
      [
        'store shop revision 2: replaces revision 1',
        'recreate shop.web.1 on host-a: recreated on request',
        'recreate shop.web.2 on host-b: recreated on request',
      ].join('\n'),
    );
    expect(cluster.view.placements[1]?.decisions?.at(-1)).toMatchObject({
      kind: 'recreated',
      reason: 'recreated on request',
    });
  });

  it('is done once, however often it is planned', () => {
    const cluster = applied();
    const once = force(cluster, 'web', 'db');
    apply(cluster, wanted, once);
    expect(planProject(cluster.view, wanted, { ...CONTEXT, ...once }).changes).toEqual([]);
  });

  it('counts for every later apply of the same file', () => {
    const cluster = applied();
    apply(cluster, wanted, force(cluster, 'web'));
    expect(planProject(cluster.view, wanted, CONTEXT).changes).toEqual([]);
    const again = apply(cluster, wanted, force(cluster, 'web'));
    expect(again.changes.filter(({ kind }) => kind === 'update')).toHaveLength(2);
  });

  it('is not taken back by going back to an earlier revision', () => {
    const cluster = applied();
    const before = cluster.view.projects.get(wanted.name)!.project;
    apply(cluster, wanted, force(cluster, 'web'));
    expect(planProject(cluster.view, before, CONTEXT).changes).toEqual([]);
  });

  it('means nothing for a service that is new', () => {
    const cluster = new FakeCluster('host-a');
    expect(forcedOnce(cluster.view, wanted, ['web'])).toEqual(new Map());
  });

  it('says what differs besides', () => {
    expect(recreationReason(['forced', 'image'])).toBe('changed: image; recreated on request');
    expect(recreationReason(['image'])).toBe('changed: image');
  });
});

describe('a look for newer images', () => {
  it('leaves specs as they are, and reaches every instance, also those that are new', () => {
    const cluster = applied();
    const refresh = refreshOnce(cluster.view, wanted);
    const more = project(...wanted.services, service('api'));
    const text = planText(apply(cluster, more, { refresh: refreshOnce(cluster.view, more) }));
    expect(text.replaceAll(/: spread.*/g, '')).toBe(
      [
        'store shop revision 2: replaces revision 1',
        'update shop.web.1 on host-a: looks for a newer image; the container stays unless there is one',
        'update shop.web.2 on host-b: looks for a newer image; the container stays unless there is one',
        'update shop.db.1 on host-a: looks for a newer image; the container stays unless there is one',
        'place shop.api.1 on host-b',
      ].join('\n'),
    );
    expect(cluster.view.placements.map((it) => it.refresh)).toEqual([1, 1, 1, 1]);
    expect(planProject(cluster.view, more, { ...CONTEXT, refresh }).changes).toEqual([]);
    expect(planProject(cluster.view, more, CONTEXT).changes).toEqual([]);
    expect(refreshOnce(cluster.view, more).get('web')).toBe(2);
  });

  it('says what changes besides', () => {
    expect(stayReason([PULL_REQUEST, 'names'])).toBe(
      'looks for a newer image; the container stays unless there is one; changed: names',
    );
    expect(stayReason([])).toBe('the container stays; changed: wanted state');
  });
});

describe('services that left the file', () => {
  const without = project(service('web', { replicas: 2, container: containerOf({ image: 'b' }) }));

  it('go', () => {
    const text = planText(apply(applied(), without));
    expect(text).toContain('remove shop.db.1 from host-a: the service is no longer in the file');
  });

  it('are still in it where no active profile enables them', () => {
    const disabled = new Set(['db']);
    const text = planText(planProject(applied().view, without, { ...CONTEXT, disabled }));
    expect(text).toContain('remove shop.db.1 from host-a: no active profile enables it');
    const kept = { ...CONTEXT, disabled, keepsMissing: true };
    expect(planProject(applied().view, without, kept).notes).toEqual([
      'no active profile enables db; it stays (--no-prune)',
    ]);
  });

  it('stay where they are wanted to, and are told of', () => {
    const cluster = applied();
    const text = planText(apply(cluster, without, { keepsMissing: true }));
    expect(text).not.toContain('shop.db.1');
    expect(text).toMatch(/note: db is no longer in the file, and stays \(--no-prune\)$/);
    const again = planProject(cluster.view, without, { ...CONTEXT, keepsMissing: true });
    expect(again.changes).toEqual([]);
    expect(apply(cluster, without).changes).toHaveLength(2);
  });
});

it('a project of which nothing was asked besides is itself', () => {
  const cluster = applied();
  expect(askedProject(cluster.view, wanted, {})).toBe(wanted);
  expect(askedProject(cluster.view, wanted, { keepsMissing: true })).toBe(wanted);
});
