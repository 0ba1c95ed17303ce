import { projectName } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { meaningsOf } from './meanings.js';
import { planProject } from './plan-project.js';

const cluster = new FakeCluster('host-a');
const shop = project(
  service('web', { replicas: 2 }),
  service('db', { containerName: 'the-db', container: containerOf() }),
  service('api', { replicas: 7 }),
  service('api-7'),
  service('v1.2'),
);
const blog = { name: projectName('blog'), services: [service('web'), service('shop')] };
for (const wanted of [shop, blog]) {
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
}

const meant = (word: string, only?: string): string =>
  meaningsOf(cluster.view, word, only)
    .map(({ named }) =>
      named
        .map(({ project: of, service: name, index }) => [of, name, index].filter((it) => it).join())
        .join(' '),
    )
    .join('; ');

it.each([
  ['shop.web.2', 'shop,web,2; shop,web,2'],
  ['shop-web-2', 'shop,web,2; shop,web,2'],
  ['the-db', 'shop,db,1'],
  ['shop/web/2', 'shop,web,2'],
  ['shop.web/2', 'shop,web,2'],
  ['shop_web_2', 'shop,web,2'],
  ['shop/web-2', 'shop,web,2'],
  ['shop/web', 'shop,web'],
  ['shop.web', 'shop,web'],
  ['shop_web', 'shop,web'],
  ['web', 'shop,web blog,web'],
  ['web/2', 'shop,web,2 blog,web,2'],
  ['web.2', 'shop,web,2 blog,web,2'],
  ['shop', 'blog,shop; shop'],
  ['api-7', 'shop,api-7; shop,api,7'],
  ['v1.2', 'shop,v1.2'],
  ['shop.v1.2', 'shop,v1.2'],
  ['shop.v1.2.1', 'shop,v1.2,1; shop,v1.2,1'],
  ['blog.shop.1', 'blog,shop,1; blog,shop,1'],
])('%s: %s', (word, all) => {
  expect(meant(word)).toBe(all);
});

it.each(['', '/', 'shop/', '/web', 'shop-web', 'web/0', 'web/01', 'web/x', 'web/2/1', 'web-2-1'])(
  '%j means nothing',
  (word) => {
    expect(meant(word)).toBe('');
  },
);

it('services are looked for in the project that is named, unless the word names one', () => {
  expect(meant('web', 'blog')).toBe('blog,web');
  expect(meant('web/2', 'shop')).toBe('shop,web,2');
  expect(meant('shop', 'blog')).toBe('blog,shop');
  expect(meant('shop.web', 'blog')).toBe('shop,web');
  expect(meant('the-db', 'blog')).toBe('');
});
