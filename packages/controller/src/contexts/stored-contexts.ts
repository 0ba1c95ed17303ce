import { mkdir, open, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LIMITS, messageOf, NapError } from '@nap/shared';
import { contextsPath, type Contexts } from './contexts.js';
import type { ContextProblem, LooseContexts } from './parse-contexts.js';

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface StoredContexts extends LooseContexts {
  readonly text: string;
  /** It holds a password, and others than its owner can read it. */
  readonly isExposed: boolean;
}

const OTHERS_READ = 0o044;

export const exposedText = (file: string): string =>
  `warning: ${file} holds a password and others can read it: chmod 600 ${file}`;

const isMissing = (err: unknown): boolean => (err as NodeJS.ErrnoException).code === 'ENOENT';

/** The contexts of whoever runs this; none where there is no file. Throws BAD_CONFIG with file, line and what to do. */
export async function readContexts(place: Place): Promise<StoredContexts> {
  const contexts = await readLoosely(place);
  await refuseProblems(contexts, contexts.problems);
  return contexts;
}

/** Throws BAD_CONFIG when there are any. */
export async function refuseProblems(
  { file }: Contexts,
  problems: readonly ContextProblem[],
): Promise<void> {
  if (problems.length === 0) return;
  const { rejectProblems } = await import('./parse-contexts.js');
  rejectProblems(problems, file);
}

/** As far as they can be read: for who lists them, and mends them. Throws BAD_CONFIG for what is no such file at all. */
export async function readLoosely({ env, cwd }: Place): Promise<StoredContexts> {
  const file = contextsPath(env, cwd);
  if (file === undefined) return { file: 'NAP_CONFIG', text: '', ...NONE };
  const { text, mode } = await readText(file);
  if (text === '') return { file, text, ...NONE };
  const { parseLoosely } = await import('./parse-contexts.js');
  const contexts = parseLoosely(text, file, env['HOME']);
  const hasPassword = [...contexts.byName.values()].some((it) => it['etcd-password'] !== undefined);
  return { ...contexts, text, isExposed: hasPassword && (mode & OTHERS_READ) !== 0 };
}

const NONE = { current: undefined, byName: new Map(), problems: [], isExposed: false };

async function readText(file: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    const handle = await open(file);
    try {
      const { mode, size } = await handle.stat();
      if (size > LIMITS.contextsFileBytes) {
        throw new Error(`it has ${size} bytes, more than the ${LIMITS.contextsFileBytes} allowed`);
      }
      return { text: await readFile(handle, 'utf8'), mode };
    } finally {
      await handle.close();
    }
  } catch (err) {
    if (isMissing(err)) return { text: '', mode: 0 };
    throw new NapError('BAD_CONFIG', `cannot read ${file}: ${messageOf(err)}`, {
      hint: 'check the file and its rights, or name another with NAP_CONFIG',
      cause: err,
    });
  }
}

/** Replaces the file in one step, so that nobody reads half of it. Only its owner can read it. Throws BAD_CONFIG. */
export async function writeContexts({ env, cwd }: Place, text: string): Promise<void> {
  const named = contextsPath(env, cwd);
  if (named === undefined) {
    throw new NapError('BAD_CONFIG', 'there is no home directory to keep contexts in', {
      hint: 'name a file with NAP_CONFIG',
    });
  }
  // It may be a link into somebody's collection of settings: that stays one.
  const file = await realpath(named).catch(() => named);
  const next = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, file);
  } catch (err) {
    await rm(next, { force: true }).catch(() => undefined);
    throw new NapError('BAD_CONFIG', `cannot write ${file}: ${messageOf(err)}`, {
      hint: 'check the rights of its directory, or name another file with NAP_CONFIG',
      cause: err,
    });
  }
}
