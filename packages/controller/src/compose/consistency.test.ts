import { loadText, problemText } from './testing/load-texts.js';

const problems = async (services: string): Promise<string> =>
  problemText(await loadText(`services:\n${services.replaceAll(/^/gm, '  ')}\n`));

describe('images', () => {
  test.each([
    [
      'web: {user: u}',
      'compose.yml:2:3  error  services.web: the service has no image\n    add image: NAME\n',
    ],
    ['web: {image: ""}', 'the service has no image'],
    ['web: {image: BOX}', 'services.web.image: "BOX" is not the name of an image'],
    ['web: {image: "a//b"}', '"a//b" is not the name of an image'],
    ['web: {image: "a b"}', 'services.web.image: "a b" is not the name of an image'],
    [
      'web: {build: .}',
      'compose.yml:2:9  error  services.web.build: nap builds no images, and the service names none\n    build and push the image first, then name it: image: REGISTRY/web\n',
    ],
    [
      'web: {build: ., image: i}',
      'warning  services.web.build: ignored: nap builds no images\n    build and push i before applying',
    ],
  ])('%s', async (services, expected) => {
    expect(await problems(services)).toContain(expected);
  });
});

describe('references', () => {
  test('a service that does not exist, or is off', async () => {
    expect(await problems('web: {image: i, depends_on: [dbb]}\ndb: {image: i}')).toBe(
      'compose.yml:2:32  error  services.web.depends_on.dbb: there is no service "dbb"\n    did you mean "db"?\n',
    );
    expect(
      await problems('web: {image: i, depends_on: [db]}\ndb: {image: i, profiles: [x]}'),
    ).toContain(
      'no active profile enables the service "db"\n    activate a profile of it with --profile',
    );
    const optional = 'depends_on: {db: {condition: service_started, required: false}}';
    expect(await problems(`web: {image: i, ${optional}}`)).toContain('there is no service "db"');
    expect(await problems(`web: {image: i, ${optional}}\ndb: {image: i, profiles: [x]}`)).toBe('');
    // A profile without a name is none.
    expect(
      await problems('web: {image: i, depends_on: [db]}\ndb: {image: i, profiles: [""]}'),
    ).toBe('');
  });

  test('healthy needs a healthcheck that is not switched off', async () => {
    const healthy = 'web: {image: i, depends_on: {db: {condition: service_healthy}}}\n';
    expect(await problems(`${healthy}db: {image: i, healthcheck: {disable: true}}`)).toContain(
      'compose.yml:2:48  error  services.web.depends_on.db.condition: db never becomes healthy: its healthcheck is disabled',
    );
    expect(await problems(`${healthy}db: {image: i, healthcheck: {test: [NONE]}}`)).toContain(
      'never becomes healthy',
    );
    expect(await problems(`${healthy}db: {image: i}`)).toBe('');
  });

  test('completed needs a service that ends', async () => {
    const done =
      'web: {image: i, depends_on: {job: {condition: service_completed_successfully}}}\n';
    expect(await problems(`${done}job: {image: i, restart: always}`)).toContain(
      'warning  services.web.depends_on.job.condition: job never completes',
    );
    expect(await problems(`${done}job: {image: i, restart: on-failure}`)).toBe('');
  });
});

describe('circles', () => {
  test('are named with the chain and the lines, links counted', async () => {
    expect(
      await problems(
        'a: {image: i, depends_on: [b]}\nb: {image: i, links: [c]}\nc: {image: i, depends_on: [a]}',
      ),
    ).toBe(
      'compose.yml:2:30  error  services.a.depends_on.b: services wait for each other in a circle: a → b → c → a\n' +
        '    break it in one place: a needs b (line 2), b needs c (line 3), c needs a (line 4)\n',
    );
    expect(await problems('a: {image: i, depends_on: [a]}')).toContain('in a circle: a → a');
  });

  test('each is reported once, and what only leads to one is not part of it', async () => {
    const services =
      'x: {image: i, depends_on: [a]}\na: {image: i, depends_on: [b]}\nb: {image: i, depends_on: [a]}\nc: {image: i, depends_on: [c]}';
    const text = await problems(services);
    expect(text.match(/in a circle: .*/g)).toEqual([
      'in a circle: a → b → a',
      'in a circle: c → c',
    ]);
  });

  test('a diamond is none', async () => {
    expect(
      await problems(
        'a: {image: i, depends_on: [b, c]}\nb: {image: i, depends_on: [d]}\nc: {image: i, depends_on: [d]}\nd: {image: i}',
      ),
    ).toBe('');
  });
});

describe('replicas and names', () => {
  test.each([
    ['a: {image: i, scale: 2, deploy: {replicas: 3}}', 'scale is 2 and deploy.replicas is 3'],
    ['a: {image: i, scale: 10001}', 'more than 10000 replicas'],
    ['a: {image: i, scale: 2, container_name: one}', '2 replicas cannot share one container name'],
    [
      'a: {image: i, container_name: one}\nb: {image: i, container_name: one}',
      'compose.yml:3:33  error  services.b.container_name: "one" is the container name of the service a too',
    ],
    [
      'a: {image: i}\nb: {image: i, container_name: shop-a-1}',
      '"shop-a-1" is the container name of the service a too',
    ],
  ])('%s', async (services, expected) => {
    expect(await problems(services)).toContain(expected);
  });

  test('what is equal or one is fine', async () => {
    expect(
      await problems(
        'a: {image: i, scale: 2, deploy: {replicas: 2}}\nb: {image: i, container_name: one}\nc: {image: i, container_name: shop-a-3}',
      ),
    ).toBe('');
  });
});

describe('mounts', () => {
  test.each([
    [
      'a: {image: i, volumes: [/a:/x], tmpfs: /x/}',
      'error  services.a.volumes: two mounts on /x: the other is in line 2',
    ],
  ])('%s', async (services, expected) => {
    expect(await problems(services)).toContain(expected);
  });

  test('the same line twice is one mount', async () => {
    expect(await problems('a: {image: i, volumes: [/a:/x, /a:/x]}')).toBe('');
  });
});

describe('ports', () => {
  test.each([
    [
      'a: {image: i, ports: ["80:80", "80:81"]}',
      'the host port 80/tcp is published twice, here and in line 2',
    ],
    ['a: {image: i, ports: ["80:80", "127.0.0.1:80:81"]}', 'published twice'],
    ['a: {image: i, ports: ["127.0.0.1:80:80", "127.0.0.1:80:81"]}', 'published twice'],
    ['a: {image: i, ports: ["80:80", "[::]:80:80"]}', 'published twice'],
    ['a: {image: i, ports: ["[::]:80:80", "[::1]:80:81"]}', 'published twice'],
    ['a: {image: i, ports: ["[::1]:80:80", "[0:0:0:0:0:0:0:1]:80:81"]}', 'published twice'],
  ])('%s', async (services, expected) => {
    expect(await problems(services)).toContain(expected);
  });

  test.each([
    'a: {image: i, ports: ["80:80", "80:80/udp", "81:80"]}',
    'a: {image: i, ports: ["127.0.0.1:80:80", "127.0.0.2:80:81"]}',
    'a: {image: i, ports: ["0.0.0.0:80:80", "[::]:80:80"]}',
    'a: {image: i, ports: ["80:80"], scale: 3}\nb: {image: i, ports: ["80:80"]}',
    'a: {image: i, ports: ["8000-8010:80", "8000-8010:81"]}',
  ])('%s is the matter of planning', async (services) => {
    expect(await problems(services)).toBe('');
  });
});

test('a project has a bounded number of services', async () => {
  const services = Array.from({ length: 1001 }, (_, at) => `s${at}: {image: i}`).join('\n');
  expect(await problems(services)).toContain('more than 1000 services');
});

test.each(['a//b', '../x', '-a', 'a b'])('%j is no name of a volume', async (name) => {
  const text = `services: {web: {image: i}}\nvolumes: {data: {name: "${name}"}}\n`;
  expect(problemText(await loadText(text))).toContain(`"${name}" is not the name of a volume`);
});
