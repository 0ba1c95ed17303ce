import { SERVICE_ATTRIBUTES } from './attributes.js';
import { loadText, problemsOf, problemText, withService } from './testing/load-texts.js';

describe('what nap does not honour is named with its place', () => {
  test.each([
    'network_mode: container:x',
    'network_mode: mine',
    'pid: container:x',
    'ipc: mine',
    'uts: mine',
    'userns_mode: mine',
    'volumes_from: ["container:x"]',
    'pull_policy: build',
    'pull_policy: refresh',
    'pre_start: [{command: x}]',
    'volumes: [{type: npipe, source: a, target: /b}]',
    'credential_spec: {file: x}',
    'use_api_socket: true',
    'provider: {type: x}',
    'models: [x]',
  ])('%s is refused', async (yaml) => {
    const [key] = yaml.split(':');
    expect(await problemsOf(yaml)).toMatch(
      new RegExp(`compose.yml:4:\\d+  error  services.web.${key ?? ''}`),
    );
  });

  test.each([
    'attach: false',
    'develop: {watch: []}',
    'cpu_count: 2',
    'deploy: {labels: [a=b]}',
    'deploy: {restart_policy: {window: 5s}}',
  ])('%s is ignored with a warning', async (yaml) => {
    expect(await problemsOf(yaml)).toMatch(
      /^compose\.yml:4:\d+ {2}warning {2}services\.web\.[a-z_.]+: ignored: /,
    );
  });

  test.each([
    'privileged: false',
    'cap_add: []',
    'init: false',
    'tty: "no"',
    'pull_policy: missing',
    'pids_limit: -1',
    'deploy: {mode: replicated, placement: {constraints: []}, resources: {}}',
    'isolation: default',
    'x-mine: {a: [1]}',
  ])('%s asks for nothing', async (yaml) => {
    expect(await problemsOf(yaml)).not.toContain('error');
    expect(await problemsOf(yaml)).not.toContain('ignored');
  });

  test('an unknown key has a hint', async () => {
    expect(await problemsOf('imge: x')).toBe(
      'compose.yml:4:5  error  services.web.imge: unknown key\n    did you mean "image"?\n',
    );
    expect(await problemsOf('zzzzzz: x')).toContain('remove it, or prefix it with "x-"');
    expect(await problemsOf('deploy: {replcas: 2}')).toContain('did you mean "replicas"?');
    expect(await problemsOf('constructor: x')).toContain('unknown key');
    expect(await problemsOf('__proto__: x')).toContain('unknown key');
  });

  test('secrets at the top level are fine while no service uses them', async () => {
    expect(
      problemText(await loadText('services: {a: {image: i}}\nsecrets: {s: {file: x}}\n')),
    ).toBe('');
  });
});

test('the table has every attribute of the specification and the old ones', () => {
  expect(Object.keys(SERVICE_ATTRIBUTES)).toHaveLength(95);
  expect(Object.keys(SERVICE_ATTRIBUTES)).toEqual(Object.keys(SERVICE_ATTRIBUTES).sort());
});

describe('what nap does with each key', () => {
  const text = [
    'services:',
    '  web:',
    '    image: i',
    '    build: .',
    '    ports: ["80:80"]',
    '    credential_spec: {file: x}',
    '    privileged: false',
    '    attach: true',
    '  off: {image: i, attach: true, profiles: [x]}',
  ].join('\n');
  const verdicts = async (isStrict: boolean): Promise<readonly string[]> =>
    (await loadText(text, { isStrict })).support.map(
      ({ verdict, path, place }) => `${verdict} ${path} ${place.line}:${place.column}`,
    );

  test('is said for every key that is written, of the services that will run', async () => {
    expect(await verdicts(false)).toEqual([
      'honoured services 1:1',
      'honoured services.web.image 3:5',
      'ignored services.web.build 4:5',
      'honoured services.web.ports 5:5',
      'refused services.web.credential_spec 6:5',
      'honoured services.web.privileged 7:5',
      'ignored services.web.attach 8:5',
    ]);
  });

  test('a key is honoured, or a part of it is refused, and not both', async () => {
    const keys = 'tmpfs: ["/a:fast", "/b:slow", /c]\npid: "container:x"\nuts: host\nsecrets: [s]';
    const { support } = await loadText(withService(keys, 'secrets: {s: {file: ./nowhere}}'));
    expect(support.slice(2).map(({ verdict, path, why }) => [verdict, path, why])).toEqual([
      ['refused', 'services.web.pid', expect.stringContaining('names a container of one host')],
      ['honoured', 'services.web.uts', undefined],
      ['honoured', 'services.web.secrets', undefined],
      ['honoured', 'secrets', undefined],
      ['refused', 'services.web.tmpfs', expect.stringContaining('"fast"')],
      ['refused', 'services.web.tmpfs', expect.stringContaining('"slow"')],
      ['refused', 'secrets.s.file', 'cannot read /srv/shop/nowhere: there is no such file'],
    ]);
  });

  test('strictly: what would be ignored is refused', async () => {
    const changed = (await verdicts(true)).filter((line) => line.startsWith('refused'));
    expect(changed.map((line) => line.split(' ')[1])).toEqual([
      'services.web.build',
      'services.web.credential_spec',
      'services.web.attach',
    ]);
    expect(problemText(await loadText(text, { isStrict: true }))).toContain(
      'compose.yml:8:5  error  services.web.attach: nap would ignore it: it is about the output of docker compose up\n' +
        '    remove it, or go without --strict\n',
    );
  });
});
