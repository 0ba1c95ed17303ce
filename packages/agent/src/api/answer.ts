import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isNapError, NapError, toApiError, LIMITS, type ErrorCode } from '@nap/shared';
import { z } from 'zod';

/** One request, as handlers see it. */
export interface Call {
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
  /** Containers that were found for the call, by id: what the engine calls them. Values: what people do. */
  readonly named: Map<string, string>;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  AGENT_DENIED: 403,
  NOT_FOUND: 404,
  DOCKER_NOT_FOUND: 404,
  IMAGE_NOT_FOUND: 404,
  DOCKER_CONFLICT: 409,
  CONFLICT: 409,
  BAD_INPUT: 400,
  USAGE: 400,
  DOCKER_UNAVAILABLE: 503,
  DOCKER_REFUSED: 422,
};

export function answerJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** The words of the engine with the instance in the place of a number of 64 digits. */
export function inNames(err: unknown, named: ReadonlyMap<string, string>): unknown {
  if (!isNapError(err)) return err;
  const message = [...named].reduce((text, [id, name]) => text.replaceAll(id, name), err.message);
  if (message === err.message) return err;
  const { code, hint, details } = err;
  return new NapError(code, message, {
    cause: err,
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** As a status where that is still possible; what has begun is broken off, so that nobody takes it for whole. */
export function answerError(response: ServerResponse, err: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = isNapError(err) ? (STATUS[err.code] ?? 502) : 500;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(toApiError(err)));
}

/** JSON, a line each, of all sources as they come; an error is the last line of its source. Ends with the last source. */
export async function answerLines(
  { response, signal }: Call,
  sources: readonly AsyncIterable<unknown>[],
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const write = async (value: unknown): Promise<void> => {
    if (response.write(`${JSON.stringify(value)}\n`) || signal.aborted) return;
    await once(response, 'drain', { signal });
  };
  const copy = async (source: AsyncIterable<unknown>): Promise<void> => {
    try {
      for await (const value of source) await write(value);
    } catch (err) {
      if (!signal.aborted) await write({ error: toApiError(err) });
    }
  };
  await Promise.all(sources.map(copy));
  response.end();
}

/** Throws BAD_INPUT naming what is wrong. Names that occur several times are lists. */
export function readQuery<T>(query: URLSearchParams, schema: z.ZodType<T>): T {
  const values = Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const all = query.getAll(name);
      return [name, all.length === 1 ? all[0] : all];
    }),
  );
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new NapError('BAD_INPUT', `wrong parameters: ${z.prettifyError(parsed.error)}`);
}

/** Throws BAD_INPUT. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > LIMITS.apiMessageBytes) throw new NapError('BAD_INPUT', 'the request is too large');
    parts.push(part);
  }
  return parseJson(Buffer.concat(parts).toString('utf8'), schema);
}

/** Throws BAD_INPUT. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : 'no JSON';
    throw new NapError('BAD_INPUT', `the request cannot be understood: ${why}`, { cause });
  }
}
