import { readFileSync } from 'node:fs';
import { createRequire, SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';

/**
 * A program and all that it loads as one file, which `npm run build` writes to `dist/bundle` (scripts/bundle.mjs, ADR 0014).
 * It starts with less than half of the work. Where there is none, or it is older than what tsc has written, the program is loaded file by file.
 */

/** Where the parts of the bundle of the package with this `dist` are. */
export interface BundleFiles {
  readonly code: string;
  /** V8's, of the Node that wrote it; another one refuses it, and compiles the code itself. */
  readonly codeCache: string;
  readonly sourceMap: string;
  readonly licences: string;
  /** What tsc knew of its input when the bundle was written. */
  readonly builtFrom: string;
}

export function bundleFiles(dist: string): BundleFiles {
  const directory = join(dist, 'bundle');
  return {
    code: join(directory, 'bundle.cjs'),
    codeCache: join(directory, 'bundle.cjs.cache'),
    sourceMap: join(directory, 'bundle.cjs.map'),
    licences: join(directory, 'LICENSES.txt'),
    builtFrom: join(directory, 'built-from'),
  };
}

/** What Node is to be started with: the flags of the program's first line. V8 takes a code cache with those alone that it was made with. */
export function programFlags(dist: string): readonly string[] {
  const [first = ''] = readFileSync(join(dist, 'main.js'), 'utf8').split('\n');
  const words = /^#!.* node (.*)$/.exec(first)?.[1]?.split(' ') ?? [];
  // Their end: what follows is the program's alone.
  return words.filter((word) => word !== '--');
}

/** The records of tsc, which hold a digest of every source file: of the package, and of what it shares with the others. */
export function buildRecord(dist: string): Buffer {
  const records = [dist, resolve(dist, '..', '..', 'shared', 'dist')];
  return Buffer.concat(records.map((directory) => readFileSync(join(directory, '.tsbuildinfo'))));
}

/** Runs the bundle's code; what it exports. Undefined where there is no bundle of this build. */
export function openBundle(dist: string): unknown {
  const files = bundleFiles(dist);
  return isBundled(dist) ? runBundle(compileBundle(files), files) : undefined;
}

export function isBundled(dist: string): boolean {
  try {
    return readFileSync(bundleFiles(dist).builtFrom).equals(buildRecord(dist));
  } catch {
    // Never bundled, or installed without the records: file by file it works in any case.
    return false;
  }
}

/** What Node puts around a CommonJS file: the file of a bundle has it already. */
export const BUNDLE_BEGINS = '(function (exports, require, module, __filename, __dirname) {';
export const BUNDLE_ENDS = '})';

/** What Node does with a CommonJS file, but for the code cache, which Node 20 takes here only. */
export function compileBundle({ code, codeCache }: BundleFiles): Script {
  const cachedData = readIfThere(codeCache);
  // The bundle is ASCII: read like this, and taken as it is, it stays outside of the heap.
  return new Script(readFileSync(code, 'latin1'), {
    filename: code,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

export function runBundle(script: Script, { code }: BundleFiles): unknown {
  const module = { exports: {} };
  // All of it is one function.
  const body = script.runInThisContext() as (...args: readonly unknown[]) => void;
  body(module.exports, createRequire(code), module, code, dirname(code));
  return module.exports;
}

/** A stack with the files and lines of the sources where it names those of the bundle. */
export function originalStack(stack: string, { code, sourceMap }: BundleFiles): string {
  if (!stack.includes(code)) return stack;
  const text = readIfThere(sourceMap);
  if (text === undefined) return stack;
  // Written by esbuild, beside the code.
  const payload = JSON.parse(text.toString('utf8')) as ConstructorParameters<typeof SourceMap>[0];
  const map = new SourceMap(payload);
  return stack.replaceAll(/(?<file>[^\s()]+):(?<line>\d+):(?<column>\d+)/g, (text, ...more) => {
    const { file, line, column } = more.at(-1) as Record<string, string>;
    if (file !== code) return text;
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return text;
    const source = resolve(dirname(sourceMap), entry.originalSource);
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
