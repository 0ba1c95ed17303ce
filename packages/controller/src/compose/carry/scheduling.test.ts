import { loadText, problemsOf, problemText, serviceOf } from '../testing/load-texts.js';

it('what a service asks of the scheduler is stored with it, in the words of nap', async () => {
  const service = await serviceOf(
    [
      'deploy:',
      '  placement:',
      '    constraints: [node.labels.disk == ssd, node.role == worker]',
      '    max_replicas_per_node: 2',
      '  resources: {reservations: {cpus: "0.5", memory: 1.5g}}',
      'x-nap:',
      '  strategy: random',
      '  seed: 7',
      '  apart_from: [db]',
      '  on_host_loss: wait',
      '  on_partition: {stop_after: 30s}',
    ].join('\n'),
    '  db:\n    image: i\n',
  );
  expect(service.scheduling).toEqual({
    constraints: [
      { key: 'node.labels.disk', operator: '==', value: 'ssd' },
      { key: 'node.role', operator: '==', value: 'worker' },
    ],
    maxPerHost: 2,
    reserves: { cpus: 0.5, memoryBytes: 1.5 * 1024 ** 3 },
    strategy: 'random',
    seed: '7',
    apartFrom: ['db'],
    onHostLoss: 'wait',
    onPartition: { stopAfterMs: 30_000 },
  });
});

it.each([
  ['devices: [{capabilities: [compute, gpu], count: 2}]', { gpu: 2 }],
  ['devices: [{capabilities: [gpu], device_ids: ["0", "3"]}]', { gpu: 2 }],
  ['devices: [{capabilities: [gpu]}]', { gpu: 'all' }],
  ['devices: [{capabilities: [tpu, fast], count: 1}]', { tpu: 1 }],
  ['generic_resources: [{discrete_resource_spec: {kind: SSD, value: 3}}]', { SSD: 3 }],
  [
    'devices: [{capabilities: [gpu], count: 1}], generic_resources: [{discrete_resource_spec: {kind: gpu, value: 1}}]',
    { gpu: 2 },
  ],
  ['devices: [{capabilities: [gpu], count: 1}, {capabilities: [gpu]}]', { gpu: 'all' }],
])('what is reserved of devices is counted by kind: %s', async (reservations, resources) => {
  const { scheduling } = await serviceOf(`deploy: {resources: {reservations: {${reservations}}}}`);
  expect(scheduling).toEqual({ reserves: { resources } });
});

it('a resource without a kind, or without a value, is a problem', async () => {
  const yaml = 'generic_resources: [{discrete_resource_spec: {kind: gpu}}]';
  const problems = await problemsOf(`deploy: {resources: {reservations: {${yaml}}}}`);
  expect(problems).toContain('a resource has a kind and a value');
});

it.each([
  '',
  'x-nap: {}',
  'x-nap:',
  'x-mine: {strategy: 5}',
  'deploy: {placement: {constraints: [], preferences: [], max_replicas_per_node: 0}}',
  'deploy: {resources: {reservations: {cpus: 0, memory: 0}}}',
])('a service that asks for nothing stores nothing: %s', async (yaml) => {
  expect(await serviceOf(yaml)).not.toHaveProperty('scheduling');
});

it('the file says what counts for all its services', async () => {
  const { project } = await loadText(
    [
      'x-nap: {strategy: binpack, on_partition: keep, apart_from: [a, b]}',
      'services: {a: {image: i}, b: {image: i}, c: {image: i}}',
    ].join('\n'),
  );
  expect(project?.scheduling).toEqual({ strategy: 'binpack', onPartition: 'keep' });
  expect(project?.services.map(({ scheduling }) => scheduling?.apartFrom)).toEqual([
    ['b'],
    ['a'],
    undefined,
  ]);
});

it.each([
  ['x-nap: {stratgy: spread}', 'services.web.x-nap.stratgy', 'did you mean "strategy"?'],
  ['x-nap: {strategy: tight}', 'services.web.x-nap.strategy', 'is not one of spread, binpack'],
  ['x-nap: {apart_from: [wep]}', 'services.web.x-nap.apart_from', 'did you mean "web"?'],
  ['x-nap: {apart_from: [web]}', 'services.web.x-nap.apart_from', 'max_replicas_per_node: 1'],
  ['x-nap: {on_partition: stop}', 'services.web.x-nap.on_partition', 'is not one of keep'],
  ['x-nap: {on_partition: {stop: 3s}}', 'services.web.x-nap.on_partition.stop', 'unknown key'],
  ['x-nap: 5', 'services.web.x-nap', 'must be a mapping'],
])('%s is a problem with its place', async (yaml, path, text) => {
  const problems = await problemsOf(yaml);
  expect(problems).toMatch(/^compose\.yml:4:\d+ {2}error {2}/);
  expect(problems).toContain(path);
  expect(problems).toContain(text);
});

it('typos at the top of the file are problems too', async () => {
  const result = await loadText('x-nap: {sead: 1, apart_from: [x]}\nservices: {web: {image: i}}\n');
  expect(problemText(result)).toContain('did you mean "seed"?');
  expect(problemText(result)).toContain('there is no service "x"');
});

it('placeholders are fine in a host name', async () => {
  const { container } = await serviceOf('hostname: "{{.Service.Name}}-{{.Task.Slot}}"');
  expect(container.hostname).toBe('{{.Service.Name}}-{{.Task.Slot}}');
  expect(await problemsOf('hostname: "{{.Nope}}"')).toContain('is not a host name');
});
