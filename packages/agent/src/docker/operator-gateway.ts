import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { z } from 'zod';
import {
  isNapError,
  isServiceName,
  isSpecHash,
  type EngineHappening,
  type ExecStart,
  type Image,
  type OwnContainer,
  type PathStat,
  type Pruned,
  type Stats,
  type Top,
} from '@nap/shared';
import { callEngine } from './call-engine.js';
import { dial } from './dial.js';
import { openExec } from './exec-session.js';
import { FrameLines } from './frame-lines.js';
import { isOneOff, LABEL, notInherited, readInstance, type Labels } from './labels.js';
import { mapEngineError } from './map-errors.js';
import type {
  Archive,
  ExecSession,
  HappeningQuery,
  LogQuery,
  OperatorPort,
  StatsOptions,
} from './operator-port.js';
import { openRawStream } from './raw-stream.js';
import { isInDoubt, listedLabels, listedName } from './read-listed.js';
import { readStats } from './read-stats.js';

const PRUNE_DEADLINE_MS = 10 * 60_000;

/** The operator's port on dockerode. Every call has a deadline until its answer begins; a stream lasts as long as it lasts. */
export function openOperatorDocker(socketPath: string): OperatorPort {
  return new OperatorGateway(new Docker({ socketPath }), socketPath);
}

class OperatorGateway implements OperatorPort {
  private readonly docker: Docker;
  private readonly socketPath: string;

  constructor(docker: Docker, socketPath: string) {
    this.docker = docker;
    this.socketPath = socketPath;
  }

  async containers(): Promise<readonly OwnContainer[]> {
    const filters = { label: [LABEL.cluster] };
    const listed = await callEngine('list containers', (abortSignal) =>
      this.docker.listContainers({ all: true, filters, abortSignal }),
    );
    const found = await Promise.all(
      listed.map(async (it) => toOwnContainer(it, await this.labelsOf(it))),
    );
    return found.flatMap((it) => it ?? []);
  }

  async logs(container: string, query: LogQuery): Promise<Readable> {
    const what = `read the log of container ${container}`;
    const details = await callEngine(what, (abortSignal) =>
      this.docker.getContainer(container).inspect({ abortSignal }),
    );
    const wanted = { stdout: true, stderr: true, timestamps: true, ...query };
    const asked = Object.entries(wanted).map(([name, value]) => `${name}=${value}`);
    const path = `/containers/${container}/logs?${asked.join('&')}`;
    const stream = await callEngine(what, (signal) => openRawStream(this.socketPath, path, signal));
    if (!details.Config.Tty) return stream;
    const lines = new FrameLines();
    stream.once('error', (err) => lines.destroy(err));
    lines.once('close', () => stream.destroy());
    return stream.pipe(lines);
  }

  async exec(container: string, request: ExecStart): Promise<ExecSession> {
    const what = `run ${request.command[0] ?? ''} in container ${container}`;
    return callEngine(what, (abortSignal) =>
      openExec(this.docker.getContainer(container), request, abortSignal),
    );
  }

  async top(container: string, args: string | undefined): Promise<Top> {
    const found: unknown = await callEngine(
      `list the processes of container ${container}`,
      (abortSignal) =>
        this.docker.getContainer(container).top({ ps_args: args ?? '-ef', abortSignal }),
    );
    const { Titles: titles, Processes } = topSchema.parse(found);
    return { titles, processes: Processes ?? [] };
  }

  async *stats(container: OwnContainer, { isStream, signal }: StatsOptions): AsyncIterable<Stats> {
    const stream = await callEngine(`ask what container ${container.name} uses`, (abortSignal) =>
      dial(this.docker, {
        ...{ method: 'GET', path: `/containers/${container.id}/stats?`, signal: abortSignal },
        query: { stream: isStream },
      }),
    );
    for await (const value of jsonLines(stream, signal)) {
      const stats = readStats(value, container);
      if (stats !== undefined) yield stats;
    }
  }

  async *happenings({ sinceMs, untilMs, signal }: HappeningQuery): AsyncIterable<EngineHappening> {
    const stream = await callEngine('follow the events of dockerd', (abortSignal) =>
      dial(this.docker, {
        ...{ method: 'GET', path: '/events?', signal: abortSignal },
        query: {
          filters: JSON.stringify({ type: ['container'], label: [LABEL.cluster] }),
          since: inSeconds(sinceMs),
          until: inSeconds(untilMs),
        },
      }),
    );
    for await (const value of jsonLines(stream, signal)) {
      const happening = readHappening(value);
      if (happening !== undefined) yield happening;
    }
  }

  async kill(container: string, signal: string): Promise<void> {
    await callEngine(`send ${signal} to container ${container}`, (abortSignal) =>
      this.docker.getContainer(container).kill({ signal, abortSignal }),
    );
  }

  async readArchive(container: string, path: string): Promise<Archive> {
    const what = `read ${path} in container ${container}`;
    const answer = await callEngine(what, (signal) =>
      dial(this.docker, {
        ...{ method: 'GET', path: `/containers/${container}/archive?`, query: { path }, signal },
      }),
    );
    return { stat: readPathStat(answer.headers), stream: answer };
  }

  async statPath(container: string, path: string): Promise<PathStat> {
    const what = `find ${path} in container ${container}`;
    const answer = await callEngine(what, (signal) =>
      dial(this.docker, {
        ...{ method: 'HEAD', path: `/containers/${container}/archive?`, query: { path }, signal },
      }),
    );
    answer.destroy();
    return readPathStat(answer.headers);
  }

  async writeArchive(container: string, path: string, body: Readable): Promise<void> {
    try {
      const answer = await dial(this.docker, {
        ...{ method: 'PUT', path: `/containers/${container}/archive?`, query: { path }, body },
      });
      answer.resume();
    } catch (err) {
      throw mapEngineError(err, { what: `write to ${path} in container ${container}` });
    }
  }

  async images(): Promise<readonly Image[]> {
    const [images, containers] = await callEngine('list images', (abortSignal) =>
      Promise.all([
        this.docker.listImages({ abortSignal }),
        this.docker.listContainers({ all: true, abortSignal }),
      ]),
    );
    return images.map(({ Id, RepoTags, Size, Created }) => ({
      id: Id,
      // Of an image without a tag the engine says this, or nothing.
      tags: ((RepoTags as string[] | null) ?? []).filter((tag) => tag !== '<none>:<none>'),
      sizeBytes: Size,
      createdAtMs: Created * 1000,
      containers: containers.filter(({ ImageID }) => ImageID === Id).length,
    }));
  }

  async pruneImages(all: boolean): Promise<Pruned> {
    const found: unknown = await callEngine(
      'prune images',
      (abortSignal) =>
        this.docker.pruneImages({ filters: { dangling: [all ? 'false' : 'true'] }, abortSignal }),
      PRUNE_DEADLINE_MS,
    );
    const { ImagesDeleted, SpaceReclaimed } = prunedSchema.parse(found);
    return {
      removed: (ImagesDeleted ?? []).flatMap(({ Untagged }) => Untagged ?? []),
      freedBytes: SpaceReclaimed,
    };
  }

  private async labelsOf(listed: Docker.ContainerInfo): Promise<Labels> {
    if (!isInDoubt(listed)) return listedLabels(listed);
    const container = this.docker.getContainer(listed.Id);
    try {
      const { Config } = await callEngine(`inspect container ${listed.Id}`, (abortSignal) =>
        container.inspect({ abortSignal }),
      );
      return notInherited(Config.Labels, Config.Image);
    } catch (err) {
      // Gone since it was listed.
      if (isNapError(err, 'DOCKER_NOT_FOUND')) return {};
      throw err;
    }
  }
}

const inSeconds = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : (ms / 1000).toFixed(3);

/** Ends quietly when the signal aborts; throws DOCKER_UNAVAILABLE when the stream breaks off. */
async function* jsonLines(stream: Readable, signal: AbortSignal): AsyncIterable<unknown> {
  const stop = (): void => void stream.destroy();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of createInterface({ input: stream })) {
      if (line !== '') yield JSON.parse(line);
    }
  } catch (err) {
    if (!signal.aborted) throw mapEngineError(err, { what: 'go on reading from dockerd' });
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

const topSchema = z.object({
  Titles: z.array(z.string()),
  Processes: z.array(z.array(z.string())).nullish(),
});

const prunedSchema = z.object({
  ImagesDeleted: z.array(z.object({ Untagged: z.string().optional() })).nullish(),
  SpaceReclaimed: z.number(),
});

function toOwnContainer(listed: Docker.ContainerInfo, labels: Labels): OwnContainer | undefined {
  const { Id: id, Image: image, State: state, Created, Ports } = listed;
  const instance = readInstance(labels);
  if (instance === undefined) return undefined;
  const specHash = labels[LABEL.specHash] ?? '';
  // Only what is published has an address and a port of the host, whatever the library's types say.
  const ports = (Ports as readonly Partial<Docker.Port>[]).flatMap(
    ({ IP, PrivatePort, PublicPort, Type }) =>
      PublicPort === undefined || PrivatePort === undefined
        ? []
        : {
            address: IP ?? '0.0.0.0',
            containerPort: PrivatePort,
            hostPort: PublicPort,
            protocol: Type ?? 'tcp',
          },
  );
  return {
    ...{ id, name: listedName(listed), image, state, ports, instance },
    createdAtMs: Created * 1000,
    ...(isSpecHash(specHash) ? { specHash } : {}),
    ...oneOffOf(labels, listed.Status),
  };
}

function oneOffOf(labels: Labels, status: string): Pick<OwnContainer, 'oneOff' | 'status'> {
  const service = labels[LABEL.service] ?? '';
  if (!isOneOff(labels) || !isServiceName(service)) return {};
  return { status, oneOff: { service, isRemovedAtEnd: labels[LABEL.removeAtEnd] === 'true' } };
}

const happeningSchema = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});

/** What is worth telling beside the action; labels are left out, they are the same each time. */
const FACTS = ['exitCode', 'signal', 'image', 'oldName', 'execDuration'] as const;

function readHappening(value: unknown): EngineHappening | undefined {
  const parsed = happeningSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { Action: action, Actor, timeNano } = parsed.data;
  const { Attributes: attributes } = Actor;
  const instance = readInstance(notInherited(attributes, attributes['image']));
  if (instance === undefined) return undefined;
  const facts = FACTS.flatMap((name) => {
    const fact = attributes[name];
    return fact === undefined ? [] : [[name, fact] as const];
  });
  return {
    atMs: Math.floor(timeNano / 1e6),
    instance,
    container: attributes['name'] ?? '',
    action,
    facts: Object.fromEntries(facts),
  };
}

const statSchema = z.object({ name: z.string(), size: z.number(), mode: z.number() });
/** Go's bit for a directory. */
const IS_DIRECTORY = 2 ** 31;

function readPathStat(headers: Readonly<Record<string, unknown>>): PathStat {
  const text = headers['x-docker-container-path-stat'];
  const json = Buffer.from(typeof text === 'string' ? text : '', 'base64').toString('utf8');
  const { name, size: sizeBytes, mode } = statSchema.parse(JSON.parse(json));
  return { name, sizeBytes, isDirectory: mode >= IS_DIRECTORY };
}
