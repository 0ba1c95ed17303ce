import { z } from 'zod';
import { CODES, type ErrorCode } from '../errors/codes.js';
import { isNapError, messageOf, NapError } from '../errors/nap-error.js';
import { containerSpecSchema } from './container-spec.js';
import {
  fileDigestSchema,
  hostIdSchema,
  instanceIdSchema,
  serviceNameSchema,
  specHashSchema,
} from './ids.js';
import { linkSchema } from './project.js';

/**
 * What agents and operators say to each other over HTTP; docs/agent-api.md describes it. Lists and answers are JSON, streams
 * are JSON lines or frames (see below), an exec is a WebSocket.
 */
export const apiPaths = {
  about: '/v1/about',
  containers: '/v1/containers',
  logs: '/v1/logs',
  exec: '/v1/exec',
  run: '/v1/run',
  top: '/v1/top',
  stats: '/v1/stats',
  events: '/v1/events',
  kill: '/v1/kill',
  archive: '/v1/archive',
  images: '/v1/images',
  pull: '/v1/images/pull',
  prune: '/v1/images/prune',
} as const;

export const API_PORT = 7420;

export const API_HEADER = {
  /** Which host the caller means: an address may have gone to another one. */
  host: 'nap-host',
  /** With an archive: what the path is, as JSON. */
  stat: 'nap-stat',
} as const;

/**
 * The kinds of a frame's first byte, as in the engine's own streams: after it three bytes 0, four bytes of length, and what
 * was written. A log ends with an `error` when it breaks off; its text is an error as JSON.
 */
export const FRAME = { stdin: 0, stdout: 1, stderr: 2, error: 3 } as const;
export const FRAME_HEADER_BYTES = 8;

/** The engine's `2026-01-31T00:00:00.000000000Z`, always in UTC and of this length, so that texts sort as times do. */
export const LOG_TIME_CHARS = 30;

export const apiErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
export type ApiError = z.infer<typeof apiErrorSchema>;

/** What of an error another machine may see. */
export function toApiError(err: unknown): ApiError {
  if (!isNapError(err)) return { code: 'BUG', message: messageOf(err) };
  const { code, message, hint } = err;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(CODES, text);

/** The error that the other side has met. `where` begins the sentence, for it may be one host of many. */
export function fromApiError({ code, message, hint }: ApiError, where: string): NapError {
  return new NapError(isCode(code) ? code : 'AGENT_UNAVAILABLE', `${where}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
  });
}

export const aboutSchema = z.object({ host: hostIdSchema, agentVersion: z.string() });
export type About = z.infer<typeof aboutSchema>;

/** A port of the host that leads to one of a container. */
const portBindingSchema = z.object({
  containerPort: z.int(),
  protocol: z.string(),
  address: z.string(),
  hostPort: z.int(),
});
export type PortBinding = z.infer<typeof portBindingSchema>;

export const ownContainerSchema = z.object({
  id: z.string(),
  name: z.string(),
  instance: instanceIdSchema,
  image: z.string(),
  /** The engine's word, such as `running` or `exited`. */
  state: z.string(),
  createdAtMs: z.number(),
  /** Tells it from the one that replaces it. Absent: an older agent says nothing of it. */
  specHash: specHashSchema.optional(),
  ports: z.array(portBindingSchema),
  /** It was started by `run`, and its instance is nobody's placement. */
  oneOff: z.object({ service: serviceNameSchema, isRemovedAtEnd: z.boolean() }).optional(),
  /** The engine's own words on its state, such as `Exited (3) 2 minutes ago`. */
  status: z.string().optional(),
});
export type OwnContainer = z.infer<typeof ownContainerSchema>;
export const ownContainersSchema = z.array(ownContainerSchema);

export const topSchema = z.object({
  titles: z.array(z.string()),
  processes: z.array(z.array(z.string())),
});
export type Top = z.infer<typeof topSchema>;

/** What a container uses; bytes of network and disk since its start. */
export const statsSchema = z.object({
  instance: instanceIdSchema,
  container: z.string(),
  atMs: z.number(),
  /** Of one CPU. */
  cpuPercent: z.number(),
  memoryBytes: z.number(),
  memoryLimitBytes: z.number(),
  receivedBytes: z.number(),
  sentBytes: z.number(),
  readBytes: z.number(),
  writtenBytes: z.number(),
  processes: z.number(),
});
export type Stats = z.infer<typeof statsSchema>;

/** What happened to a container of nap, in the engine's words. */
export const engineHappeningSchema = z.object({
  atMs: z.number(),
  instance: instanceIdSchema,
  container: z.string(),
  action: z.string(),
  /** Such as the exit code of a `die`. */
  facts: z.record(z.string(), z.string()),
});
export type EngineHappening = z.infer<typeof engineHappeningSchema>;

export const imageSchema = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  sizeBytes: z.number(),
  createdAtMs: z.number(),
  /** Containers that were made of it; nap's and others. */
  containers: z.number(),
});
export type Image = z.infer<typeof imageSchema>;
export const imagesSchema = z.array(imageSchema);

export const prunedSchema = z.object({ removed: z.array(z.string()), freedBytes: z.number() });
export type Pruned = z.infer<typeof prunedSchema>;

/** A path in a container: enough to know how to write what comes from it. */
export const pathStatSchema = z.object({
  name: z.string(),
  isDirectory: z.boolean(),
  sizeBytes: z.number(),
});
export type PathStat = z.infer<typeof pathStatSchema>;

/** How large a terminal is. */
export const terminalSizeSchema = z.object({
  columns: z.int().min(1).max(10_000),
  rows: z.int().min(1).max(10_000),
});
export type TerminalSize = z.infer<typeof terminalSizeSchema>;

/** The signals that may be sent. */
export const SIGNAL = /^(SIG)?[A-Z][A-Z0-9+-]*$|^\d{1,2}$/;
const signalSchema = z.string().regex(SIGNAL);

/**
 * The first message of a `run`, but for the contents of its configs and secrets: those go before it, one a message. A one-off
 * has an instance id of its own, `<project>.<service>-run-<id>.1`, that no placement has.
 */
const runSchema = z.object({
  type: z.literal('run'),
  instance: instanceIdSchema,
  /** Of which it is a one-off. */
  service: serviceNameSchema,
  cluster: z.uuid(),
  spec: containerSpecSchema,
  links: z.array(linkSchema),
  pull: z.enum(['always', 'missing', 'never']),
  hasInput: z.boolean(),
  terminal: terminalSizeSchema.optional(),
  /** Nobody waits for its end. */
  isDetached: z.boolean(),
  /** Its container goes when it has ended, whoever is there to see it. */
  isRemovedAtEnd: z.boolean(),
});
export type RunStart = z.infer<typeof runSchema>;

/**
 * The messages of an exec or a run, as text; what is read and written goes in binary messages whose first byte is the kind of a
 * frame. The caller sends no more than `LIMITS.execInputBytes` that are not acknowledged: so the agent always has room for
 * the next message, and a program that reads nothing does not keep its terminal from being resized or left.
 */
export const execRequestSchema = z.discriminatedUnion('type', [
  /** The first message. */
  z.object({
    type: z.literal('start'),
    instance: instanceIdSchema,
    command: z.array(z.string()).min(1),
    hasInput: z.boolean(),
    terminal: terminalSizeSchema.optional(),
    user: z.string().optional(),
    workingDir: z.string().optional(),
    environment: z.array(z.string()).optional(),
    privileged: z.boolean().optional(),
  }),
  runSchema,
  z.object({ type: z.literal('file'), digest: fileDigestSchema, content: z.base64() }),
  z.object({ type: z.literal('resize'), terminal: terminalSizeSchema }),
  z.object({ type: z.literal('signal'), signal: signalSchema }),
  /** The input is over. */
  z.object({ type: z.literal('end') }),
]);
export type ExecMessage = z.infer<typeof execRequestSchema>;
export type ExecStart = Extract<ExecMessage, { type: 'start' }>;

export const execAnswerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started') }),
  /** Of a run: the image is not here yet. Bytes as far as they are known. */
  z.object({
    type: z.literal('pulling'),
    image: z.string(),
    pulledBytes: z.number(),
    totalBytes: z.number(),
  }),
  /** So many bytes of the input were taken. */
  z.object({ type: z.literal('taken'), bytes: z.int() }),
  z.object({ type: z.literal('exit'), exitCode: z.int() }),
  z.object({ type: z.literal('error'), error: apiErrorSchema }),
]);
export type ExecAnswer = z.infer<typeof execAnswerSchema>;
