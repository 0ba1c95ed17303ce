import { loadText, problemText } from './testing/load-texts.js';

describe('the v1 format', () => {
  test('named volumes need no declaration, links give the names of docker --link', async () => {
    const result = await loadText(
      'web: {image: i, volumes: ["data:/d"], links: ["db:store"]}\ndb: {image: i}\n',
    );
    expect(problemText(result)).toBe('');
    expect(result.project?.services[0]).toMatchObject({
      links: [{ service: 'db', alias: 'store', v1Names: true }],
      container: { mounts: [{ type: 'volume', name: 'shop_data', target: '/d' }] },
    });
  });

  test('a version and services of any name', async () => {
    const text = 'version: "1"\nvolumes: {image: i}\nservices: {image: i}\nnetworks: {image: i}\n';
    const result = await loadText(text);
    expect(result.project?.services.map(({ name }) => name)).toEqual([
      'volumes',
      'services',
      'networks',
    ]);
    const named = await loadText('version: {image: i}\n');
    expect(named.project?.services.map(({ name }) => name)).toEqual(['version']);
  });

  test('net is network_mode; bridge was the default and asks for nothing', async () => {
    const net = async (mode: string): Promise<unknown> => {
      const text = `web: {image: i, net: "${mode}"}\nbase: {image: i}\n`;
      const { project, problems } = await loadText(text);
      return project?.services[0]?.container.network ?? problems[0]?.message;
    };
    expect(await net('bridge')).toBeUndefined();
    expect(await net('host')).toBe('host');
    expect(await net('container:base')).toEqual({ service: 'base' });
    expect(await net('container:other')).toContain('names a container of one host');
  });

  test('log_driver and log_opt are logging', async () => {
    const result = await loadText('web: {image: i, log_driver: syslog, log_opt: {tag: web}}');
    expect(result.project?.services[0]?.container.logging).toEqual({
      driver: 'syslog',
      options: { tag: 'web' },
    });
  });

  test.each([
    ['web: {image: i, build: .}', 'a v1 service has either an image or a build'],
    ['web: {image: i, dockerfile: X}', 'a v1 service has either an image or a build'],
    ['web: {build: ., dockerfile: X}', 'nap builds no images, and the service names none'],
    [
      'web: {image: i, depends_on: [db]}\ndb: {image: i}',
      'services.web.depends_on: a file in the v1 format cannot have this key\n    put the services under a key "services:"',
    ],
    ['web: {image: i, portz: [80]}', 'services.web.portz: unknown key\n    did you mean "ports"?'],
    ['web: {image: i}\ndb: 5', 'services.db: must be a mapping, and is a number'],
    [
      'web: {image: i, links: [dbb]}\ndb: {image: i}',
      'services.web.links.dbb: there is no service "dbb"\n    did you mean "db"?',
    ],
  ])('%s', async (text, problem) => {
    expect(problemText(await loadText(text))).toContain(problem);
  });
});

describe("today's format", () => {
  test.each(['"2"', '"2.4"', '"3"', '"3.13"', '"9"', '3.8'])(
    'version %s has no meaning',
    async (version) => {
      const result = await loadText(`version: ${version}\nservices: {web: {image: i}}`);
      expect(result.problems).toEqual([]);
      expect(result.project?.services).toHaveLength(1);
    },
  );

  test.each([
    ['services:', 'services: is empty'],
    ['services: []', 'services: must be a mapping, and is a list'],
    ['services: {web: }', 'services.web: is empty'],
    ['services: {"a b": {image: i}}', '"a b" is not a name'],
    ['- a', 'a Compose file is a mapping of keys'],
    ['', 'the file is empty'],
    [
      'version: "3"\nweb: {image: i}',
      'web: unknown key\n    a service goes under the key "services:"',
    ],
    ['service: {web: {}}', 'service: unknown key\n    did you mean "services"?'],
  ])('%s', async (text, problem) => {
    expect(problemText(await loadText(text))).toContain(problem);
  });

  test.each([
    [
      'services:\nweb:\n  image: i\n  ports: ["80:80"]\n',
      'compose.yml:2:1  error  web: looks like a service, and stands at the top level, beside "services" in line 1\n' +
        '    indent it and what follows under "services:"\n',
    ],
    [
      'services:\n  web:\n    image: i\ndb:\n  image: i\nother: 1\n',
      'compose.yml:4:1  error  db: looks like a service, and stands at the top level, beside "services" in line 1\n' +
        '    indent it and what follows under "services:"\n' +
        'compose.yml:6:1  error  other: unknown key\n' +
        '    a service goes under the key "services:"; what is yours alone is called "x-…"\n',
    ],
    [
      'services:\n  web:\n  image: i\n  deploy:\n    labels: [a]\n  db:\n    image: i\n',
      'compose.yml:3:3  error  services.image: "image" is a key of a service, and stands where names of services stand\n' +
        '    indent it under "web:"\n' +
        'compose.yml:4:3  error  services.deploy: "deploy" is a key of a service, and stands where names of services stand\n' +
        '    indent it under "web:"\n',
    ],
    [
      'services:\n  web:\n    image: i\nports:\n  - "80:80"\n',
      'compose.yml:4:1  error  ports: "ports" is a key of a service, and stands at the top level\n    indent it under "web:"\n',
    ],
    [
      'version: "3"\nservices:\n  image: i\n',
      'compose.yml:3:3  error  services.image: "image" is a key of a service, and stands where names of services stand\n' +
        '    indent it under the name of its service\n',
    ],
  ])('too little indented: %j', async (text, problems) => {
    expect(problemText(await loadText(text))).toBe(problems);
  });

  test('a service may be called as a key of a service, a volume as one of the top level', async () => {
    const text = 'services: {image: {image: i}, init: {build: ., image: i}}\nvolumes: {image: {}}';
    const { project } = await loadText(text);
    expect(project?.services.map(({ name }) => name)).toEqual(['image', 'init']);
  });

  test('volumes alone make a project without services, which is said', async () => {
    expect(problemText(await loadText('volumes: {image: {driver: x}}'))).toBe(
      'compose.yml:1:1  warning  services: the file has no services\n    applying it removes all that runs\n',
    );
  });
});
