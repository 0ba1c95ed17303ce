import { canonicalJson, type ServiceSpec } from '@nap/shared';
import { specWords } from '../../output/compose-words.js';
import { fieldChanges } from '../../output/field-changes.js';
import { SERVICE_ATTRIBUTES } from '../attributes.js';
import type { LoadResult } from '../pipeline.js';
import type { ComposeModel } from '../render-config.js';
import {
  loadText,
  loadTexts,
  problemsOf,
  problemText,
  serviceOf,
  withService,
} from './load-texts.js';
import { exportedAndRead } from './round-trip.js';

function webOf({ model }: LoadResult): unknown {
  // Of a model without errors: services is a mapping.
  return (model?.['services'] as ComposeModel | undefined)?.['web'];
}

interface Read {
  readonly result: LoadResult;
  /** Of the service `web`, as `config` prints it. */
  readonly config: unknown;
  readonly service: ServiceSpec;
  readonly problems: string;
}

/** The service `web` that has these keys too, and must be without errors. */
async function read(keys: string, rest: string): Promise<Read> {
  const result = await loadText(withService(keys, rest));
  const service = result.project?.services.find(({ name }) => name === 'web');
  if (service === undefined) throw new Error(`no project:\n${problemText(result)}`);
  return { result, config: webOf(result), service, problems: problemText(result) };
}

const PLAIN_CONFIG = { command: null, entrypoint: null, image: 'i', networks: { default: null } };

/** Keys as a file has them; what `config` prints of them; what the container gets. An undefined one is not there. */
export type AttributeCase = readonly [yaml: string, config: object, container: object];

/** Each case reads without a word, and gives exactly this: all else is as in a service that has an image only. */
export function testForms(cases: readonly AttributeCase[], rest = ''): void {
  test.each(cases)('%s', async (yaml, config, container) => {
    const { service, ...got } = await read(yaml, rest);
    expect(got.problems).toBe('');
    expect(got.config).toEqual({ ...PLAIN_CONFIG, ...config });
    const plain = await serviceOf('');
    expect(service.container).toEqual({ ...plain.container, ...container });
    // Absent, not undefined: the spec hash counts the keys that are there.
    expect(Object.values(service.container)).not.toContain(undefined);
    expect(await exportedAndRead(got.result)).toEqual(got.result.project);
    // Whatever makes another container is told of, by the name that it has in a file.
    const changes = fieldChanges(specWords(plain.container), specWords(service.container));
    const isOther = canonicalJson(plain.container) !== canonicalJson(service.container);
    expect(changes.length > 0).toBe(isOther);
    const names = changes.map(({ field }) => field.split('.')[0] ?? '');
    expect(names.filter((name) => !Object.hasOwn(SERVICE_ATTRIBUTES, name))).toEqual([]);
    // To merge with a service that says nothing changes nothing.
    expect(await mergedConfig(yaml, '', rest)).toEqual(got.config);
    expect(await mergedConfig('', yaml, rest)).toEqual(got.config);
  });
}

/** Each case is refused with these words. */
export function testRefusals(cases: readonly (readonly [string, string])[], rest = ''): void {
  test.each(cases)('%s is refused', async (yaml, message) => {
    const problems = await problemsOf(yaml, rest);
    expect(problems).toContain(message);
    expect(problems).toContain('  error  ');
  });
}

/** What `config` prints of the service `web` of one file over another. */
export async function mergedConfig(base: string, over: string, rest = ''): Promise<unknown> {
  const texts = { 'compose.yml': withService(base, rest), 'over.yml': withService(over) };
  const result = await loadTexts(texts, { files: ['compose.yml', 'over.yml'] });
  return webOf(result) ?? problemText(result);
}
