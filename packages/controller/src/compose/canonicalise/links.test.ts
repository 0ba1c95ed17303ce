import { problemsOf, serviceOf } from '../testing/load-texts.js';

describe('links', () => {
  test('an alias, and a dependency on the service', async () => {
    const service = await serviceOf('links: ["db:store", db]', '  db: {image: i}\n');
    expect(service.links).toEqual([
      { project: 'shop', service: 'db', alias: 'store' },
      { project: 'shop', service: 'db', alias: 'db' },
    ]);
    expect(service.dependencies).toEqual([{ service: 'db', condition: 'started', required: true }]);
  });

  test('what depends_on says of the service counts', async () => {
    const service = await serviceOf(
      'links: [db]\ndepends_on: {db: {condition: service_healthy}}',
      '  db: {image: i}\n',
    );
    expect(service.dependencies).toEqual([{ service: 'db', condition: 'healthy', required: true }]);
  });

  test('links to containers of other projects are for the planner', async () => {
    expect((await serviceOf('external_links: ["other-db-1:db", cache]')).externalLinks).toEqual([
      { container: 'other-db-1', alias: 'db' },
      { container: 'cache', alias: 'cache' },
    ]);
  });

  test('an alias cannot forge a line of a hosts file', async () => {
    expect(await problemsOf('links: ["db:a\\n1.2.3.4 b"]')).toContain('is not a link');
    expect(await problemsOf('external_links: ["db:a b"]')).toContain('is not a link');
  });

  test('one alias for two services is refused', async () => {
    expect(
      await problemsOf('links: ["a:x", "b:x"]', '  a: {image: i}\n  b: {image: i}\n'),
    ).toContain('the alias "x" stands for a and for b');
  });
});
