import fc from 'fast-check';
import { hasErrors, projectSchema } from '@nap/shared';
import { renderProblems } from '../output/problem-view.js';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import { renderConfig } from './index.js';
import { loadText, loadTexts } from './testing/load-texts.js';

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
  if (result.project === undefined || result.model === undefined) return;
  expect(projectSchema.parse(result.project)).toEqual(result.project);
  const again = await loadText(renderConfig(result.model, 'yaml'), { profiles: ['*'] });
  expect(hasErrors(again.problems)).toBe(false);
}

describe('whatever a file says', () => {
  test('loading never throws, every problem has a place, and a project fits its schema', async () => {
    await fc.assert(
      fc.asyncProperty(file, (tree) => check(JSON.stringify(tree))),
      { numRuns: 400 },
    );
  }, 60_000);

  test('arbitrary text never throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.constantFrom(...CHARACTERS, '\n  ', ': ', '- ', '\nservices:\n', 'image: '),
          maxLength: 60,
        }),
        (text) => check(text),
      ),
      { numRuns: 1000 },
    );
  }, 60_000);

  test('a file that says nothing changes nothing, before or after it', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (tree) => {
        const texts = { 'compose.yml': JSON.stringify(tree), 'empty.yml': 'x-nothing: 1' };
        const alone = await loadTexts(texts);
        const after = await loadTexts(texts, { files: ['compose.yml', 'empty.yml'] });
        const before = await loadTexts(texts, { files: ['empty.yml', 'compose.yml'] });
        expect(after.project).toEqual(alone.project);
        expect(before.project).toEqual(alone.project);
        expect(after.problems).toEqual(alone.problems);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test('loading twice gives the same', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (tree) => {
        const text = JSON.stringify(tree);
        expect(await loadText(text)).toEqual(await loadText(text));
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});
