import { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { invariant, messageOf, type TerminalSize } from '@nap/shared';
import { z } from 'zod';
import type { ObservedOneOff } from '../reconcile/one-off.js';
import { callEngine } from './call-engine.js';
import { isOneOff, LABEL } from './labels.js';
import { mapEngineError } from './map-errors.js';
import type { AttachOptions, OneOffPort } from './one-off-port.js';
import type { ExecSession } from './operator-port.js';
import { readOneOff } from './read-one-off.js';

const REMOVE_DEADLINE_MS = 120_000;

/** The port on dockerode. */
export function openOneOffDocker(socketPath: string): OneOffPort {
  return new OneOffGateway(new Docker({ socketPath }));
}

class OneOffGateway implements OneOffPort {
  private readonly docker: Docker;

  constructor(docker: Docker) {
    this.docker = docker;
  }

  async list(): Promise<readonly ObservedOneOff[]> {
    const filters = { label: [LABEL.oneOff] };
    const listed = await callEngine('list one-offs', (abortSignal) =>
      this.docker.listContainers({ all: true, filters, abortSignal }),
    );
    // Every container of nap has the label, most of them empty.
    const ours = listed.filter(({ Labels }) => isOneOff(Labels));
    const found = await Promise.all(ours.map(({ Id }) => this.inspect(Id)));
    return found.flatMap((it) => it ?? []);
  }

  async attach(container: string, { hasInput, isTerminal }: AttachOptions): Promise<ExecSession> {
    const handle = this.docker.getContainer(container);
    const options = { stream: true, hijack: true, stdin: hasInput, stdout: true, stderr: true };
    const stream = await callEngine(`attach to container ${container}`, () =>
      handle.attach(options),
    );
    // With `hijack` it is the connection itself, whatever the library's types say.
    invariant(stream instanceof Duplex, 'a container was attached to without its connection');
    return new Attached(handle, stream, isTerminal);
  }

  async hangUp(container: string): Promise<void> {
    await kill(this.docker.getContainer(container), 'SIGHUP');
  }

  async remove(container: string, isWithVolumes: boolean): Promise<void> {
    await callEngine(
      `remove container ${container}`,
      async (abortSignal) => {
        const options = { force: true, v: isWithVolumes, abortSignal };
        await unlessStatus(this.docker.getContainer(container).remove(options), 404);
      },
      REMOVE_DEADLINE_MS,
    );
  }

  private async inspect(container: string): Promise<ObservedOneOff | undefined> {
    const found = await callEngine(`inspect container ${container}`, (abortSignal) =>
      unlessStatus(this.docker.getContainer(container).inspect({ abortSignal }), 404),
    );
    return found === undefined ? undefined : readOneOff(found);
  }
}

class Attached implements ExecSession {
  readonly stream: Duplex;
  readonly isTerminal: boolean;
  private readonly container: Docker.Container;

  constructor(container: Docker.Container, stream: Duplex, isTerminal: boolean) {
    this.container = container;
    this.stream = stream;
    this.isTerminal = isTerminal;
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    try {
      await this.container.resize({ w: columns, h: rows });
    } catch {
      // It has just ended: a size is not worth an error.
    }
  }

  async signal(name: string): Promise<void> {
    await kill(this.container, name);
  }

  async exitCode(abortSignal: AbortSignal): Promise<number> {
    try {
      const ended = await text(await waitFor(this.container, abortSignal));
      return endedSchema.parse(JSON.parse(ended)).StatusCode;
    } catch (err) {
      throw mapEngineError(err, { what: `wait for the end of container ${this.container.id}` });
    }
  }
}

const endedSchema = z.object({ StatusCode: z.int() });

interface Dialing {
  dial(options: object, done: (err: unknown, answer: unknown) => void): void;
}

/**
 * The engine begins its answer at once, and says at the end how the container ended. Not `container.wait`: docker-modem
 * collects an answer by itself then, and where dockerd ends before it is whole that promise is never settled.
 */
function waitFor(container: Docker.Container, abortSignal: AbortSignal): Promise<Readable> {
  const modem = container.modem as Dialing;
  const request = {
    ...{ path: `/containers/${container.id}/wait`, method: 'POST', isStream: true, abortSignal },
    statusCodes: { 200: true, 400: 'bad parameter', 404: 'no such container', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    modem.dial(request, (err, answer) => {
      if (answer instanceof Readable) resolve(answer);
      else reject(err instanceof Error ? err : new Error(messageOf(err)));
    });
  });
}

async function kill(container: Docker.Container, signal: string): Promise<void> {
  await callEngine(`send ${signal} to container ${container.id}`, (abortSignal) =>
    unlessStatus(container.kill({ signal, abortSignal }), 404, 409),
  );
}

/** Undefined where the engine answers with one of these. */
async function unlessStatus<T>(
  answer: Promise<T>,
  ...statuses: readonly number[]
): Promise<T | undefined> {
  try {
    return await answer;
  } catch (err) {
    const status: unknown =
      typeof err === 'object' && err !== null && 'statusCode' in err ? err.statusCode : undefined;
    if (statuses.some((it) => it === status)) return undefined;
    throw err;
  }
}
