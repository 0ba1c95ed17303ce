import { createInterface } from 'node:readline';
import Docker from 'dockerode';
import { z } from 'zod';
import { isEngineName, isImageReference, NapError } from '@nap/shared';
import { manyListeners, withDeadline } from '@nap/shared/runtime';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { CreateRequest } from './create-body.js';
import type {
  DockerPort,
  EngineFacts,
  ExecOptions,
  ExecOutcome,
  ExecRequest,
  EventHandlers,
  EventOptions,
  ListedContainer,
  NetworkFacts,
  NetworkRequest,
  PullRequest,
  RegistryLogin,
} from './docker-port.js';
import { runExec } from './exec.js';
import { demultiplex } from './frames.js';
import { given } from './given.js';
import { readLabels } from './labels.js';
import { isStatus, mapEngineError } from './map-errors.js';
import { isPlatform } from './platform.js';
import { sumOfLayers } from './pull-progress.js';
import { isNoise, readEvent } from './read-event.js';
import { readInspect } from './read-inspect.js';
import { listedLabels, listedName } from './read-listed.js';

/** Reads and small writes; an engine that takes longer is as good as away. */
const CALL_DEADLINE_MS = 30_000;
/** The engine's own work: it mounts, sets up a network, starts or removes. */
const WORK_DEADLINE_MS = 120_000;
const PULL_DEADLINE_MS = 60 * 60_000;
const LOG_BYTES_MAX = 16 * 1024;

/** `DockerPort` on dockerode, which only this folder knows. Every call has a deadline. */
export function openDocker(socketPath: string): DockerPort {
  return new Gateway(new Docker({ socketPath }));
}

class Gateway implements DockerPort {
  private readonly docker: Docker;
  /** Aborts when the engine goes away: docker-modem waits for ever for the rest of an answer that breaks off. */
  private gone = manyListeners();

  constructor(docker: Docker) {
    this.docker = docker;
  }

  async facts(): Promise<EngineFacts> {
    const [info, version] = await this.call(
      'ask dockerd for its facts',
      async () =>
        [infoSchema.parse(await this.docker.info()), await this.docker.version()] as const,
    );
    return {
      version: version.Version,
      apiVersion: version.ApiVersion,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      os: info.OSType,
      architecture: info.Architecture,
      dataRoot: info.DockerRootDir,
    };
  }

  async list(): Promise<readonly ListedContainer[]> {
    const listed = await this.call('list containers', () =>
      this.docker.listContainers({ all: true }),
    );
    return listed.map((it) => ({
      id: it.Id,
      name: listedName(it),
      isOurs: readLabels(listedLabels(it)) !== undefined,
    }));
  }

  async inspect(container: string): Promise<ObservedContainer | undefined> {
    return this.call(`inspect container ${container}`, async () => {
      try {
        return readInspect(await this.docker.getContainer(container).inspect());
      } catch (err) {
        if (isStatus(err, 404)) return undefined;
        throw err;
      }
    });
  }

  async imageId(image: string, platform?: string): Promise<string | undefined> {
    // As a part of the URL it may mean something else, or lead away from dockerd; 400 is the engine's own opinion of it.
    if (!isImageReference(image)) return undefined;
    return this.call(`inspect image ${image}`, async () => {
      try {
        const found = imageSchema.parse(await this.docker.getImage(image).inspect());
        const { Id: id, Os: os, Architecture: architecture, Variant: variant = '' } = found;
        if (platform === undefined) return id;
        return isPlatform(platform, { os, architecture, variant }) ? id : undefined;
      } catch (err) {
        if (isStatus(err, 404, 400)) return undefined;
        throw err;
      }
    });
  }

  async pull(request: PullRequest, signal?: AbortSignal): Promise<void> {
    const { image, platform, login, onProgress } = request;
    const onPassed = (cause: unknown): NapError =>
      new NapError(
        'REGISTRY_UNREACHABLE',
        `cannot pull ${image}: it was not here within ${PULL_DEADLINE_MS / 60_000} minutes`,
        { cause },
      );
    // Without a tag the engine would pull all of them.
    const reference = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
    try {
      await withDeadline(
        { ms: PULL_DEADLINE_MS, parent: signal, onPassed },
        async (abortSignal) => {
          const stream = await this.docker.pull(reference, {
            abortSignal,
            ...given({ platform, authconfig: login === undefined ? undefined : authOf(login) }),
          });
          await new Promise<void>((resolve, reject) => {
            this.docker.modem.followProgress(
              stream,
              (err: Error | null) => {
                if (err === null) resolve();
                else reject(err);
              },
              onProgress === undefined ? undefined : sumOfLayers(onProgress),
            );
          });
        },
      );
    } catch (err) {
      throw mapEngineError(err, { what: `pull ${image}`, image });
    }
  }

  async create(request: CreateRequest): Promise<string> {
    const { name, platform, body } = request;
    // Apart from each other, or the library puts the whole body, environment and all, into the URL as well.
    const options = { name, _query: { name, ...given({ platform }) }, _body: body };
    const created = await this.call(
      `create container ${name}`,
      () => this.docker.createContainer(options),
      WORK_DEADLINE_MS,
    );
    return created.id;
  }

  async start(container: string): Promise<void> {
    await this.call(
      `start container ${container}`,
      async () => {
        const started = this.docker.getContainer(container).start();
        await tolerating(started, 304);
      },
      WORK_DEADLINE_MS,
    );
  }

  async exec(
    container: string,
    request: ExecRequest,
    { deadlineMs, signal }: ExecOptions,
  ): Promise<ExecOutcome> {
    const what = `run ${request.command[0] ?? ''} in container ${container}`;
    const onPassed = (cause: unknown): NapError =>
      new NapError('TIMEOUT', `cannot ${what}: it took longer than ${deadlineMs / 1000} s`, {
        cause,
      });
    try {
      return await withDeadline({ ms: deadlineMs, parent: signal, onPassed }, (abortSignal) =>
        runExec(this.docker.getContainer(container), request, abortSignal),
      );
    } catch (err) {
      throw mapEngineError(err, { what });
    }
  }

  async stop(container: string, graceMs: number): Promise<void> {
    await this.call(
      `stop container ${container}`,
      async () => {
        const t = Math.ceil(graceMs / 1000);
        await tolerating(this.docker.getContainer(container).stop({ t }), 304, 404);
      },
      WORK_DEADLINE_MS + graceMs,
    );
  }

  async remove(container: string): Promise<void> {
    await this.call(
      `remove container ${container}`,
      async () => {
        const removed = this.docker.getContainer(container).remove({ force: true });
        await tolerating(removed, 404);
      },
      WORK_DEADLINE_MS,
    );
  }

  async rename(container: string, to: string): Promise<void> {
    await this.call(`rename container ${container} to ${to}`, () =>
      this.docker.getContainer(container).rename({ name: to }),
    );
  }

  async hasVolume(volume: string): Promise<boolean> {
    return this.call(`inspect volume ${volume}`, async () => {
      try {
        return isEngineName(volume) && Boolean(await this.docker.getVolume(volume).inspect());
      } catch (err) {
        if (isStatus(err, 404)) return false;
        throw err;
      }
    });
  }

  async removeVolume(volume: string): Promise<void> {
    if (!isEngineName(volume)) return;
    await this.call(
      `remove volume ${volume}`,
      () => tolerating(this.docker.getVolume(volume).remove(), 404),
      WORK_DEADLINE_MS,
    );
  }

  async lastLines(container: string, lines: number): Promise<string> {
    return this.call(`read the log of container ${container}`, async () => {
      const handle = this.docker.getContainer(container);
      const { Config } = await handle.inspect();
      const raw = await handle.logs({ stdout: true, stderr: true, tail: lines });
      const bytes = Buffer.from(raw).subarray(0, LOG_BYTES_MAX);
      return Config.Tty ? bytes.toString('utf8') : demultiplex(bytes);
    });
  }

  async network(name: string): Promise<NetworkFacts | undefined> {
    return this.call(`inspect network ${name}`, async () => {
      try {
        return readNetwork(await this.docker.getNetwork(name).inspect());
      } catch (err) {
        if (isStatus(err, 404)) return undefined;
        throw err;
      }
    });
  }

  async createNetwork(request: NetworkRequest): Promise<void> {
    const { name, subnet, gateway, options } = request;
    await this.call(`create network ${name}`, () =>
      this.docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] },
        Options: { ...options },
      }),
    );
  }

  async events(handlers: EventHandlers, options: EventOptions): Promise<void> {
    const { signal, sinceMs } = options;
    try {
      const stream = await this.docker.getEvents({
        filters: { type: ['container'] },
        ...(sinceMs === undefined ? {} : { since: Math.floor(sinceMs / 1000) }),
        abortSignal: signal,
      });
      handlers.onOpen();
      await readEvents(stream, handlers);
    } catch (err) {
      if (!signal.aborted) throw mapEngineError(err, { what: 'follow the events of dockerd' });
    } finally {
      // Whoever has left by himself says nothing about the engine.
      if (!signal.aborted) this.giveUpCalls();
    }
  }

  private giveUpCalls(): void {
    this.gone.abort();
    this.gone = manyListeners();
  }

  private async call<T>(
    what: string,
    request: () => Promise<T>,
    deadlineMs: number = CALL_DEADLINE_MS,
  ): Promise<T> {
    try {
      return await within({ deadlineMs, gone: this.gone.signal }, request(), what);
    } catch (err) {
      throw mapEngineError(err, { what });
    }
  }
}

/** The call itself is not aborted: what it does in the end is observed like everything else. */
async function within<T>(
  { deadlineMs, gone }: { readonly deadlineMs: number; readonly gone: AbortSignal },
  answer: Promise<T>,
  what: string,
): Promise<T> {
  const ends = [AbortSignal.timeout(deadlineMs), gone];
  let stop = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      const why = gone.aborted ? 'went away' : `took longer than ${deadlineMs / 1000} s`;
      reject(new NapError('DOCKER_UNAVAILABLE', `cannot ${what}: dockerd ${why}`));
    };
    for (const end of ends) end.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      for (const end of ends) end.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop();
  }
}

async function tolerating(answer: Promise<unknown>, ...statuses: readonly number[]): Promise<void> {
  try {
    await answer;
  } catch (err) {
    if (!isStatus(err, ...statuses)) throw err;
  }
}

async function readEvents(stream: NodeJS.ReadableStream, handlers: EventHandlers): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    const event = parseLine(line);
    if (event === undefined || isNoise(event)) continue;
    const read = readEvent(event);
    if (read !== undefined) handlers.onEvent(read);
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A stream that is cut ends in half a line; the next listing shows what it was about.
    return undefined;
  }
}

/** In the engine's words. */
function authOf(login: RegistryLogin): object {
  const { server: serveraddress } = login;
  if ('token' in login) return { identitytoken: login.token, serveraddress };
  return { username: login.username, password: login.password, serveraddress };
}

const imageSchema = z.object({
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  Variant: z.string().optional(),
});

const infoSchema = z.object({
  NCPU: z.number(),
  MemTotal: z.number(),
  OSType: z.string(),
  Architecture: z.string(),
  DockerRootDir: z.string(),
});

const networkSchema = z.object({
  Name: z.string(),
  Driver: z.string(),
  IPAM: z.object({
    Config: z
      .array(z.object({ Subnet: z.string().optional(), Gateway: z.string().optional() }))
      .nullish(),
  }),
  Options: z.record(z.string(), z.string()).nullish(),
});

function readNetwork(value: unknown): NetworkFacts {
  const { Name, Driver, IPAM, Options } = networkSchema.parse(value);
  const config = IPAM.Config?.find(({ Subnet }) => Subnet?.includes('.') === true);
  return {
    name: Name,
    driver: Driver,
    ...(config?.Subnet === undefined ? {} : { subnet: config.Subnet }),
    ...(config?.Gateway === undefined ? {} : { gateway: config.Gateway }),
    options: Options ?? {},
  };
}
