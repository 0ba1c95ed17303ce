import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What no lint rule says: words, and marks of unfinished work. */

const ROOT = join(import.meta.dirname, '../..');

const files = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => /\.(ts|mjs|cjs|sh)$/.test(path) && path !== 'test/tidy/source.test.ts')
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

function offenders(pattern: RegExp, among: (path: string) => boolean = () => true): string[] {
  return files
    .filter(({ path }) => among(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
    );
}

const isProduct = (path: string): boolean =>
  path.startsWith('packages/') && !path.includes('.test.');

it('no test is skipped or alone', () => {
  expect(offenders(/\b(it|test|describe)\.(only|skip|todo)\b|\bx(it|describe)\(/)).toEqual([]);
});

it('nothing is marked as unfinished', () => {
  expect(offenders(/\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
});

it('no catch is empty without a word why', () => {
  expect(offenders(/catch( \(\w+\))? \{\s*\}/)).toEqual([]);
});

it('no file is a drawer for everything', () => {
  const drawer = /(^|\/)(utils?|helpers?|common|misc|lib|manager)(\.ts|\/)/;
  expect(files.map(({ path }) => path).filter((path) => drawer.test(path))).toEqual([]);
});

it('key literals of etcd stand in keys.ts only', () => {
  const literal = /['"`](placements|names|reports|checks|volumes|hosts|projects)\/(\$\{|['"`])/;
  expect(offenders(literal, (path) => isProduct(path) && !path.endsWith('schema/keys.ts'))).toEqual(
    [],
  );
});

it('suppressions say why', () => {
  expect(offenders(/eslint-disable(?!.* -- )/)).toEqual([]);
  expect(offenders(/@ts-(ignore|nocheck)/)).toEqual([]);
});
