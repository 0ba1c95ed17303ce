import { stat } from 'node:fs/promises';
import { basename, dirname, posix, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  API_HEADER,
  apiPaths,
  isNapError,
  NapError,
  pathStatSchema,
  type InstanceId,
  type PathStat,
} from '@nap/shared';
import tar from 'tar-fs';
import { z } from 'zod';
import type { AgentClient } from './agent-client.js';

/** A path in the container of an instance. */
export interface Inside {
  readonly client: AgentClient;
  readonly instance: InstanceId;
  readonly path: string;
}

/** `a/.` means what is in `a`, as with docker cp. */
const isContent = (path: string): boolean => /(^|\/)\.$/.test(path);

/**
 * To a local path; into it where it is a directory. Resolves with the links that were left out because they lead out of what
 * is copied. Throws NOT_FOUND, BAD_INPUT.
 */
export async function copyOut(
  from: Inside,
  to: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await openArchive(from, signal);
  const target = await localKind(to);
  const goesInside = target === 'directory';
  if (
    target === 'missing' &&
    (to.endsWith('/') || (await localKind(dirname(resolve(to)))) !== 'directory')
  ) {
    answer.destroy();
    throw new NapError('NOT_FOUND', `no directory ${to.endsWith('/') ? to : dirname(to)} here`);
  }
  const keepsName = goesInside && !isContent(from.path);
  // The archive's first part is the name of what was asked for: here it gets the name that it was given, or none.
  const rename = (name: string): string => {
    const rest = name.split('/').slice(1).join('/');
    const first = goesInside ? '.' : basename(resolve(to));
    return keepsName ? name : rest === '' ? first : `${first}/${rest}`;
  };
  const into = goesInside ? resolve(to) : dirname(resolve(to));
  return unpack(from, answer, into, rename);
}

/** As the library takes them; its types do not know of owners and links. */
interface Header extends tar.Headers {
  readonly linkname?: string;
}
interface ExtractOptions {
  readonly chown: boolean;
  readonly map: (header: Header) => Header;
  readonly ignore: (name: string, header?: Header) => boolean;
}

async function unpack(
  { client }: Inside,
  archive: Readable,
  into: string,
  rename: (name: string) => string,
): Promise<readonly string[]> {
  const leftOut: string[] = [];
  const options: ExtractOptions = {
    // They belong to whoever copies.
    chown: false,
    map: (header) => ({
      ...header,
      name: rename(header.name),
      ...(header.type === 'link' ? { linkname: rename(header.linkname ?? '') } : {}),
    }),
    ignore: (name, header) => {
      const leadsOut =
        header?.type === 'symlink' &&
        !isWithin(into, resolve(dirname(name), header.linkname ?? ''));
      if (leadsOut) leftOut.push(header.name);
      return leadsOut;
    },
  };
  const extract = tar.extract(into, options);
  try {
    await pipeline(archive, extract);
  } catch (err) {
    throw isNodeError(err) ? localProblem(err) : client.brokenOff(err);
  }
  return leftOut;
}

const isWithin = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

/** As it comes, to a stream. */
export async function writeOut(from: Inside, to: Writable, signal: AbortSignal): Promise<void> {
  const answer = await openArchive(from, signal);
  await pipeline(answer, to, { end: false });
}

/** A local file or directory to a path in a container; into it where that is a directory. Throws NOT_FOUND, BAD_INPUT. */
export async function copyIn(from: string, to: Inside, signal: AbortSignal): Promise<void> {
  const kind = await localKind(from);
  if (kind === 'missing') throw new NapError('NOT_FOUND', `no file ${from} here`);
  const there = await statInside(to, signal);
  if (there === undefined && to.path.endsWith('/')) {
    throw new NapError('NOT_FOUND', `${to.instance} has no directory ${to.path}`);
  }
  if (kind === 'directory' && there?.isDirectory === false) {
    throw new NapError(
      'BAD_INPUT',
      `${to.path} in ${to.instance} is a file, ${from} is a directory`,
    );
  }
  const goesInside = there?.isDirectory === true;
  const source = resolve(from);
  const name = !goesInside ? posix.basename(to.path) : isContent(from) ? '.' : basename(source);
  const archive = tar.pack(kind === 'directory' ? source : dirname(source), {
    ...(kind === 'directory' ? {} : { entries: [basename(source)] }),
    // As with docker cp, what arrives belongs to root.
    map: (header) => ({
      ...header,
      ...{ uid: 0, gid: 0 },
      name: kind === 'file' ? name : posix.join(name, header.name),
    }),
  });
  await readIn(archive, { ...to, path: goesInside ? to.path : posix.dirname(to.path) }, signal);
}

/** A tar archive, unpacked in a directory that there is. */
export async function readIn(archive: Readable, to: Inside, signal: AbortSignal): Promise<void> {
  const { client, instance, path } = to;
  const call = { method: 'PUT', path: apiPaths.archive, query: { instance, path } } as const;
  // The answer comes when all is there, and that takes as long as it takes.
  await client.json({ ...call, body: archive, signal, withinMs: COPY_WITHIN_MS }, z.object({}));
}

const COPY_WITHIN_MS = 24 * 3_600_000;

async function openArchive(
  { client, instance, path }: Inside,
  signal: AbortSignal,
): Promise<Readable> {
  const query = { instance, path };
  return client.call({ method: 'GET', path: apiPaths.archive, query, signal });
}

async function statInside(to: Inside, signal: AbortSignal): Promise<PathStat | undefined> {
  const { client, instance, path } = to;
  const query = { instance, path };
  try {
    const { headers } = await client.call({
      method: 'HEAD',
      path: apiPaths.archive,
      query,
      signal,
    });
    const text = headers[API_HEADER.stat];
    return pathStatSchema.parse(JSON.parse(decodeURIComponent(String(text))));
  } catch (err) {
    // An answer without a body says no more than this; if there is no container, what follows says so.
    if (isNapError(err, 'NOT_FOUND')) return undefined;
    throw err;
  }
}

async function localKind(path: string): Promise<'file' | 'directory' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch (err) {
    if (isNodeError(err) && (err.code === 'ENOENT' || err.code === 'ENOTDIR')) return 'missing';
    throw isNodeError(err) ? localProblem(err) : err;
  }
}

/** No `instanceof`: under a test runner these errors may be of another realm. */
const isNodeError = (err: unknown): err is NodeJS.ErrnoException =>
  typeof err === 'object' && err !== null && 'syscall' in err && 'path' in err;

const localProblem = (err: NodeJS.ErrnoException): NapError =>
  new NapError('BAD_INPUT', `cannot read or write here: ${err.message}`, { cause: err });
