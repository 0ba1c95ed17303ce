import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  API_HEADER,
  apiErrorSchema,
  fromApiError,
  messageOf,
  NapError,
  type ApiError,
  type HostApi,
  type HostId,
} from '@nap/shared';
import { withDeadline } from '@nap/shared/runtime';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { connectTo, hangs, unreachable, type Credentials } from './connect.js';

/** Until an answer begins. */
const ANSWER_WITHIN_MS = 15_000;

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface AgentCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Query;
  readonly body?: Readable | string;
  /** Longer where the answer begins when the work is done. */
  readonly withinMs?: number;
  /** Breaks off, also an answer that has begun. */
  readonly signal: AbortSignal;
}

/** One host's agent. Every call has a connection of its own. Errors begin with the host. */
export class AgentClient {
  readonly host: HostId;
  private readonly api: HostApi;
  private readonly credentials: Credentials;

  constructor(host: HostId, api: HostApi, credentials: Credentials) {
    this.host = host;
    this.api = api;
    this.credentials = credentials;
  }

  /** The answer, whose end and errors are the caller's to mind. Throws what the agent says, AGENT_UNAVAILABLE, AGENT_DENIED. */
  async call(call: AgentCall): Promise<IncomingMessage> {
    const { withinMs: ms = ANSWER_WITHIN_MS, signal: parent } = call;
    const onPassed = (cause: unknown): NapError => this.silent(ms, cause);
    const socket = await connectTo(this.host, this.api, this.credentials, parent);
    try {
      const answer = await withDeadline({ ms, parent, onPassed }, (inTime) =>
        this.send(socket, call, inTime),
      );
      follow(parent, socket);
      if (answer.statusCode === 200) return answer;
      throw fromApiError(await readError(answer), this.host);
    } catch (err) {
      socket.destroy();
      throw err;
    }
  }

  async json<T>(call: AgentCall, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.call(call);
    try {
      return this.parse(await text(answer), schema);
    } catch (err) {
      throw this.brokenOff(err);
    }
  }

  /** JSON lines as they come; a line that tells of an error is thrown. */
  async *lines<T>(call: AgentCall, schema: z.ZodType<T>): AsyncIterable<T> {
    const answer = await this.call(call);
    try {
      for await (const line of createInterface({ input: answer })) {
        const failed = failureSchema.safeParse(JSON.parse(line));
        if (failed.success) throw fromApiError(failed.data.error, this.host);
        yield this.parse(line, schema);
      }
      if (!answer.complete) throw new Error('it hung up');
    } catch (err) {
      throw this.brokenOff(err);
    } finally {
      answer.destroy();
    }
  }

  /** Open, and nothing sent. */
  async socket(
    path: string,
    parent: AbortSignal,
    ms: number = ANSWER_WITHIN_MS,
  ): Promise<WebSocket> {
    // Only here: other commands shall not take longer to start for it.
    const { WebSocket } = await import('ws');
    const onPassed = (cause: unknown): NapError => this.silent(ms, cause);
    const socket = await connectTo(this.host, this.api, this.credentials, parent);
    try {
      // The socket is secure already, where it is to be: what goes over it is plain HTTP to the library, whose own
      // handshakeTimeout is for sockets that it has opened itself.
      const client = new WebSocket(`ws://agent${path}`, {
        createConnection: () => socket,
        headers: this.headers(),
        perMessageDeflate: false,
      });
      await withDeadline({ ms, parent, onPassed }, (inTime) => this.opened(client, path, inTime));
      return client;
    } catch (err) {
      socket.destroy();
      throw err;
    }
  }

  /** An answer that ends before its end. */
  brokenOff(err: unknown): unknown {
    if (err instanceof NapError || err instanceof z.ZodError) return err;
    return unreachable(this.host, this.api, `it broke off: ${messageOf(err)}`, err);
  }

  private silent(ms: number, cause: unknown): NapError {
    return hangs(this.host, this.api, `no answer within ${ms / 1000} s`, cause);
  }

  private opened(client: WebSocket, path: string, inTime: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        reject(inTime.reason as Error);
        client.terminate();
      };
      if (inTime.aborted) stop();
      inTime.addEventListener('abort', stop, { once: true });
      client.once('open', resolve);
      client.once('error', (err) => {
        reject(unreachable(this.host, this.api, messageOf(err), err));
      });
      client.once('unexpected-response', (_request, answer) => {
        answer.resume();
        reject(this.refusedSocket(answer.statusCode ?? 0, path));
      });
    });
  }

  private headers(): Record<string, string> {
    const token = this.api.kind === 'token' ? { authorization: `Bearer ${this.api.token}` } : {};
    return { [API_HEADER.host]: this.host, ...token };
  }

  private refusedSocket(status: number, path: string): NapError {
    if (status === 404) {
      return new NapError('NOT_FOUND', `${this.host}: its agent does not know ${path}`, {
        hint: 'upgrade it: nap-controller host ls shows the versions',
      });
    }
    const isDenied = status === 403;
    return new NapError(
      isDenied ? 'AGENT_DENIED' : 'AGENT_UNAVAILABLE',
      `${this.host}: its agent refuses: HTTP status ${status}`,
    );
  }

  private send(socket: Socket, call: AgentCall, inTime: AbortSignal): Promise<IncomingMessage> {
    const { method, path, query = {}, body } = call;
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        ...{ method, host: 'agent', path: `${path}${queryText(query)}` },
        headers: { ...this.headers(), connection: 'close' },
        createConnection: () => socket,
      });
      const stop = (): void => void request.destroy(new Error('not in time'));
      inTime.addEventListener('abort', stop, { once: true });
      request.once('response', resolve);
      request.on('error', (err) => {
        reject(this.refused(err));
      });
      if (body === undefined || typeof body === 'string') request.end(body);
      // Its failure is that of the request.
      else pipeline(body, request).catch(reject);
    });
  }

  /** After the handshake the agent looks at the certificate, and hangs up when it is not one of the cluster. */
  private refused(err: NodeJS.ErrnoException): NapError {
    const isHungUp = err.code === 'ECONNRESET' || err.code?.startsWith('ERR_SSL') === true;
    if (this.api.kind !== 'tls' || !isHungUp) {
      return unreachable(this.host, this.api, messageOf(err), err);
    }
    return new NapError(
      'AGENT_DENIED',
      `${this.host}: its agent hung up before it answered: ${messageOf(err)}`,
      {
        cause: err,
        hint: 'it does so with a client certificate that is not of its authority: check --etcd-cert, or --api-cert',
      },
    );
  }

  private parse<T>(json: string, schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(JSON.parse(json));
    if (parsed.success) return parsed.data;
    throw new NapError('BAD_VALUE', `${this.host}: its agent's answer cannot be understood`, {
      hint: 'agent and controller should be of the same version: see nap-controller host ls',
      details: { issues: z.prettifyError(parsed.error) },
    });
  }
}

const failureSchema = z.object({ error: apiErrorSchema });

function queryText(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) search.append(name, one);
  }
  const written = search.toString();
  return written === '' ? '' : `?${written}`;
}

async function readError(answer: IncomingMessage): Promise<ApiError> {
  const said = await text(answer).catch(() => '');
  try {
    return apiErrorSchema.parse(JSON.parse(said));
  } catch {
    // Not an agent's words: a proxy's, or those of an answer to HEAD, which has none.
    const isMissing = answer.statusCode === 404;
    return {
      code: isMissing ? 'NOT_FOUND' : 'AGENT_UNAVAILABLE',
      message: isMissing ? 'there is no such thing' : `HTTP status ${answer.statusCode ?? '?'}`,
    };
  }
}

/** An answer lives as long as its socket. */
function follow(signal: AbortSignal, socket: Socket): void {
  const stop = (): void => void socket.destroy();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => {
    signal.removeEventListener('abort', stop);
  });
}
