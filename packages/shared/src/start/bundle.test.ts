import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  BUNDLE_BEGINS,
  BUNDLE_ENDS,
  buildRecord,
  bundleFiles,
  compileBundle,
  isBundled,
  openBundle,
  originalStack,
  programFlags,
  runBundle,
} from './bundle.js';

let root: string;
let dist: string;

const bundled = (text: string): string => `${BUNDLE_BEGINS}${text}${BUNDLE_ENDS}`;
const record = (of: string): string => join(root, of, 'dist/.tsbuildinfo');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nap-bundle-'));
  dist = join(root, 'controller/dist');
  mkdirSync(join(dist, 'bundle'), { recursive: true });
  mkdirSync(join(root, 'shared/dist'), { recursive: true });
  writeFileSync(record('controller'), 'controller 1');
  writeFileSync(record('shared'), 'shared 1');
  const { code, builtFrom } = bundleFiles(dist);
  writeFileSync(
    code,
    bundled('exports.separator = require("node:path").sep; exports.file = __filename;'),
  );
  writeFileSync(builtFrom, buildRecord(dist));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

it('a bundle of this build is used', () => {
  expect(openBundle(dist)).toEqual({ separator: '/', file: bundleFiles(dist).code });
});

it.each([
  ['#!/usr/bin/env -S node --one --two=2', ['--one', '--two=2']],
  ['#!/usr/bin/env node', []],
  ['import { main } from "node --one";', []],
])('a program that begins with %s is started with %j', (first, flags) => {
  writeFileSync(join(dist, 'main.js'), `${first}\nrun();\n`);
  expect(programFlags(dist)).toEqual(flags);
});

it.each(['controller', 'shared'])('what tsc has built since in %s makes it stale', (part) => {
  writeFileSync(record(part), `${part} 2`);
  expect(isBundled(dist)).toBe(false);
  expect(openBundle(dist)).toBeUndefined();
});

it('a bundle that was not finished is not used', () => {
  rmSync(bundleFiles(dist).builtFrom);
  expect(openBundle(dist)).toBeUndefined();
});

it('without the records of tsc nobody knows of what build it is', () => {
  rmSync(record('shared'));
  expect(openBundle(dist)).toBeUndefined();
});

it('what V8 has compiled is taken, and refused when it is of other code', () => {
  const files = bundleFiles(dist);
  writeFileSync(files.codeCache, compileBundle(files).createCachedData());
  expect(compileBundle(files).cachedDataRejected).toBe(false);
  // V8 does not look at it for what it has just compiled.
  writeFileSync(files.code, bundled('exports.isOther = true;'));
  const script = compileBundle(files);
  expect(script.cachedDataRejected).toBe(true);
  expect(runBundle(script, files)).toEqual({ isOther: true });
});

it.each([
  ['cut short', (cache: Buffer) => cache.subarray(0, cache.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  ['no code cache at all', () => Buffer.from('nothing of V8')],
  ['of another version of V8', (cache: Buffer) => Buffer.from(cache).fill(1, 4, 8)],
])('what is there instead of what V8 has compiled is %s: the code is compiled', (_, broken) => {
  const files = bundleFiles(dist);
  writeFileSync(files.codeCache, broken(compileBundle(files).createCachedData()));
  expect(openBundle(dist)).toEqual({ separator: '/', file: files.code });
});

it('without what V8 has compiled, or where it cannot be read, the code is compiled', () => {
  const { code, codeCache } = bundleFiles(dist);
  expect(openBundle(dist)).toEqual({ separator: '/', file: code });
  // Read as a file it is an error, for root too.
  mkdirSync(codeCache);
  expect(openBundle(dist)).toEqual({ separator: '/', file: code });
});

describe('a stack', () => {
  const stack = (file: string): string => `Error: no\n    at go (${file}:1:1)\n    at node:fs:7:7`;

  beforeEach(() => {
    // The first column of the bundle is that of the third line of the source.
    const map = { version: 3, sources: ['../../src/go.ts'], names: [], mappings: 'AAEA' };
    writeFileSync(bundleFiles(dist).sourceMap, JSON.stringify(map));
  });

  it('names the file and line of the source', () => {
    const files = bundleFiles(dist);
    const source = join(dirname(dist), 'src/go.ts');
    expect(originalStack(stack(files.code), files)).toBe(
      `Error: no\n    at go (${source}:3:1)\n    at node:fs:7:7`,
    );
  });

  it('of something else stays as it is', () => {
    expect(originalStack(stack('/else.js'), bundleFiles(dist))).toBe(stack('/else.js'));
  });

  it('stays as it is where the map is not', () => {
    const files = bundleFiles(dist);
    rmSync(files.sourceMap);
    expect(originalStack(stack(files.code), files)).toBe(stack(files.code));
  });
});
