import { isAbsolute, join } from 'node:path';
import type { ServiceSpec } from '@nap/shared';
import { renderProblems } from '../../output/problem-view.js';
import { loadWith, type LoadRequest, type LoadResult } from '../pipeline.js';

/** Where the files of a test lie, without a disk. */
const PROJECT_DIRECTORY = '/srv/shop';

/** By name; bytes are for what is no text. */
export type Texts = Readonly<Record<string, string | Uint8Array>>;

/** Loads `compose.yml` and whatever else of `texts`; the project is called `shop`. Relative names lie in /srv/shop. */
export async function loadTexts(
  texts: Texts,
  request: Partial<LoadRequest> = {},
): Promise<LoadResult> {
  const files = new Map(
    Object.entries(texts).map(([name, text]) => [
      isAbsolute(name) ? name : join(PROJECT_DIRECTORY, name),
      typeof text === 'string' ? new TextEncoder().encode(text) : text,
    ]),
  );
  const wanted = { files: ['compose.yml'], cwd: PROJECT_DIRECTORY, env: {}, ...request };
  return loadWith(wanted, (path) => {
    const bytes = files.get(path);
    return Promise.resolve(bytes === undefined ? { kind: 'missing' } : { kind: 'bytes', bytes });
  });
}

export async function loadText(
  text: string,
  request: Partial<LoadRequest> = {},
): Promise<LoadResult> {
  return loadTexts({ 'compose.yml': text }, request);
}

/** Problems as a person sees them. */
export function problemText(result: LoadResult): string {
  return renderProblems(result.problems);
}

function indented(yaml: string): string {
  return yaml
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}

/** A file with one service `web` of image `i` that has these keys too. */
export function withService(keys: string, rest = ''): string {
  return `services:\n  web:\n    image: i\n${indented(keys)}${rest}`;
}

/** The one service of a file that must be without errors. */
export async function serviceOf(keys: string, rest = ''): Promise<ServiceSpec> {
  const result = await loadText(withService(keys, rest));
  const service = result.project?.services.find(({ name }) => name === 'web');
  if (service === undefined) throw new Error(`no project:\n${problemText(result)}`);
  return service;
}

/** The problems of a file with one service, as text. */
export async function problemsOf(keys: string, rest = ''): Promise<string> {
  return problemText(await loadText(withService(keys, rest)));
}
