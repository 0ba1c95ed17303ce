import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isProjectName, LIMITS, messageOf, NapError, STRATEGIES } from '@nap/shared';
import { z } from 'zod';
import { cannotWrite } from './cannot-write.js';
import type { ExpectedPlan } from '../plan/expected-plan.js';

/** Of the file. A reader refuses newer ones. */
const VERSION = 1;
const KIND = 'nap-plan';

const countersSchema = z.record(z.string(), z.int().positive());

/** What the plan was asked for with: `apply` reads the same files again, and asks for the same. */
const askedSchema = z.strictObject({
  /** Where the files are looked for. */
  directory: z.string(),
  files: z.array(z.string()),
  profiles: z.array(z.string()).exactOptional(),
  envFiles: z.array(z.string()).exactOptional(),
  projectDirectory: z.string().exactOptional(),
  isStrict: z.boolean(),
  scale: z.array(z.string()),
  strategy: z.enum(STRATEGIES).exactOptional(),
  prune: z.boolean(),
  pull: z.enum(['policy', 'always', 'missing', 'never']),
  /** Counters of the services that are to be recreated, and of those whose images are to be looked for. */
  forced: countersSchema,
  refresh: countersSchema,
});

const expectedSchema = z.strictObject({
  cluster: z.string().exactOptional(),
  baseRevision: z.int().nonnegative(),
  baseDigest: z.string(),
  revision: z.int().nonnegative(),
  projectDigest: z.string(),
  serviceDigests: z.record(z.string(), z.string()),
  hosts: z.record(z.string(), z.string()),
  changes: z.array(
    z.strictObject({
      subject: z.string(),
      digest: z.string(),
      before: z.string().exactOptional(),
      text: z.string(),
    }),
  ),
});

const planFileSchema = z.strictObject({
  kind: z.literal(KIND),
  v: z.literal(VERSION),
  project: z.string().refine(isProjectName),
  madeBy: z.string(),
  madeAtMs: z.number(),
  /** Text, as it may not fit a number. */
  etcdRevision: z.string(),
  asked: askedSchema,
  expected: expectedSchema,
  /** What `plan --format json` prints, for people and scripts: what is carried out is planned anew, and compared. */
  shown: z.unknown(),
});

export type PlanFile = z.infer<typeof planFileSchema>;
export type AskedOfPlan = z.infer<typeof askedSchema>;

export type NewPlanFile = Omit<PlanFile, 'kind' | 'v' | 'expected'> & {
  readonly expected: ExpectedPlan;
};

/** Writes it whole or not at all, readable by its owner only. */
export async function writePlanFile(cwd: string, path: string, plan: NewPlanFile): Promise<void> {
  const text = `${JSON.stringify({ kind: KIND, v: VERSION, ...plan }, undefined, 2)}\n`;
  const absolute = resolve(cwd, path);
  const beside = join(dirname(absolute), `.${basename(absolute)}.${randomUUID()}`);
  try {
    refuseSize(Buffer.byteLength(text));
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, absolute);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cannotWrite('--out', path, cause);
  }
}

function refuseSize(bytes: number): void {
  if (bytes <= LIMITS.planFileBytes) return;
  throw new RangeError(`it has ${bytes} bytes, more than the ${LIMITS.planFileBytes} of a plan`);
}

/** Throws BAD_INPUT for what is no plan file, or one of a newer nap. */
export async function readPlanFile(cwd: string, path: string): Promise<PlanFile> {
  const value = parse(path, await readText(path, resolve(cwd, path)));
  const { v } = z.looseObject({ v: z.unknown() }).catch({ v: undefined }).parse(value);
  if (typeof v === 'number' && v > VERSION) {
    throw new NapError('BAD_INPUT', `${path} is of version ${v}, this nap reads ${VERSION}`, {
      hint: 'a newer nap wrote it: make the plan and carry it out with the same one',
    });
  }
  const result = planFileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new NapError('BAD_INPUT', `${path} is no plan of nap`, {
    cause: result.error,
    hint: 'make one with nap-controller plan -o FILE',
  });
}

async function readText(path: string, absolute: string): Promise<string> {
  try {
    refuseSize((await stat(absolute)).size);
    return await readFile(absolute, 'utf8');
  } catch (cause) {
    throw new NapError('BAD_INPUT', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      hint: 'make one with nap-controller plan -o FILE',
    });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NapError('BAD_INPUT', `${path} is no plan of nap: it is not JSON`, {
      cause,
      hint: 'make one with nap-controller plan -o FILE; Compose files go without --plan-file',
    });
  }
}
