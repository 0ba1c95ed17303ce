import { containerOf, project, service } from '../testing/builders.js';
import { withScale } from './load.js';
import { runCommand } from '../testing/command-context.js';

const shop = project(
  service('web'),
  service('agent', { mode: 'global' }),
  service('db', { containerName: 'the-db', container: containerOf() }),
);

it('other counts change the replicas of those services, and nothing else', () => {
  const { services } = withScale(shop, ['web=3', 'db=0'], 'scale');
  expect(services.map(({ replicas }) => replicas)).toEqual([3, 1, 0]);
  expect(services[0]).toEqual({ ...service('web'), replicas: 3 });
});

it.each([
  ['api=2', 'NOT_FOUND', 'scale api: shop has no service api', 'there are: web, agent, db'],
  ['agent=2', 'USAGE', 'scale agent: it is global', 'constraints'],
  ['db=2', 'USAGE', '2 replicas cannot share the container name the-db', 'remove container_name'],
  ['web', 'USAGE', 'scale web: expected SERVICE=COUNT', 'such as scale web=3'],
  ['web=-1', 'USAGE', 'expected SERVICE=COUNT', 'at most'],
  ['web=10001', 'USAGE', 'expected SERVICE=COUNT', 'at most 10000'],
])('scale %s is refused with a way out', (count, code, message, hint) => {
  expect(() => withScale(shop, [count], 'scale')).toThrow(
    expect.objectContaining({
      code,
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    }) as Error,
  );
});

it('the directory that one is in has a name too, where it is taken for a file', async () => {
  const { err } = await runCommand(['config', '.']);
  expect(err).toContain('.:1:1  error  cannot read /: it is a directory');
});
