import { dirname, join, resolve } from 'node:path';
import type { Lookup } from './interpolate.js';
import { STDIN, type ReadFile, type Session } from './session.js';

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

export interface FileRequest {
  /** As given with `-f`; empty: COMPOSE_FILE, or the default names in `start` and its parents. */
  readonly files: readonly string[];
  readonly cwd: string;
  /** Where default names are looked for, and upwards from there. */
  readonly start: string;
  readonly lookup: Lookup;
}

async function exists(file: string, readFile: ReadFile): Promise<boolean> {
  return (await readFile(file)).kind !== 'missing';
}

async function firstOf(files: readonly string[], readFile: ReadFile): Promise<string | undefined> {
  for (const file of files) {
    if (await exists(file, readFile)) return file;
  }
  return undefined;
}

async function defaults(start: string, readFile: ReadFile): Promise<readonly string[]> {
  for (let directory = start; ; directory = dirname(directory)) {
    const here = (names: readonly string[]): readonly string[] =>
      names.map((name) => join(directory, name));
    const file = await firstOf(here(NAMES), readFile);
    if (file !== undefined) {
      const overrides = NAMES.map((name) => name.replace(/\.(ya?ml)$/, '.override.$1'));
      const override = await firstOf(here(overrides), readFile);
      return override === undefined ? [file] : [file, override];
    }
    if (directory === dirname(directory)) return [];
  }
}

/** The Compose files of a load, absolute; empty when there are none, which is reported. */
export async function whichFiles(
  request: FileRequest,
  readFile: ReadFile,
  session: Session,
): Promise<readonly string[]> {
  const { lookup, cwd, start } = request;
  const variable = lookup('COMPOSE_FILE') ?? '';
  const separator = lookup('COMPOSE_PATH_SEPARATOR') ?? ':';
  const named = request.files.length > 0 ? request.files : variable.split(separator);
  const given = named.filter((file) => file !== '');
  if (given.length > 0) return given.map((file) => (file === STDIN ? STDIN : resolve(cwd, file)));
  const found = await defaults(start, readFile);
  if (found.length === 0) {
    session.findings.error(
      undefined,
      '',
      'there is no Compose file here or in a parent directory',
      `name one with -f, or call it ${NAMES[0]}`,
    );
  }
  return found;
}
