import { execFile } from 'node:child_process';
import { z } from 'zod';
import { NapError } from '@nap/shared';
import { parseJson } from './parse-json.js';
import type { HelperAnswer } from './registry-logins.js';

const DEADLINE_MS = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;
/** The words of Docker's own helpers when they have nothing. */
const NOTHING = /credentials not found/i;

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks one of Docker's credential helpers, a program on the PATH of the environment. Undefined when it knows no login for the server.
 * Throws REGISTRY_UNREACHABLE when it fails or takes too long; what it wrote is never part of the error.
 */
export async function askCredentialHelper(
  helper: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HelperAnswer | undefined> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) throw failed('Docker’s config.json names', 'an odd helper');
  const { output, failure } = await run(program, server, { ...env });
  if (failure !== undefined) {
    if (NOTHING.test(output)) return undefined;
    throw failed(program, failure);
  }
  const answer = answerSchema.safeParse(parseJson(output));
  if (!answer.success) throw failed(program, 'gave no login');
  const { Username, Secret } = answer.data;
  return { username: Username, secret: Secret };
}

const failed = (program: string, how: string): NapError =>
  new NapError('REGISTRY_UNREACHABLE', `${program} ${how}`);

interface Run {
  readonly output: string;
  readonly failure?: string;
}

function run(program: string, input: string, env: NodeJS.ProcessEnv): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ['get'],
      { env, timeout: DEADLINE_MS, killSignal: 'SIGKILL', maxBuffer: ANSWER_BYTES_MAX },
      (err, stdout) => {
        resolve({ output: stdout, ...(err === null ? {} : { failure: failureOf(err) }) });
      },
    );
    // One that ends without reading is told by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function failureOf(err: ExecError): string {
  if (err.code === 'ENOENT') return 'is not on this host';
  if (err.killed === true) return `took longer than ${DEADLINE_MS / 1000} s, or said too much`;
  return `failed with ${typeof err.code === 'number' ? `exit code ${err.code}` : 'a signal'}`;
}

interface ExecError {
  readonly code?: number | string | null | undefined;
  readonly killed?: boolean | undefined;
}
