import { loadTexts, problemText } from './testing/load-texts.js';

describe('include', () => {
  test('an include has its own directory and its own .env, beneath the outer environment', async () => {
    const result = await loadTexts(
      {
        'compose.yml':
          'include: [sub/c.yml]\nservices: {web: {image: "w:$V-$W", depends_on: [db]}}\n',
        'sub/c.yml':
          'services: {db: {image: "d:$V-$W", volumes: [data:/d, ./x:/x]}}\nvolumes: {data: }\n',
        'sub/.env': 'V=inner\nW=inner\n',
        '.env': 'V=outer\n',
      },
      { env: {} },
    );
    const services = new Map(
      result.project?.services.map((service) => [String(service.name), service]),
    );
    expect(services.get('web')?.container.image).toBe('w:outer-');
    expect(services.get('db')?.container).toMatchObject({
      image: 'd:outer-inner',
      mounts: [{ name: 'shop_data' }, { source: '/srv/shop/sub/x' }],
    });
  });

  test('a variable without a value takes it from the same environment, in a list and in a mapping', async () => {
    const result = await loadTexts({
      'compose.yml': 'include: [sub/c.yml]\nservices: {o: {image: i, environment: [V, W]}}\n',
      'sub/c.yml':
        'services: {l: {image: i, environment: [V, W, X]}, m: {image: i, environment: {V: , W: , X: }}}\n',
      'sub/.env': 'V=inner\nW=inner\n',
      '.env': 'W=outer\n',
    });
    const services = result.project?.services.map(({ name, container }) => [
      name,
      container.environment,
    ]);
    expect(Object.fromEntries(services ?? [])).toEqual({
      l: { V: 'inner', W: 'outer' },
      m: { V: 'inner', W: 'outer' },
      o: { W: 'outer' },
    });
  });

  test('long form: several files merged first, env_file instead of .env, another directory', async () => {
    const result = await loadTexts({
      'compose.yml':
        'include: [{path: [sub/c.yml, sub/d.yml], env_file: q.env, project_directory: .}]',
      'sub/c.yml': 'services: {db: {image: "d:$V", volumes: [./x:/x]}}',
      'sub/d.yml': 'services: {db: {user: u}}',
      'sub/.env': 'V=not\n',
      'q.env': 'V=yes\n',
    });
    expect(result.project?.services[0]?.container).toMatchObject({
      image: 'd:yes',
      user: 'u',
      mounts: [{ source: '/srv/shop/x' }],
    });
  });

  test('the outer file and override files change what is included', async () => {
    const result = await loadTexts(
      {
        'compose.yml': 'include: [c.yml]\nservices: {db: {user: outer}}',
        'over.yml': 'services: {db: {hostname: over}}',
        'c.yml': 'name: not-this\nservices: {db: {image: i, user: inner}}',
      },
      { files: ['compose.yml', 'over.yml'] },
    );
    expect(result.project).toMatchObject({
      name: 'shop',
      services: [{ container: { image: 'i', user: 'outer', hostname: 'over' } }],
    });
  });

  test('the same file twice, and an included service that is extended', async () => {
    const result = await loadTexts({
      'compose.yml': 'include: [a/c.yml, b/c.yml]\nservices: {web: {extends: base}}',
      'a/c.yml': 'include: [../z.yml]',
      'b/c.yml': 'include: [../z.yml]',
      'z.yml': 'services: {base: {image: i}}',
    });
    expect(problemText(result)).toBe('');
    expect(result.project?.services.map(({ name }) => name)).toEqual(['base', 'web']);
  });

  test('a circle is named with its chain', async () => {
    const result = await loadTexts({
      'compose.yml': 'include: [d.yml]\nservices: {a: {image: i}}',
      'd.yml': 'include: [compose.yml]\nservices: {b: {image: i}}',
    });
    expect(problemText(result)).toBe(
      'd.yml:1:11  error  include: files include each other in a circle: ' +
        '/srv/shop/compose.yml → /srv/shop/d.yml → /srv/shop/compose.yml\n',
    );
  });

  test('a missing file is blamed on the include', async () => {
    const result = await loadTexts({
      'compose.yml': 'include:\n  - no.yml\nservices: {a: {image: i}}',
    });
    expect(problemText(result)).toContain(
      'compose.yml:2:5  error  include: cannot read /srv/shop/no.yml: there is no such file',
    );
  });
});
