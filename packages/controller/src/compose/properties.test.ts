import fc, { type Parameters } from 'fast-check';
import { hasErrors, projectSchema } from '@nap/shared';
import { renderProblems } from '../output/problem-view.js';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import { renderConfig } from './index.js';
import { interpolate } from './interpolate.js';
import { loadText, loadTexts, withService } from './testing/load-texts.js';
import { exportedAndRead, sayable } from './testing/round-trip.js';

/** FUZZ=20 runs twenty times as many; a failure prints its seed and path, which FUZZ_SEED takes. */
const MORE = Number(process.env['FUZZ'] ?? 1);
const SEED = process.env['FUZZ_SEED'];

function runs<T>(numRuns: number): Parameters<T> {
  return { numRuns: numRuns * MORE, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
}

const PATIENCE_MS = 60_000 * MORE;

const ATTRIBUTES = Object.keys(SERVICE_ATTRIBUTES);

/** Values as users and their mistakes write them. */
const leaf = fc.oneof(
  fc.constantFrom(
    '80:80',
    'a:/b',
    './x:/y:ro',
    '10s',
    '64m',
    'KEY=value',
    'always',
    'db',
    '${A:-b}',
    '${',
    '$$',
    '',
    'NONE',
    'CMD',
    'service_healthy',
    'service:db',
    'container:db',
    'global-job',
    '/dev/a:/dev/b',
    'seccomp=x',
    'all',
    'host',
  ),
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.double(),
  fc.constant(null),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'v' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          'target',
          'source',
          'type',
          'condition',
          'replicas',
          'test',
          'path',
          'db',
          'default',
          'driver',
          'name',
          'external',
          'file',
          'content',
          'soft',
          'hard',
          'options',
          'capabilities',
          'command',
          'uid',
          'mode',
        ),
        fc.string({ maxLength: 4 }),
      ),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
}));
const service = fc.dictionary(fc.constantFrom(...ATTRIBUTES, 'x-a', 'nope'), value, { maxKeys: 6 });
const file = fc.record(
  {
    services: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.dictionary(fc.constantFrom('web', 'db', 'a b'), service, { maxKeys: 3 }),
      },
      { weight: 1, arbitrary: value },
    ),
    networks: value,
    volumes: value,
    name: value,
    version: value,
    include: value,
    secrets: value,
    configs: value,
  },
  { requiredKeys: ['services'] },
);

/** The characters that mean something in YAML, and some that do not. */
const CHARACTERS = Array.from('abi:-?#&*!|>%@`{}[],"\'\n\t $~<0.\u00e9\u{1f600}');

async function check(text: string): Promise<void> {
  const result = await loadText(text, { profiles: ['*'] });
  for (const problem of result.problems) {
    expect(problem.place).toMatchObject({ file: expect.any(String) as string });
    expect(problem.place?.line).toBeGreaterThan(0);
    expect(problem.place?.column).toBeGreaterThan(0);
  }
  expect(typeof renderProblems(result.problems)).toBe('string');
  expect(result.project === undefined).toBe(hasErrors(result.problems));
  expect(await exportedAndRead(result)).toEqual(sayable(result));
  if (result.project === undefined || result.model === undefined) return;
  expect(projectSchema.parse(result.project)).toEqual(result.project);
  const again = await loadText(renderConfig(result.model, 'yaml'), { profiles: ['*'] });
  expect(hasErrors(again.problems)).toBe(false);
  expect(again.model).toEqual(result.model);
  expect(again.project).toEqual(result.project);
}

describe('whatever a file says', () => {
  test(
    'loading never throws, every problem has a place, and a project fits its schema',
    async () => {
      await fc.assert(
        fc.asyncProperty(file, (tree) => check(JSON.stringify(tree))),
        runs(400),
      );
    },
    PATIENCE_MS,
  );

  test(
    'arbitrary text never throws',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({
            unit: fc.constantFrom(...CHARACTERS, '\n  ', ': ', '- ', '\nservices:\n', 'image: '),
            maxLength: 60,
          }),
          (text) => check(text),
        ),
        runs(1000),
      );
    },
    PATIENCE_MS,
  );

  test(
    'loading twice gives the same',
    async () => {
      await fc.assert(
        fc.asyncProperty(file, async (tree) => {
          const text = JSON.stringify(tree);
          expect(await loadText(text)).toEqual(await loadText(text));
        }),
        runs(50),
      );
    },
    PATIENCE_MS,
  );
});

/** Texts from the alphabet of a grammar: near misses are where parsers break. */
function textsOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 });
}

const GRAMMARS: Readonly<Record<string, (text: string) => string>> = {
  ports: (text) => `ports: [${text}]`,
  expose: (text) => `expose: [${text}]`,
  volumes: (text) => `volumes: [${text}]`,
  tmpfs: (text) => `tmpfs: ${text}`,
  stop_grace_period: (text) => `stop_grace_period: ${text}`,
  mem_limit: (text) => `mem_limit: ${text}`,
  command: (text) => `command: ${text}`,
  extra_hosts: (text) => `extra_hosts: [${text}]`,
  links: (text) => `links: [${text}]`,
  restart: (text) => `restart: ${text}`,
  environment: (text) => `environment: [${text}]`,
  image: (text) => `image: ${text}`,
  cpuset: (text) => `cpuset: ${text}`,
  cpu_period: (text) => `cpu_period: ${text}`,
  device_cgroup_rules: (text) => `device_cgroup_rules: [${text}]`,
  devices: (text) => `devices: [${text}]`,
  dns: (text) => `dns: [${text}]`,
  mac_address: (text) => `mac_address: ${text}`,
  network_mode: (text) => `network_mode: ${text}`,
  pid: (text) => `pid: ${text}`,
  platform: (text) => `platform: ${text}`,
  pull_policy: (text) => `pull_policy: ${text}`,
  secrets: (text) => `secrets: [{source: s, mode: ${text}}, {source: ${text}, uid: ${text}}]`,
  security_opt: (text) => `security_opt: [${text}]`,
  sysctls: (text) => `sysctls: [${text}]`,
  ulimits: (text) => `ulimits: {nofile: ${text}, nproc: {soft: ${text}, hard: ${text}}}`,
  volumes_from: (text) => `volumes_from: [${text}]`,
};

const pieces = textsOf(
  ...['0', '1', '80', '65535', '99999', '-', '--', ':', '::', '/', '.', '..', '~', ' ', '=', ','],
  ...[
    'tcp',
    'udp',
    'a',
    'web',
    'ro',
    'Z',
    '127.0.0.1',
    '[::1]',
    '[',
    ']',
    'h',
    'm',
    's',
    'ms',
    'k',
  ],
  ...['g', 'on-failure', "'", '"', '\\', '&&', '|', '$', '${', '}', ':-', '\u00e9', '\u{1f600}'],
);

describe('the grammars of values', () => {
  test.each(Object.keys(GRAMMARS))(
    '%s: any text is read or refused with its place',
    async (key) => {
      const write = GRAMMARS[key] ?? String;
      await fc.assert(
        fc.asyncProperty(pieces, (text) => check(withService(write(JSON.stringify(text))))),
        runs(150),
      );
    },
    PATIENCE_MS,
  );

  test(
    '.env files: any text is read or refused with its place',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          textsOf('A', 'B', '=', ':', '\n', ' ', '#', "'", '"', '\\', '$', '{', '}', '\r'),
          async (text) => {
            const result = await loadTexts({
              'compose.yml': withService('env_file: e.env'),
              'e.env': text,
            });
            for (const { place } of result.problems) expect(place?.line).toBeGreaterThan(0);
            expect(result.project === undefined).toBe(hasErrors(result.problems));
          },
        ),
        runs(500),
      );
    },
    PATIENCE_MS,
  );
});

describe('interpolation', () => {
  const template = textsOf(
    '$',
    '$$',
    '{',
    '}',
    '${',
    'A',
    'B',
    ':-',
    '-',
    ':+',
    '?',
    ' ',
    'x',
    '\n',
  );

  test('never throws, and says why when it fails', () => {
    fc.assert(
      fc.property(template, fc.string(), (text, value) => {
        const result = interpolate(text, (name) => (name === 'A' ? value : undefined));
        expect(result.kind === 'text' ? 'text' : result.message).not.toBe('');
      }),
      runs(2000),
    );
  });

  test('what comes from a variable is never evaluated', () => {
    fc.assert(
      fc.property(template, template, (before, value) => {
        const quoted = before.replaceAll('$', '$$$$');
        for (const form of ['$A', '${A}', '${A:-x}', '${B:-$A}', '${B-${A}}', '${A+$A}', '${A?}']) {
          const isEmpty = value === '' && form === '${A:-x}';
          // A name goes on as far as it can: something has to end it.
          const result = interpolate(`${quoted}${form} `, (name) =>
            name === 'A' ? value : undefined,
          );
          expect(result).toMatchObject({ text: `${before}${isEmpty ? 'x' : value} ` });
        }
      }),
      runs(500),
    );
  });

  test('doubled dollars are the text itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = interpolate(text.replaceAll('$', '$$$$'), () => 'never');
        expect(result).toEqual({ kind: 'text', text, unset: [] });
      }),
      runs(500),
    );
  });
});

test(
  'a file merged with one that says nothing is itself',
  async () => {
    await fc.assert(
      fc.asyncProperty(file, async (tree) => {
        const text = JSON.stringify(tree);
        const alone = await loadTexts({ 'compose.yml': text });
        const texts = { 'compose.yml': text, 'empty.yml': '{}' };
        for (const files of [
          ['compose.yml', 'empty.yml'],
          ['empty.yml', 'compose.yml'],
        ]) {
          const merged = await loadTexts(texts, { files });
          expect(merged.model).toEqual(alone.model);
          expect(merged.project).toEqual(alone.project);
          const isFirst = files[0] === 'compose.yml';
          if (isFirst) expect(merged.problems).toEqual(alone.problems);
        }
      }),
      runs(60),
    );
  },
  PATIENCE_MS,
);
