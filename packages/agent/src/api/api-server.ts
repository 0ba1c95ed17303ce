import { randomBytes, X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { apiPaths, isNapError, LIMITS, messageOf, NapError, type HostApi } from '@nap/shared';
import type { Clock, Component } from '@nap/shared/runtime';
import { WebSocketServer } from 'ws';
import { answerError, inNames, type Call } from './answer.js';
import type { ApiSettings, ApiTls } from './api-settings.js';
import { checkCaller } from './callers.js';
import { serveExec } from './serve-exec.js';
import { serveRun } from './serve-run.js';
import { routes, type RouteParts } from './routes.js';

export interface ApiParts extends RouteParts {
  readonly settings: ApiSettings;
  readonly clock: Clock;
}

/** Where operators reach this agent, once they can. */
export interface ApiEndpoint {
  readonly endpoint: HostApi | undefined;
  onChange(callback: () => void): () => void;
}

const RETRY_MS = 5_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** A peer that is gone without a word is noticed this long after, and ten seconds of asking. */
const KEEP_ALIVE_MS = 5_000;
const TOKEN_BYTES = 32;

/**
 * The API over HTTP/1.1, with TLS where there are certificates. It asks the engine alone: what the agent's loops do is none
 * of its business, and that it cannot listen is no reason for them to end.
 */
export class ApiServer implements Component, ApiEndpoint {
  readonly name = 'api';
  private readonly parts: ApiParts;
  /** Undefined with TLS: there it is the certificate that counts. */
  private readonly token: string | undefined;
  private readonly server: Server;
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LIMITS.apiMessageBytes,
  });
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<() => void>();
  private port: number | undefined;
  private lastProblem: string | undefined;

  constructor(parts: ApiParts) {
    this.parts = parts;
    const { tls } = parts.settings;
    this.token = tls === undefined ? randomBytes(TOKEN_BYTES).toString('base64url') : undefined;
    this.server = serverOf(tls);
    this.server.headersTimeout = HEADERS_TIMEOUT_MS;
    // An archive may take as long as it takes.
    this.server.requestTimeout = 0;
    this.server.maxConnections = LIMITS.apiConnections;
    this.server.on('connection', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    this.server.on('request', (request, response) => void this.answer(request, response));
    this.server.on('upgrade', (request, socket, head) => {
      this.upgrade(request, socket, head);
    });
  }

  get endpoint(): HostApi | undefined {
    const { settings } = this.parts;
    if (this.port === undefined) return undefined;
    const at = `${settings.address.includes(':') ? `[${settings.address}]` : settings.address}:${this.port}`;
    if (settings.tls !== undefined) {
      return { kind: 'tls', url: `https://${at}`, certificate: digestOf(settings.tls) };
    }
    return { kind: 'token', url: `http://${at}`, token: this.token ?? '' };
  }

  onChange(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => {
      this.listeners.delete(callback);
    };
  }

  /** Ends at once: an address that is not there yet is tried again. */
  start(): Promise<void> {
    void this.listen();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && this.port === undefined) {
      try {
        this.port = await this.listenOnce();
        for (const listener of this.listeners) listener();
      } catch (err) {
        this.say(err);
        await this.parts.clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  private listenOnce(): Promise<number> {
    const { listen, port } = this.parts.settings;
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, listen, () => {
        this.server.off('error', reject);
        this.server.on('error', (err) => {
          this.say(err);
        });
        // It listens on a port, not on a path: so its address is such an object.
        const found = (this.server.address() as AddressInfo).port;
        this.parts.log.info('api listens', { address: listen, port: found });
        resolve(found);
      });
    });
  }

  private say(err: unknown): void {
    const problem = messageOf(err);
    if (problem !== this.lastProblem) {
      const { listen: address, port } = this.parts.settings;
      this.parts.log.warn('operators cannot reach this agent', { address, port, err });
    }
    this.lastProblem = problem;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    const named = new Map<string, string>();
    response.once('close', () => {
      left.abort();
    });
    try {
      const caller = checkCaller(request, this.parts.host, this.token);
      const url = new URL(request.url ?? '/', 'http://agent');
      const handler = routes[`${request.method ?? ''} ${url.pathname}`];
      if (handler === undefined) throw unknown(request, this.parts.version);
      if (url.pathname !== apiPaths.about) this.checkEngine();
      const { searchParams: query } = url;
      const call: Call = { query, request, response, signal: left.signal, named };
      await handler(call, { ...this.parts, log: this.parts.log.child({ caller }) });
    } catch (err) {
      if (left.signal.aborted) return;
      if (!isNapError(err)) this.parts.log.error('cannot answer an operator', { err });
      answerError(response, inNames(err, named));
    }
  }

  /** Everything is asked of the engine. Throws DOCKER_UNAVAILABLE: a caller need not wait for one that is known to be silent. */
  private checkEngine(): void {
    const problem = this.parts.pulse?.problem;
    if (problem !== undefined) throw problem;
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Who leaves in the middle is no reason to end.
    socket.on('error', () => undefined);
    try {
      const caller = checkCaller(request, this.parts.host, this.token);
      const isExec = request.url === apiPaths.exec;
      if (!isExec && request.url !== apiPaths.run) throw unknown(request, this.parts.version);
      this.sockets.handleUpgrade(request, socket, head, (client) => {
        const parts = { ...this.parts, log: this.parts.log.child({ caller }) };
        if (isExec) serveExec(client, parts);
        else serveRun(client, parts);
      });
    } catch (err) {
      const isDenied = isNapError(err, 'AGENT_DENIED');
      socket.end(
        `HTTP/1.1 ${isDenied ? '403 Forbidden' : '404 Not Found'}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${messageOf(err)}`,
      );
    }
  }
}

function serverOf(tls: ApiTls | undefined): Server {
  if (tls === undefined) return createServer();
  return createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true });
}

/** What callers compare with what is shown to them. */
function digestOf({ cert }: ApiTls): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
}

function unknown({ method, url }: IncomingMessage, version: string): NapError {
  return new NapError(
    'NOT_FOUND',
    `this agent (${version}) does not know ${method ?? ''} ${url ?? ''}`,
    { hint: 'upgrade it' },
  );
}
