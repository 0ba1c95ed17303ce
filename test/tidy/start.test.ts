import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * What a command loads keeps whoever typed it. Not a matter of time here but of what is reached by imports that are not
 * made late (`await import`): a new name in these lists has to be worth its weight at every start of such a command.
 */

const ROOT = join(import.meta.dirname, '../..');
const DOORS: Readonly<Record<string, string>> = { '@nap/shared': 'packages/shared/src/index.ts' };

/** Libraries, and how many files of nap. */
interface Loaded {
  readonly libraries: readonly string[];
  readonly files: number;
}

function loadedBy(...entries: readonly string[]): Loaded {
  const files = new Set<string>();
  const libraries = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    for (const name of importedBy(readFileSync(path, 'utf8'))) {
      if (name.startsWith('.')) visit(join(path, '..', name.replace(/\.js$/, '.ts')));
      else if (name.startsWith('@nap/')) visit(join(ROOT, doorOf(name)));
      else if (!name.startsWith('node:')) libraries.add(name);
    }
  };
  for (const entry of entries) visit(join(ROOT, 'packages', entry));
  return { libraries: [...libraries].sort(), files: files.size };
}

const doorOf = (name: string): string =>
  DOORS[name] ?? `packages/shared/src/${relative('@nap/shared', name)}/index.ts`;

/** Types are gone when it runs. */
function importedBy(text: string): readonly string[] {
  const imports = text.matchAll(/^(?:import|export) (?!type\b)(?:[^;']* from )?'([^']+)';/gm);
  const required = text.matchAll(/^const .*createRequire\(import\.meta\.url\)\('([^']+)'\)/gm);
  return [...imports, ...required].map(([, name = '']) => name);
}

it('before its bundle is there, a program loads one file', () => {
  expect(loadedBy('controller/src/main.ts')).toEqual({ libraries: [], files: 3 });
  expect(loadedBy('agent/src/main.ts')).toEqual({ libraries: [], files: 3 });
});

it('help loads the parser, and no command', () => {
  const { libraries, files } = loadedBy('controller/src/command-process.ts');
  expect(libraries).toEqual(['yargs']);
  expect(files).toBeLessThanOrEqual(45);
});

it('ps loads what it asks etcd with, what it reads and what it prints with', () => {
  const { libraries, files } = loadedBy(
    'controller/src/command-process.ts',
    'controller/src/commands/list.ts',
    'shared/src/store/index.ts',
  );
  expect(libraries).toEqual([
    '@grpc/grpc-js',
    'cockatiel',
    'etcd3',
    'fast-string-width',
    'picocolors',
    'yargs',
    'zod',
  ]);
  expect(files).toBeLessThanOrEqual(110);
});
