import { pipeline } from 'node:stream/promises';
import {
  API_HEADER,
  apiPaths,
  FRAME,
  instanceIdSchema,
  SIGNAL,
  specHashSchema,
  toApiError,
  type HostId,
  type InstanceId,
  type OwnContainer,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import { z } from 'zod';
import type { Pulse } from '../docker/engine-pulse.js';
import { frame } from '../docker/frame-lines.js';
import type { OperatorPort } from '../docker/operator-port.js';
import type { OneOffs } from '../one-offs/one-offs.js';
import { answerJson, answerLines, readJson, readQuery, type Call } from './answer.js';
import { findContainer, pickContainer } from './find-container.js';

export interface RouteParts {
  readonly host: HostId;
  readonly version: string;
  readonly docker: OperatorPort;
  /** With what this host knows of the registry; ends when the image is here. */
  readonly pull: (image: string, signal: AbortSignal) => Promise<void>;
  /** Absent: this agent starts none. */
  readonly oneOffs?: Pick<OneOffs, 'open'>;
  /** Absent: nobody asks whether the engine answers at all. */
  readonly pulse?: Pick<Pulse, 'problem'>;
  readonly log: Log;
}

export type Handler = (call: Call, parts: RouteParts) => Promise<void>;

const oneInstance = z.object({ instance: instanceIdSchema, spec: specHashSchema.optional() });
const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional();
const many = z.union([instanceIdSchema.transform((one) => [one]), z.array(instanceIdSchema)]);
const timeMs = z.coerce.number().nonnegative().optional();
const secondsText = z
  .string()
  .regex(/^\d+(\.\d{1,9})?$/)
  .optional();

/** What can be asked, by method and path. What changes something is in the agent's log, with who asked. */
export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${apiPaths.about}`]: ({ response }, { host, version }) => {
    answerJson(response, { host, agentVersion: version });
    return Promise.resolve();
  },

  [`GET ${apiPaths.containers}`]: async ({ response }, { docker }) => {
    answerJson(response, await docker.containers());
  },

  [`GET ${apiPaths.logs}`]: answerLog,

  [`GET ${apiPaths.top}`]: async (call, parts) => {
    const { args } = readQuery(call.query, z.object({ args: z.string().optional() }));
    const { id } = await containerOf(call, parts);
    answerJson(call.response, await parts.docker.top(id, args));
  },

  [`GET ${apiPaths.stats}`]: async (call, { docker }) => {
    const { instance, stream } = readQuery(call.query, z.object({ instance: many, stream: flag }));
    const containers = await docker.containers();
    const chosen = instance.flatMap((it) => pickContainer(containers, it) ?? []);
    const { signal } = call;
    const isStream = stream ?? false;
    const running = chosen.filter(({ state }) => state === 'running');
    await answerLines(
      call,
      running.map((container) => docker.stats(container, { isStream, signal })),
    );
  },

  [`GET ${apiPaths.events}`]: async (call, { docker }) => {
    const query = readQuery(call.query, z.object({ sinceMs: timeMs, untilMs: timeMs }));
    const { sinceMs, untilMs } = query;
    await answerLines(call, [
      docker.happenings({
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(untilMs === undefined ? {} : { untilMs }),
        signal: call.signal,
      }),
    ]);
  },

  [`POST ${apiPaths.kill}`]: async (call, parts) => {
    const { signal } = readQuery(call.query, z.object({ signal: z.string().regex(SIGNAL) }));
    const { id, instance } = await containerOf(call, parts);
    parts.log.info('kill', { instance, signal });
    await parts.docker.kill(id, signal);
    answerJson(call.response, {});
  },

  [`GET ${apiPaths.archive}`]: async (call, parts) => {
    const { path } = readQuery(call.query, z.object({ path: z.string() }));
    const { id, instance } = await containerOf(call, parts);
    parts.log.info('copy from a container', { instance, path });
    const { stat, stream } = await parts.docker.readArchive(id, path);
    call.response.writeHead(200, {
      'content-type': 'application/x-tar',
      [API_HEADER.stat]: encodeURIComponent(JSON.stringify(stat)),
    });
    await pipeline(stream, call.response);
  },

  [`HEAD ${apiPaths.archive}`]: async (call, parts) => {
    const { path } = readQuery(call.query, z.object({ path: z.string() }));
    const { id } = await containerOf(call, parts);
    const stat = await parts.docker.statPath(id, path);
    call.response.writeHead(200, { [API_HEADER.stat]: encodeURIComponent(JSON.stringify(stat)) });
    call.response.end();
  },

  [`PUT ${apiPaths.archive}`]: async (call, parts) => {
    const { path } = readQuery(call.query, z.object({ path: z.string() }));
    const { id, instance } = await containerOf(call, parts);
    parts.log.info('copy into a container', { instance, path });
    await parts.docker.writeArchive(id, path, call.request);
    answerJson(call.response, {});
  },

  [`GET ${apiPaths.images}`]: async ({ response }, { docker }) => {
    answerJson(response, await docker.images());
  },

  [`POST ${apiPaths.pull}`]: async (call, { pull, log }) => {
    const { image } = await readJson(call.request, z.object({ image: z.string().min(1) }));
    log.info('pull', { image });
    await answerLines(call, [afterwards(() => pull(image, call.signal), { image })]);
  },

  [`POST ${apiPaths.prune}`]: async (call, { docker, log }) => {
    const { all } = readQuery(call.query, z.object({ all: flag }));
    log.info('prune images', { all: all ?? false });
    await answerLines(call, [lazily(() => docker.pruneImages(all ?? false))]);
  },
};

async function containerOf(call: Call, { docker, host }: RouteParts): Promise<OwnContainer> {
  const { instance, spec } = readQuery(call.query, oneInstance);
  const found = await findContainer(docker, host, instance satisfies InstanceId, spec);
  call.named.set(found.id, instance);
  return found;
}

const logQuery = z.object({
  follow: flag,
  tail: z.coerce.number().int().nonnegative().optional(),
  since: secondsText,
  until: secondsText,
});

/**
 * Passed on as it comes: whoever reads slowly slows down dockerd, and nothing is kept here. The engine sends each line as a
 * piece of its own; all that has come is one write, or each of them would be a record of TLS and a system call.
 */
async function answerLog(call: Call, parts: RouteParts): Promise<void> {
  const { follow, tail, since, until } = readQuery(call.query, logQuery);
  const { id } = await containerOf(call, parts);
  const stream = await parts.docker.logs(id, {
    follow: follow ?? false,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  });
  const { response } = call;
  response.writeHead(200, { 'content-type': 'application/vnd.nap.frames' });
  response.flushHeaders();
  try {
    await pipeline(stream, inOnePiece, response, { end: false, signal: call.signal });
    response.end();
  } catch (err) {
    if (call.signal.aborted) return;
    response.end(frame(FRAME.error, Buffer.from(JSON.stringify(toApiError(err)))));
  }
}

/** Iterated, a stream gives all at once that has come until now. */
async function* inOnePiece(stream: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield* stream;
}

async function* lazily(work: () => Promise<unknown>): AsyncIterable<unknown> {
  yield await work();
}

async function* afterwards(work: () => Promise<void>, value: unknown): AsyncIterable<unknown> {
  await work();
  yield value;
}
