import { projectName, type Project } from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { chosenServices } from './chosen-services.js';

const cluster = new FakeCluster('a', 'b');
const add = (wanted: Project): void => {
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
};
add(project(service('web', { replicas: 2 }), service('db'), service('agent', { mode: 'global' })));
add({ name: projectName('blog'), services: [service('web'), service('mail'), service('shop')] });
add({ name: projectName('mail'), services: [] });

const chosen = (names: readonly string[], projectOf?: string): string => {
  const found = chosenServices(cluster.view, { names, projectName: projectOf });
  const parts = [...found.chosen].map(
    ([name, which]) => `${name}=${which === 'all' ? which : [...which].join('+')}`,
  );
  return `${found.name}: ${parts.join(' ')}`;
};

it.each([
  [['db'], undefined, 'shop: db=all'],
  [['blog'], undefined, 'blog: web=all mail=all shop=all'],
  [['blog', 'web'], undefined, 'blog: web=all'],
  [['web/2', 'web/1', 'db'], 'shop', 'shop: web=2+1 db=all'],
  [['web/2', 'web'], 'shop', 'shop: web=all'],
  [['shop/web/2'], undefined, 'shop: web=2'],
  [['web-2', 'shop/web-1'], 'shop', 'shop: web=2+1'],
  [['shop/web', 'shop/db'], undefined, 'shop: web=all db=all'],
  [['agent/2'], undefined, 'shop: agent=2'],
  [[], 'blog', 'blog: web=all mail=all shop=all'],
  [['shop'], 'blog', 'blog: shop=all'],
])('%j of %s is %s', (names, of, expected) => {
  expect(chosen(names, of)).toBe(expected);
});

it.each([
  [['web'], undefined, 'web is in several projects: blog, shop'],
  [['shop'], undefined, 'shop is a project, and a service of blog'],
  [['mail'], undefined, 'mail is a project, and a service of blog'],
  [[], undefined, 'which project?'],
  [['shop/web', 'blog/web'], undefined, 'of one project at a time: shop, blog'],
  [['wbe'], 'shop', 'no service wbe in project shop'],
  [['web/3'], 'shop', 'no instance web/3 in project shop'],
  [['web-3'], 'shop', 'no instance web-3 in project shop'],
  [['web-2/1'], 'shop', 'no service web-2/1 in project shop'],
  [['web/x'], 'shop', 'no service web/x in project shop'],
  [['web'], 'gone', 'no project gone in this cluster'],
])('%j of %s is refused: %s', (names, of, expected) => {
  expect(() => chosen(names, of)).toThrow(expected);
});

it('says which service may be meant, or which there are', () => {
  const hintOf = (hint: string): Error =>
    expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as Error;
  expect(() => chosen(['wbe'], 'shop')).toThrow(hintOf('did you mean "web"?'));
  expect(() => chosen(['nosuch'], 'shop')).toThrow(hintOf('there are: web, db, agent'));
});
