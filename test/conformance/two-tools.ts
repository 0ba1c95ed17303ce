import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli } from '@nap/controller';
import { systemClock } from '@nap/shared/runtime';
import type { Case } from './corpus.js';

/** What a tool says: what it prints, or that it refuses, and why. */
export interface Answer {
  readonly isAccepted: boolean;
  readonly out: string;
  readonly err: string;
}

/** The path of the reference. Throws where it cannot be had; the script says what is in the way. */
export function fetchReference(): string {
  const script = join(import.meta.dirname, 'fetch-reference');
  return execFileSync(script, { encoding: 'utf8', timeout: 300_000 }).trim();
}

/** Writes the files of a case where both tools find them; resolves with the directory, which is called `shop`. */
export async function layOut(files: Case['files']): Promise<string> {
  const directory = join(await mkdtemp(join(tmpdir(), 'nap-conformance-')), 'shop');
  await mkdir(directory);
  for (const [name, text] of files) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return directory;
}

const HOME = '/home/alice';

export function askReference(program: string, one: Case, directory: string): Promise<Answer> {
  const args = [...one.flags, 'config', ...one.configFlags];
  const env = { PATH: process.env['PATH'], HOME, ...one.env };
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd: join(directory, one.cwd), env, timeout: 20_000 },
      (failed, out, err) => {
        resolve({ isAccepted: failed === null, out, err });
      },
    );
  });
}

/** A file that nap can read but not honour is accepted here too: only apply refuses it. */
export async function askNap(one: Case, directory: string): Promise<Answer> {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    readStdin: () => Promise.resolve(''),
    streams: { input: process.stdin, output: process.stdout, errors: process.stderr },
    signal: new AbortController().signal,
    clock: systemClock,
    env: { HOME, ...one.env },
    cwd: join(directory, one.cwd),
    user: 'alice@ops1',
  };
  const argv = ['config', ...one.flags, ...one.configFlags];
  let isRefused = false;
  try {
    await runCli(argv, context, '0.0.0');
  } catch (cause) {
    isRefused = true;
    err.push(String(cause));
  }
  return { isAccepted: !isRefused, out: out.join('\n'), err: err.join('\n') };
}
