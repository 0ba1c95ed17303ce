import { hashSpec, hostId, instanceId, type Placement } from '@nap/shared';
import { containerOf, FakeCluster } from '../testing/builders.js';
import { runningOf, selectTarget, selectTargets, targetsOf } from './targets.js';

const cluster = new FakeCluster('host-a');

function place(id: string, into = cluster): Placement {
  const { network: _network, ipc: _ipc, pid: _pid, volumesFrom: _from, ...own } = containerOf();
  const spec = { ...own, containerName: id.replaceAll('.', '-') };
  const placement: Placement = {
    ...{ instance: instanceId(id), host: hostId('host-a'), wanted: 'running', spec },
    ...{ specHash: hashSpec(spec), dependencies: [], aliases: [], links: [] },
    ...{ reason: 'a test', decidedAtMs: 0 },
  };
  into.put(placement);
  return placement;
}

const running = { state: 'running', health: 'none', startedAtMs: 0 } as const;
['shop.web.1', 'shop.web.10', 'shop.db.1', 'blog.db.1'].forEach((id) => place(id));
cluster.report(place('shop.web.2'), running);
// No longer placed, not gone yet.
cluster.report({ ...place('shop.web.1'), instance: instanceId('shop.old.1') }, running);

const ids = (word: string, project?: string): string =>
  selectTargets(cluster.view, word, project)
    .map(({ instance }) => instance)
    .join(' ');

it.each([
  ['web', 'shop.web.1 shop.web.2 shop.web.10'],
  ['web/2', 'shop.web.2'],
  ['shop', 'shop.db.1 shop.old.1 shop.web.1 shop.web.2 shop.web.10'],
  ['shop/web', 'shop.web.1 shop.web.2 shop.web.10'],
  ['shop/web/10', 'shop.web.10'],
  ['blog/db', 'blog.db.1'],
  ['shop.web.2', 'shop.web.2'],
  ['shop-web-2', 'shop.web.2'],
  ['old', 'shop.old.1'],
  ['web-10', 'shop.web.10'],
  ['shop/web-2', 'shop.web.2'],
  ['shop-db-1', 'shop.db.1'],
])('%s means %s', (word, found) => {
  expect(ids(word)).toBe(found);
});

it('a service whose name is that of an instance of another is nearer', () => {
  const own = new FakeCluster('host-a');
  for (const id of ['shop.api.7', 'shop.api-7.1']) place(id, own);
  expect(selectTargets(own.view, 'api-7', undefined)).toMatchObject([{ instance: 'shop.api-7.1' }]);
});

it('a service of several projects needs its project', () => {
  expect(() => ids('db')).toThrow('db is in several projects: blog, shop');
  expect(ids('db', 'shop')).toBe('shop.db.1');
  expect(() => ids('db-1')).toThrow('db-1 is in several projects: blog, shop');
  expect(ids('db-1', 'shop')).toBe('shop.db.1');
});

it.each(['none', 'web/3', 'web-3', 'web-2/1', 'web/0', 'web/x', 'shop/none', 'shop.web.3', ''])(
  '%j means nothing',
  (word) => {
    expect(() => ids(word)).toThrow(`no instance ${word} in this cluster`);
  },
);

it.each([
  ['wbe', undefined, 'did you mean "web"?'],
  ['shpo', undefined, 'did you mean "shop"?'],
  ['shop/wbe', undefined, 'did you mean "shop/web"?'],
  ['wbe/2', undefined, 'did you mean "web"?'],
  ['web/9', undefined, 'there are: web/1, web/2, web/10; with one that was removed'],
  ['shop.web.9', undefined, 'there are: shop/web/1, shop/web/2, shop/web/10; with one'],
  ['nosuch', undefined, 'there are: blog/db, shop/db, shop/old, shop/web'],
  ['nosuch', 'blog', 'there are: blog/db'],
  ['nosuch', 'none', 'there are: blog, shop'],
])('of %s of %s it is said: %s', (word, of, hint) => {
  expect(() => ids(word, of)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as Error,
  );
});

it('a slip in the name of the project is told as that, and not as one in the service', () => {
  expect(() => ids('web', 'shpo')).toThrow('no project shpo in this cluster');
});

it('of several the first that runs is meant where one is', () => {
  expect(selectTarget(cluster.view, 'web', undefined).instance).toBe('shop.web.2');
  expect(selectTarget(cluster.view, 'shop/db', undefined).instance).toBe('shop.db.1');
});

it('where one is meant a project of several services is refused', () => {
  expect(() => selectTarget(cluster.view, 'shop', undefined)).toThrow(
    'shop is a project of several services',
  );
  expect(selectTarget(cluster.view, 'blog', undefined).instance).toBe('blog.db.1');
});

it('takes each once, all of a project, or all', () => {
  const count = (names: readonly string[], projectName?: string): number =>
    targetsOf(cluster.view, { names, projectName }).length;
  expect(count(['web', 'web/2', 'shop.web.2'])).toBe(3);
  expect(count([], 'blog')).toBe(1);
  expect(count([])).toBe(6);
  expect(() => count([], 'none')).toThrow('no project none in this cluster');
});

describe('those that run', () => {
  const of = (...names: readonly string[]): readonly [string, readonly string[]] => {
    const said: string[] = [];
    const found = runningOf(targetsOf(cluster.view, { names }), names, (text) => said.push(text));
    return [found.map(({ instance }) => instance).join(' '), said];
  };

  it('of some that are named are told from those that do not', () => {
    expect(of('web/2')).toEqual(['shop.web.2', []]);
    expect(of('web/1', 'web/2')).toEqual(['shop.web.2', ['note: shop.web.1 is not running']]);
    expect(() => of('web/1')).toThrow('shop.web.1 is not running');
    expect(() => of('web/1', 'web/10')).toThrow('none of these 2 instances is running');
  });

  it('of all are the answer', () => {
    expect(of()).toEqual(['shop.old.1 shop.web.2', []]);
  });
});
