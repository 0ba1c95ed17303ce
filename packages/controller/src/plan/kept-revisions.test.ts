import { projectName, type Project, type RolloutConfig, type ServiceSpec } from '@nap/shared';
import { renderHistory } from '../output/history-view.js';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { keptRevisions, projectDigest, rollbackTarget } from './kept-revisions.js';
import { planProject, type ApplyContext } from './plan-project.js';
import { planText } from './plan-text.js';

const shop = projectName('shop');
const withWebs = (replicas: number): Project => project(service('web', { replicas }));

function apply(cluster: FakeCluster, wanted: Project, more: Partial<ApplyContext> = {}): string {
  const context = { appliedBy: 'alice@ops1', files: ['shop.yml'], nowMs: 1000, ...more };
  const plan = planProject(cluster.view, wanted, context);
  cluster.commit(plan);
  return planText(plan);
}

function rollBack(cluster: FakeCluster, wanted?: number): string {
  const { project: old, files, revision } = rollbackTarget(cluster.view, shop, wanted);
  return apply(cluster, old, { files, rollbackTo: revision });
}

function threeRevisions(): FakeCluster {
  const cluster = new FakeCluster('host-a');
  for (const replicas of [1, 2, 3]) apply(cluster, withWebs(replicas));
  return cluster;
}

it('one rollback after the other goes further back, until there is none', () => {
  const cluster = threeRevisions();
  expect(rollBack(cluster)).toContain(
    'store shop revision 4: replaces revision 3 by what revision 2 was',
  );
  expect(cluster.view.projects.get(shop)).toMatchObject({
    project: withWebs(2),
    rollback: { of: 3, to: 2 },
  });
  expect(rollBack(cluster)).toContain('revision 5: replaces revision 4 by what revision 1 was');
  expect(() => rollBack(cluster)).toThrow(
    expect.objectContaining({
      code: 'NOT_FOUND',
      message: 'shop has no kept revision before 1, which the current one, 5, went back to',
      hint: 'there are: 1, 2, 3, 4, 5 (the current one); to go back to one of them, name it: nap-controller rollback NUMBER',
    }) as Error,
  );
});

it('says that what it would go back from is the first one', () => {
  const cluster = new FakeCluster('host-a');
  apply(cluster, withWebs(1));
  expect(() => rollBack(cluster)).toThrow('shop has no kept revision before 1, the current one');
});

it('goes to the revision that is named, also forward, and changes nothing where that is what runs', () => {
  const cluster = threeRevisions();
  rollBack(cluster, 1);
  expect(rollBack(cluster, 3)).toContain('revision 5: replaces revision 4 by what revision 3 was');
  expect(rollBack(cluster, 3)).toBe('');
  expect(cluster.view.projects.get(shop)?.revision).toBe(5);
});

it('names the revisions that there are where one is unknown or no longer kept', () => {
  const cluster = new FakeCluster('host-a');
  for (let replicas = 1; replicas <= 22; replicas += 1) apply(cluster, withWebs(replicas));
  for (const unknown of [1, 2, 23]) {
    expect(() => rollbackTarget(cluster.view, shop, unknown)).toThrow(
      expect.objectContaining({
        code: 'NOT_FOUND',
        message: `shop has no kept revision ${unknown}`,
        hint: expect.stringMatching(/^there are: 3, 4, .*, 22 \(the current one\); /) as string,
      }) as Error,
    );
  }
  expect(() => rollbackTarget(cluster.view, projectName('blog'), undefined)).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND' }) as Error,
  );
});

it('leaves out what this nap cannot read, and says so', () => {
  const cluster = threeRevisions();
  const key = [...cluster.entries.keys()].find((name) => name.endsWith('history/00000002'))!;
  cluster.entries.set(key, '{"v":99}');
  const { revisions, unreadable } = keptRevisions(cluster.view, shop);
  expect(revisions.map(({ revision }) => revision)).toEqual([3, 1]);
  expect(unreadable).toHaveLength(1);
  expect(rollbackTarget(cluster.view, shop, undefined).revision).toBe(1);
});

it('history lists the newest first, with the first line of its message; equal projects have equal digests', () => {
  const cluster = new FakeCluster('host-a');
  apply(cluster, withWebs(1));
  apply(cluster, withWebs(2), { message: 'two webs\nfor the sale' });
  rollBack(cluster);
  const [one, two] = [projectDigest(withWebs(1)), projectDigest(withWebs(2))];
  expect(renderHistory(cluster.view, shop, 'table')!.replaceAll(/ {2,}/g, ' | ')).toBe(
    [
      'REVISION | WHEN | WHO | FILES | DIGEST | STATE | MESSAGE',
      `3 | 1970-01-01T00:00:01Z | alice@ops1 | shop.yml | ${one} | current, back to 1`,
      `2 | 1970-01-01T00:00:01Z | alice@ops1 | shop.yml | ${two} | - | two webs`,
      `1 | 1970-01-01T00:00:01Z | alice@ops1 | shop.yml | ${one} | -`,
    ].join('\n'),
  );
  const [current, second] = JSON.parse(renderHistory(cluster.view, shop, 'json')!) as unknown[];
  expect(current).toMatchObject({ project: 'shop', isCurrent: true, rollback: { of: 2, to: 1 } });
  expect(second).toMatchObject({ message: 'two webs\nfor the sale', isCurrent: false });
});

it('a template may ask for the message also where no revision has one', () => {
  const cluster = new FakeCluster('host-a');
  apply(cluster, withWebs(1));
  const list = (template: string): string | undefined =>
    renderHistory(cluster.view, shop, { template, isTable: false });
  expect(list('{{.Revision}} {{.Message}}{{.Rollback}}')).toBe('1 ');
  apply(cluster, withWebs(2), { message: 'two webs' });
  expect(list('{{.Revision}} {{.Message}}')).toBe('2 two webs\n1 ');
});

it('every column of the table is a field of templates', () => {
  const cluster = new FakeCluster('host-a');
  apply(cluster, withWebs(1));
  const list = (template: string): string | undefined =>
    renderHistory(cluster.view, shop, { template, isTable: false });
  expect(list('{{.State}} {{.When}} {{.Who}}')).toBe('current 1970-01-01T00:00:01Z alice@ops1');
  const columns = renderHistory(cluster.view, shop, 'table')!.split('\n')[0]!.split(/ +/u);
  for (const column of columns) expect(list(`{{.${column}}}`)).toBeDefined();
  expect(renderHistory(cluster.view, shop, 'jsonl')).not.toContain('"state"');
});

describe('how containers are replaced, of one that stays', () => {
  const webs = (replicas: number, update: RolloutConfig = {}): Project =>
    project(
      service('web', {
        replicas,
        update: { order: 'start-first', monitorMs: 5_000, ...update },
        rollback: { monitorMs: 9_000 },
      }),
    );
  let cluster: FakeCluster;

  beforeEach(() => {
    cluster = new FakeCluster('host-a');
    apply(cluster, webs(1));
  });

  it('is told in the words of the file where that has another one', () => {
    const changed = 'update shop.web.1 on host-a: the container stays; changed: ';
    const lines = (text: string): readonly string[] => text.split('\n');
    expect(lines(apply(cluster, webs(1, { monitorMs: 6_000 })))).toContain(
      `${changed}update_config.monitor`,
    );
    expect(lines(apply(cluster, webs(1, { order: 'stop-first' })))).toContain(
      `${changed}update_config`,
    );
    expect(lines(rollBack(cluster, 1))).toContain(`${changed}rollback_config`);
  });

  it('stays as it is through a rollback, and through what is applied after it', () => {
    apply(cluster, webs(2));
    expect(rollBack(cluster)).not.toContain('update shop.web.1');
    expect(apply(cluster, webs(2))).not.toContain('update shop.web.1');
    expect(apply(cluster, webs(2))).not.toContain('update shop.web.1');
  });

  it('stays as the rollback had it that has replaced it', () => {
    const forced = (container: ServiceSpec['container']): Project =>
      project({ ...webs(1).services[0]!, container });
    apply(cluster, forced(containerOf({ environment: { V: 'bad' } })));
    expect(rollBack(cluster)).toContain('recreate shop.web.1');
    expect(cluster.view.placements[0]?.startFirst).toEqual({ readyAfterMs: 9_000 });
    expect(apply(cluster, webs(2))).not.toContain('shop.web.1');
    expect(apply(cluster, webs(2, { monitorMs: 6_000 }))).toContain('update_config.monitor');
  });
});
