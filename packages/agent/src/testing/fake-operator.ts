import { Duplex, PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  FRAME,
  NapError,
  type EngineHappening,
  type ExecStart,
  type Image,
  type OwnContainer,
  type PathStat,
  type Pruned,
  type Stats,
  type Top,
} from '@nap/shared';
import { frame } from '../docker/frame-lines.js';
import type { Archive, ExecSession, LogQuery, OperatorPort } from '../docker/operator-port.js';
import type { FakeDocker } from './fake-docker.js';

const TIME = '2026-01-31T08:00:00.000000001Z';

/** The operator's side of the fake engine. What is run in its containers gives back its input and ends with 0. */
export class FakeOperator implements OperatorPort {
  /** Every call that changes something: `kill shop-web-1 SIGHUP`. */
  readonly calls: string[] = [];
  private readonly docker: FakeDocker;
  private readonly archives = new Map<string, Buffer>();

  constructor(docker: FakeDocker) {
    this.docker = docker;
  }

  async containers(): Promise<readonly OwnContainer[]> {
    const listed = await this.docker.list();
    const found = await Promise.all(listed.map(({ id }) => this.docker.inspect(id)));
    return found.flatMap((it) => {
      if (it === undefined) return [];
      const { id, name, instance, createdAtMs, run } = it;
      return { id, name, instance, createdAtMs, image: 'box', state: run.state, ports: [] };
    });
  }

  async logs(container: string, { follow }: LogQuery): Promise<Readable> {
    const { name } = await this.find(container);
    const stream = new PassThrough();
    stream.write(frame(FRAME.stdout, Buffer.from(`${TIME} words of ${name}\n`)));
    if (!follow) stream.end();
    return stream;
  }

  async exec(container: string, { command, terminal }: ExecStart): Promise<ExecSession> {
    const { name } = await this.findRunning(container);
    this.calls.push(`exec ${name} ${command.join(' ')}`);
    const output = new PassThrough();
    const stream = Duplex.from({
      readable: output,
      writable: async (input: AsyncIterable<Buffer | string>) => {
        for await (const chunk of input) {
          const bytes = Buffer.from(chunk);
          output.write(terminal === undefined ? frame(FRAME.stdout, bytes) : bytes);
        }
        output.end();
      },
    });
    return {
      ...{ stream, isTerminal: terminal !== undefined },
      resize: ({ columns, rows }) => this.note(`resize ${name} ${columns}x${rows}`),
      signal: (signal) => this.note(`signal ${name} ${signal}`),
      exitCode: () => Promise.resolve(0),
    };
  }

  async top(container: string): Promise<Top> {
    await this.findRunning(container);
    return { titles: ['PID', 'CMD'], processes: [['1', 'sh']] };
  }

  async *stats({ instance, name }: OwnContainer): AsyncIterable<Stats> {
    await this.findRunning(name);
    yield {
      ...{ instance, container: name, atMs: 0, cpuPercent: 1, processes: 1 },
      ...{ memoryBytes: 1, memoryLimitBytes: 2 },
      ...{ receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0 },
    };
  }

  async *happenings(): AsyncIterable<EngineHappening> {
    for (const { instance, name } of await this.containers()) {
      yield { atMs: 0, instance, container: name, action: 'create', facts: {} };
    }
  }

  async kill(container: string, signal: string): Promise<void> {
    const { name } = await this.findRunning(container);
    await this.note(`kill ${name} ${signal}`);
  }

  async statPath(container: string, path: string): Promise<PathStat> {
    await this.find(container);
    if (path === '/tmp') return { name: 'tmp', isDirectory: true, sizeBytes: 4096 };
    throw new NapError('DOCKER_NOT_FOUND', `no ${path}`);
  }

  async readArchive(container: string, path: string): Promise<Archive> {
    const stat = await this.statPath(container, path);
    return { stat, stream: Readable.from([this.archives.get(path) ?? Buffer.alloc(0)]) };
  }

  async writeArchive(container: string, path: string, archive: Readable): Promise<void> {
    await this.statPath(container, path);
    this.archives.set(path, await buffer(archive));
  }

  async images(): Promise<readonly Image[]> {
    const used = await this.containers();
    return [...this.docker.images].map((tag) => ({
      ...{ id: `sha256:${tag}`, tags: [`${tag}:latest`], sizeBytes: 1, createdAtMs: 0 },
      containers: used.length,
    }));
  }

  pruneImages(): Promise<Pruned> {
    return Promise.resolve({ removed: [], freedBytes: 0 });
  }

  private async find(container: string): Promise<OwnContainer> {
    const all = await this.containers();
    const found = all.find(({ id, name }) => id === container || name === container);
    if (found === undefined) throw new NapError('DOCKER_NOT_FOUND', `no container ${container}`);
    return found;
  }

  private async findRunning(container: string): Promise<OwnContainer> {
    const found = await this.find(container);
    if (found.state === 'running') return found;
    throw new NapError('DOCKER_CONFLICT', `container ${container} is not running`);
  }

  private note(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}
