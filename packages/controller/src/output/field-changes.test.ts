import { digestOf, instanceId, instanceSpec, type ContainerSpec } from '@nap/shared';
import { SERVICE_ATTRIBUTES } from '../compose/attributes.js';
import { project, service } from '../testing/builders.js';
import { durationWords, sizeWords, specWords } from './compose-words.js';
import { fieldChanges, fieldChangeText } from './field-changes.js';

type More = Partial<ContainerSpec>;

const spec = (more: More): ContainerSpec => ({
  ...instanceSpec(project(service('web')), service('web'), 1),
  ...more,
});

const texts = (before: More, after: More): readonly string[] =>
  fieldChanges(specWords(spec(before)), specWords(spec(after))).map(fieldChangeText);

const environment = (value: Record<string, string>): More => ({ environment: value });
const file = (kind: 'config' | 'secret', text: string): More => ({
  files: [
    { kind, target: '/run/it', digest: digestOf(Buffer.from(text)), uid: 0, gid: 0, mode: 0o444 },
  ],
});
const port = (published: number, target = 80): ContainerSpec['ports'][number] => ({
  target,
  published: { from: published, to: published },
  protocol: 'tcp',
});
const volume = (name: string): More => ({ mounts: [{ type: 'volume', name, target: '/data' }] });
const nfs = (o: string): More => ({
  mounts: [{ type: 'volume', name: 'a', target: '/data', driverOptions: { o } }],
});
const hook = (TOKEN: string): More => ({
  postStart: [{ command: ['./warm'], environment: { TOKEN } }],
});

describe('what differs between two specs', () => {
  it.each<[string, More, More, readonly string[]]>([
    ['nothing', {}, {}, []],
    ['the image', { image: 'web:1' }, { image: 'web:2' }, ['image: web:1 → web:2']],
    [
      'a command, as a whole',
      { command: ['a', 'b'] },
      { command: ['b', 'a'] },
      ['command: ["a","b"] → ["b","a"]'],
    ],
    ['a text that is empty', { user: 'x' }, { user: '' }, ['user: x → ""']],
    [
      'lines, in one',
      { domainname: 'x' },
      { domainname: 'a\n\u001B[31m' },
      ['domainname: x → a\\n\\u001b[31m'],
    ],
    [
      'variables, by name only',
      environment({ A: 'secret', B: 'secret', C: 'secret' }),
      environment({ B: 'hidden', C: 'secret', D: 'hidden' }),
      [
        'environment.A: removed (value not shown)',
        'environment.B: changed (value not shown)',
        'environment.D: added (value not shown)',
      ],
    ],
    ['labels', { labels: { 'a.b': '1' } }, { labels: { 'a.b': '2' } }, ['labels.a.b: 1 → 2']],
    ['a port', { ports: [port(80)] }, { ports: [port(81)] }, ['ports: 80:80 → 81:80']],
    [
      'ports, one by one',
      { ports: [port(80), port(443, 443)] },
      { ports: [port(443, 443), port(8080), port(9000, 9000)] },
      ['ports: removed 80:80', 'ports: added 8080:80', 'ports: added 9000:9000'],
    ],
    ['an added capability', {}, { capAdd: ['NET_ADMIN'] }, ['cap_add: added ["NET_ADMIN"]']],
    [
      'a capability besides others',
      { capAdd: ['KILL'] },
      { capAdd: ['KILL', 'CHOWN'] },
      ['cap_add: added CHOWN'],
    ],
    [
      'sizes and times as Compose writes them',
      { memoryBytes: 512 * 1024 ** 2, stopGracePeriodMs: 10_000 },
      { memoryBytes: 1024 ** 3, stopGracePeriodMs: 90_000 },
      ['mem_limit: 512m → 1g', 'stop_grace_period: 10s → 1m30s'],
    ],
    [
      'the fields of a healthcheck',
      { healthcheck: { test: ['CMD', 'true'], intervalMs: 5_000 } },
      { healthcheck: { test: ['CMD', 'true'], intervalMs: 500, retries: 2 } },
      ['healthcheck.interval: 5s → 500ms', 'healthcheck.retries: added 2'],
    ],
    [
      'the restart policy',
      { restart: { condition: 'no' } },
      { restart: { condition: 'always' } },
      ['restart.condition: no → always'],
    ],
    ['a volume', volume('a'), volume('b'), ['volumes./data.name: a → b']],
    [
      'options of a volume driver, by name only',
      nfs('password=secret'),
      nfs('password=hidden'),
      ['volumes./data.driver_options.o: changed (value not shown)'],
    ],
    [
      'what a config holds',
      file('config', 'secret'),
      file('config', 'hidden'),
      ['configs./run/it.content: changed (value not shown)'],
    ],
    [
      'a new secret',
      {},
      file('secret', 'hidden'),
      ['secrets./run/it.content: added (value not shown)'],
    ],
    [
      'a secret that becomes a config',
      file('secret', 'secret'),
      file('config', 'secret'),
      [
        'configs./run/it.content: added (value not shown)',
        'secrets./run/it.content: removed (value not shown)',
      ],
    ],
    [
      'variables of a hook',
      hook('secret'),
      hook('hidden'),
      ['post_start: changed (value not shown)'],
    ],
    [
      'a hook, without its variables',
      {},
      hook('hidden'),
      ['post_start: added [{"command":["./warm"],"environment":{"TOKEN":"(not shown)"}}]'],
    ],
    [
      'a partner',
      {},
      { network: { instance: instanceId('shop.db.1') } },
      ['network_mode.instance: added shop.db.1'],
    ],
    ['an empty mapping', {}, { healthcheck: {} }, ['healthcheck: added {}']],
    [
      'a long value, cut',
      { user: 'x' },
      { user: 'y'.repeat(200) },
      [`user: x → ${'y'.repeat(120)}…`],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(texts(before, after)).toEqual(expected);
    expect(
      JSON.stringify(fieldChanges(specWords(spec(before)), specWords(spec(after)))),
    ).not.toMatch(/secret"|hidden"|=secret|=hidden/);
  });

  it('fields are called as the attributes that end in them', () => {
    const words = Object.keys(
      specWords(
        spec({
          ...{ capAdd: [], cgroupNamespace: 'host', cpuQuotaUs: 1, domainname: 'x', init: true },
          ...{ shmSizeBytes: 1, pidsLimit: 1, dnsSearch: [], deviceRequests: [], macAddress: 'x' },
          ...{ userNamespace: 'host', utsNamespace: 'host', workingDir: '/', blkio: {} },
        }),
      ),
    );
    expect(words.filter((word) => !Object.hasOwn(SERVICE_ATTRIBUTES, word))).toEqual([]);
  });
});

it.each([
  [0, '0s'],
  [1, '1ms'],
  [1_500, '1s500ms'],
  [5_400_000, '1h30m'],
])('%d ms are %s', (ms, text) => {
  expect(durationWords(ms)).toBe(text);
});

it.each([
  [512, '512b'],
  [1536, '1536b'],
  [2048, '2k'],
  [3 * 1024 ** 3, '3g'],
])('%d bytes are %s', (bytes, text) => {
  expect(sizeWords(bytes)).toBe(text);
});
