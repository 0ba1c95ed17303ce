import fc from 'fast-check';
import { service } from './attributes.js';
import { mergeValues, stripMarks } from './merge.js';
import { mapNode, type Node } from './node.js';
import { Findings } from './findings.js';
import { parseYaml } from './parse-yaml.js';
import { readValue } from './shape.js';
import { loadTexts, problemText, withService } from './testing/load-texts.js';

/** What `web` runs, of two files. */
async function merged(base: string, over: string, rest = ''): Promise<Record<string, unknown>> {
  const result = await loadTexts(
    {
      'a.yml': withService(base, rest),
      'b.yml': withService(over).replace('    image: i\n', ''),
    },
    { files: ['a.yml', 'b.yml'] },
  );
  const [web] = result.project?.services ?? [];
  if (web === undefined) throw new Error(problemText(result));
  return { ...web, ...web.container };
}

describe('a second file', () => {
  test.each([
    ['command: [a]', 'command: []', { command: [] }],
    ['command: [a]', 'command: [b]', { command: ['b'] }],
    [
      'environment: [A=1, B=2]',
      'environment: {B: 3, C: 4}',
      { environment: { A: '1', B: '3', C: '4' } },
    ],
    ['environment: {A: 1}', 'environment: [A]', { environment: {} }],
    ['environment: {A: 1, B: 2}', 'environment: {A: !reset null}', { environment: { B: '2' } }],
    ['environment: {A: 1}', 'environment: !override {B: 2}', { environment: { B: '2' } }],
    ['labels: {a: 1, b: 1}', 'labels: [a=2]', { labels: { a: '2', b: '1' } }],
    ['restart: always', 'restart:', { restart: { condition: 'always' } }],
    ['restart: always', 'restart: !reset null', { restart: { condition: 'no' } }],
    ['hostname: a', 'hostname: b', { hostname: 'b' }],
    ['expose: [80]', 'expose: ["80", 81]', { expose: ['80/tcp', '81/tcp'] }],
    [
      'tmpfs: /a',
      'tmpfs: [/b, /a]',
      {
        mounts: [
          { type: 'tmpfs', target: '/a' },
          { type: 'tmpfs', target: '/b' },
        ],
      },
    ],
    [
      'extra_hosts: ["a:1.1.1.1"]',
      'extra_hosts: ["a:2.2.2.2", "a:1.1.1.1"]',
      { extraHosts: ['a:1.1.1.1', 'a:2.2.2.2'] },
    ],
    ['ports: ["80:80"]', 'ports: !reset []', { ports: [] }],
    [
      'ports: ["80:80"]',
      'ports: !override ["81:81"]',
      { ports: [{ target: 81, published: { from: 81, to: 81 }, protocol: 'tcp' }] },
    ],
    [
      'volumes: [/a:/x, /b:/y]',
      'volumes: ["/c:/x:ro"]',
      {
        mounts: [
          { type: 'bind', source: '/c', target: '/x', readOnly: true, createHostPath: true },
          { type: 'bind', source: '/b', target: '/y', createHostPath: true },
        ],
      },
    ],
    [
      'healthcheck: {test: [CMD, a], interval: 5s}',
      'healthcheck: {test: b}',
      { healthcheck: { test: ['CMD-SHELL', 'b'], intervalMs: 5000 } },
    ],
    [
      'deploy: {replicas: 2}',
      'deploy: {restart_policy: {condition: any}}',
      { replicas: 2, restart: { condition: 'always' } },
    ],
    ['networks: [default]', 'networks: {default: {aliases: [x]}}', { aliases: ['x'] }],
    [
      'networks: {default: {aliases: [y]}}',
      'networks: {default: {aliases: [x, y]}}',
      { aliases: ['y', 'x'] },
    ],
    ['privileged: true', 'privileged: !reset null', {}],
  ])('%s, then %s', async (base, over, expected) => {
    expect(await merged(base, over)).toMatchObject(expected);
  });

  test('ports are one when address, port, target and protocol are', async () => {
    const { ports } = await merged('ports: ["80:80", "81:81"]', 'ports: ["80:80", "82:81"]');
    expect(ports).toHaveLength(3);
  });

  test('depends_on in both forms merges by service', async () => {
    const rest = '  db: {image: i}\n  cache: {image: i}\n';
    const { dependencies } = await merged(
      'depends_on: [db]',
      'depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}}',
      rest,
    );
    expect(dependencies).toEqual([
      { service: 'db', condition: 'healthy', required: true },
      { service: 'cache', condition: 'started', required: true },
    ]);
  });

  test('several documents of one file merge in order', async () => {
    const text =
      'services: {web: {image: a, ports: ["80:80"]}}\n---\nservices: {web: {image: b, ports: !reset []}}\n';
    const result = await loadTexts({ 'compose.yml': text });
    expect(result.project?.services[0]?.container).toMatchObject({ image: 'b', ports: [] });
  });

  test('a whole service can be reset', async () => {
    const result = await loadTexts(
      {
        'a.yml': 'services: {web: {image: i}, db: {image: i}}',
        'b.yml': 'services: {db: !reset null}',
      },
      { files: ['a.yml', 'b.yml'] },
    );
    expect(result.project?.services.map(({ name }) => name)).toEqual(['web']);
  });
});

describe('merging', () => {
  const keys = [
    'image: a',
    'command: [x]',
    'environment: {A: 1}',
    'labels: [a=b]',
    'ports: ["80:80", 90]',
    'volumes: [/a:/b]',
    'deploy: {replicas: 2}',
    'healthcheck: {test: x}',
    'networks: [a, b]',
    'depends_on: [x]',
    'expose: [80]',
    'tmpfs: [/a]',
    'extra_hosts: {a: 1.1.1.1}',
    'x-a: {b: [1]}',
    'cap_add: [ALL]',
    'logging: {driver: x}',
  ];
  const findings = new Findings();
  const read = (lines: readonly string[]): Node => {
    const [node] = parseYaml(lines.join('\n'), 'f', findings);
    const context = { findings, baseDirectory: '/', lookup: () => undefined };
    return readValue(service, node ?? mapNode([], { file: 'f', line: 1, column: 1 }), '', context);
  };
  const services = fc.subarray(keys).map(read);
  const empty = mapNode([], { file: 'f', line: 1, column: 1 });
  const values = (node: Node): unknown =>
    JSON.parse(
      JSON.stringify(node, (key, value: unknown) => {
        if (key === 'place' || key === 'keyPlace') return undefined;
        return value instanceof Map ? [...value] : value;
      }),
    );

  test('with nothing changes nothing', () => {
    fc.assert(
      fc.property(services, (node) => {
        expect(values(mergeValues(service.merge, node, empty))).toEqual(values(node));
        expect(values(mergeValues(service.merge, empty, node))).toEqual(values(node));
        expect(stripMarks(node)).toEqual(node);
      }),
    );
  });

  test('keeps every key of both', () => {
    fc.assert(
      fc.property(services, services, (base, over) => {
        const result = mergeValues(service.merge, base, over);
        const keysOf = (node: Node): string[] =>
          node.kind === 'map' ? [...node.entries.keys()] : [];
        expect(new Set(keysOf(result))).toEqual(new Set([...keysOf(base), ...keysOf(over)]));
      }),
    );
  });
});
