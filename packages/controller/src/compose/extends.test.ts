import { loadTexts, problemText } from './testing/load-texts.js';

describe('extends', () => {
  test('a service of the same file, however named', async () => {
    const result = await loadTexts({
      'compose.yml': `services:
  web: {extends: {service: base}, environment: {A: 2}}
  api: {extends: base}
  base: {image: i, environment: {A: 1, B: 1}, ports: ["80:80"]}
`,
    });
    const [web, api] = result.project?.services ?? [];
    expect(web?.container).toMatchObject({ image: 'i', environment: { A: '2', B: '1' } });
    expect(api?.container.environment).toEqual({ A: '1', B: '1' });
  });

  test('a service of another file, whose paths are beside that file', async () => {
    const result = await loadTexts({
      'compose.yml':
        'services:\n  web: {extends: {file: sub/base.yml, service: b}, volumes: ["./x:/x"]}\n',
      'sub/base.yml':
        'services:\n  b: {extends: c, volumes: ["./y:/y"], env_file: e.env}\n  c: {image: "i:$V"}\n  broken: {ports: [x]}\n',
      'sub/e.env': 'Q=1\n',
      '.env': 'V=7\n',
    });
    expect(problemText(result)).not.toContain('error');
    expect(result.project?.services[0]?.container).toMatchObject({
      image: 'i:7',
      environment: { Q: '1' },
      mounts: [{ source: '/srv/shop/sub/y' }, { source: '/srv/shop/x' }],
    });
  });

  test('a child can reset and override what it inherits', async () => {
    const result = await loadTexts({
      'compose.yml':
        'services: {web: {extends: {file: b.yml, service: b}, ports: !reset [], command: !override [z]}}',
      'b.yml': 'services: {b: {image: i, ports: ["80:80"], command: [q]}}',
    });
    expect(result.project?.services[0]?.container).toMatchObject({ ports: [], command: ['z'] });
  });

  test('an override file that extends still resets what the first file says', async () => {
    const result = await loadTexts(
      {
        'a.yml': 'services: {web: {image: i, ports: ["80:80"]}, b: {image: i}}',
        'o.yml': 'services: {web: {extends: b, ports: !reset []}, b: {user: u, ports: ["81:81"]}}',
      },
      { files: ['a.yml', 'o.yml'] },
    );
    expect(result.project?.services[0]?.container).toMatchObject({ ports: [], user: 'u' });
  });

  test('a v1 file can be extended from a v1 file', async () => {
    const result = await loadTexts({
      'compose.yml': 'web: {extends: {file: base.yml, service: b}, links: [db]}\ndb: {image: i}\n',
      'base.yml': 'b: {image: i, volumes: ["data:/d"]}\n',
    });
    expect(problemText(result)).toBe('');
    expect(result.project?.services[0]).toMatchObject({
      links: [{ v1Names: true }],
      container: { mounts: [{ name: 'shop_data' }] },
    });
  });

  test.each([
    [
      {
        'compose.yml': 'services: {web: {extends: {file: b.yml, service: x}}}',
        'b.yml': 'services: {b: {image: i}}',
      },
      'compose.yml:1:27  error  services.web.extends: cannot extend service "web" in /srv/shop/compose.yml: service "x" not found in /srv/shop/b.yml\n',
    ],
    [
      { 'compose.yml': 'services: {web: {extends: {file: b.yml, service: x}}}' },
      'compose.yml:1:27  error  services.web.extends: cannot read /srv/shop/b.yml: there is no such file\n',
    ],
    [
      { 'compose.yml': 'services: {web: {extends: {file: b.yml}}}' },
      'compose.yml:1:27  error  services.web.extends: extends names no service\n    add service: NAME\n',
    ],
  ])('what cannot be found is one problem', async (texts, problem) => {
    expect(problemText(await loadTexts(texts))).toBe(problem);
  });

  test('a circle is named with its chain', async () => {
    const texts = {
      'compose.yml': 'services: {a: {extends: {file: b.yml, service: b}}}',
      'b.yml': 'services: {b: {extends: {file: compose.yml, service: a}}}',
    };
    expect(problemText(await loadTexts(texts))).toBe(
      'b.yml:1:25  error  services.b.extends: services extend each other in a circle: ' +
        'a (/srv/shop/compose.yml) → b (/srv/shop/b.yml) → a (/srv/shop/compose.yml)\n',
    );
  });

  test('a chain of hundreds is no matter', async () => {
    const services = Array.from({ length: 500 }, (_, at) =>
      at === 499 ? `  s${at}: {image: i}` : `  s${at}: {extends: s${at + 1}}`,
    );
    const result = await loadTexts({ 'compose.yml': `services:\n${services.join('\n')}\n` });
    expect(result.project?.services).toHaveLength(500);
  });
});
