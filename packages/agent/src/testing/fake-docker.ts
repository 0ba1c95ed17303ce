import { NapError } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { CreateRequest } from '../docker/create-body.js';
import type {
  DockerPort,
  EngineEvent,
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
} from '../docker/docker-port.js';
import type { EngineStart } from '../docker/engine-start.js';
import { applyEdits } from '../hosts-file/render.js';
import type { HostsFileIo } from '../hosts-file/write.js';
import type { ObservedContainer, ObservedNetwork } from '../reconcile/observed.js';
import {
  addressFor,
  DATA_ROOT,
  engineHostsText,
  fileOwner,
  foreignBody,
  hostsPath,
  isUp,
  networkOf,
  observe,
  ownLabelsOf,
  volumesOf,
  type Held,
} from './fake-container.js';
import { FakeVersions } from './fake-versions.js';
import type { Command, FakeDockerOptions, Program, Wait } from './fake-docker-options.js';
import { FakeEventStreams } from './fake-events.js';

export type { Command, FakeDockerOptions, Program } from './fake-docker-options.js';

/**
 * An engine in memory that behaves like the port, hosts files included; the contract test compares it with a real one.
 * Faults are methods of their own. Container ids are 64 digits and count up.
 */
export class FakeDocker implements DockerPort {
  /** Every call that changes something, in order: `start shop-web-1`. */
  readonly calls: string[] = [];
  readonly images = new Set<string>();
  /** Of all its images. */
  readonly platform = 'linux/amd64';
  readonly versions = new FakeVersions();
  /** What `pull` finds. */
  readonly registry = new Set<string>();
  readonly volumes = new Set<string>();
  readonly files = new Map<string, string>();
  started: EngineStart;
  command: Command = () => undefined;
  private readonly clock: Clock;
  private readonly program: Program;
  private readonly prefix: string;
  private readonly held = new Map<string, Held>();
  private readonly networks = new Map<string, NetworkFacts>();
  private readonly streams = new FakeEventStreams();
  private readonly failures = new Map<string, NapError[]>();
  private readonly delaysMs = new Map<string, number>();
  private count = 0;
  private isUp = true;

  constructor(options: FakeDockerOptions) {
    this.clock = options.clock;
    this.prefix = options.prefix ?? '172.17.0';
    const subnet = `${this.prefix}.0/${options.prefix === undefined ? 16 : 24}`;
    this.networks.set('bridge', { name: 'bridge', driver: 'bridge', subnet, options: {} });
    this.program = options.program ?? (() => undefined);
    this.started = { atMs: options.clock.nowMs(), life: '1' };
  }

  /** In-memory hosts files: as on disk, they exist from the first start on. */
  readonly hostsFiles: HostsFileIo = {
    withFile: (path, use) => {
      const read = (): string => {
        const text = this.files.get(path);
        if (text === undefined) throw new NapError('DOCKER_NOT_FOUND', `no file ${path}`);
        return text;
      };
      read();
      return use({ read, write: (edits) => this.files.set(path, applyEdits(read(), edits)) });
    },
  };

  /** The next call of this kind fails. */
  failNext(call: string, err: NapError): void {
    this.failures.set(call, [...(this.failures.get(call) ?? []), err]);
  }

  /** From now on this kind of call takes so long. */
  slow(call: string, ms: number): void {
    this.delaysMs.set(call, ms);
  }

  /** Names, in order of creation. */
  get running(): readonly string[] {
    return [...this.held.values()].filter(isUp).map((it) => it.name);
  }

  get ids(): readonly string[] {
    return [...this.held.keys()];
  }

  get names(): readonly string[] {
    return [...this.held.values()].map((it) => it.name);
  }

  /** What nap would observe: at once, and also while the engine is down. */
  get observed(): readonly ObservedContainer[] {
    return [...this.held.values()].flatMap((it) => observe(it) ?? []);
  }

  hostsFile(name: string): string {
    return this.files.get(hostsPath(this.find(name).id)) ?? '';
  }

  /** The program ends by itself. */
  exit(name: string, exitCode: number): void {
    const container = this.find(name);
    this.end(container, exitCode);
    this.emit('die', container);
  }

  /** A container that is not nap's; with an address it runs. */
  addForeign(name: string, address?: string, body: CreateRequest['body'] = foreignBody()): string {
    const foreign = this.add({ name, body });
    if (address !== undefined) this.run(foreign, address);
    return foreign.id;
  }

  /** The engine goes down; its containers with it. Without events when it crashes, or nobody is there to hear them. */
  halt(how: 'stopped' | 'crashed', exitCode = 137): void {
    for (const container of this.held.values()) {
      if (!isUp(container)) continue;
      if (how === 'stopped') this.emit('kill', container);
      this.end(container, exitCode);
      if (how === 'stopped') this.emit('die', container);
    }
    this.isUp = false;
    this.streams.endAll();
  }

  boot(): void {
    this.isUp = true;
    this.started = { atMs: this.clock.nowMs(), life: `${Number(this.started.life) + 1}` };
  }

  async facts(): Promise<EngineFacts> {
    await this.enter('facts');
    return {
      version: '20.10.24',
      apiVersion: '1.41',
      cpus: 2,
      memoryBytes: 2 ** 31,
      os: 'linux',
      architecture: 'x86_64',
      dataRoot: DATA_ROOT,
    };
  }

  async list(): Promise<readonly ListedContainer[]> {
    await this.enter('list');
    return [...this.held.values()].map((it) => {
      const { id, name } = it;
      return { id, name, isOurs: ownLabelsOf(it) !== undefined };
    });
  }

  async inspect(container: string): Promise<ObservedContainer | undefined> {
    await this.enter('inspect');
    const found = this.lookUp(container);
    return found === undefined ? undefined : observe(found);
  }

  async imageId(image: string, platform?: string): Promise<string | undefined> {
    await this.enter('imageId');
    const isOfPlatform = platform === undefined || platform === this.platform;
    return this.images.has(image) && isOfPlatform ? this.versions.id(image) : undefined;
  }

  async pull({ image }: PullRequest): Promise<void> {
    await this.enter('pull', image);
    if (!this.registry.has(image)) throw new NapError('IMAGE_NOT_FOUND', `no image ${image}`);
    this.images.add(image);
    this.versions.pull(image);
  }

  async create(request: CreateRequest): Promise<string> {
    await this.enter('create', request.name);
    if (!this.images.has(request.body.Image)) {
      throw new NapError('DOCKER_NOT_FOUND', `No such image: ${request.body.Image}`);
    }
    if (this.names.includes(request.name)) {
      throw new NapError('DOCKER_CONFLICT', `the name ${request.name} is taken`);
    }
    return this.add(request).id;
  }

  async start(container: string): Promise<void> {
    await this.enter('start', this.nameOf(container));
    const found = this.find(container);
    if (isUp(found)) return;
    this.mustRun(networkOf(found));
    this.run(
      found,
      networkOf(found) === 'own' ? addressFor(found, this.held.values(), this.prefix) : undefined,
    );
    if (fileOwner(found) === found.id) this.files.set(hostsPath(found.id), engineHostsText(found));
    this.emit('start', found);
    const ended = this.program(found.request);
    if (ended !== undefined) {
      this.end(found, ended.exitCode);
      this.emit('die', found);
    }
  }

  async exec(
    container: string,
    { command }: ExecRequest,
    { deadlineMs, signal }: ExecOptions,
  ): Promise<ExecOutcome> {
    const isLate = (this.delaysMs.get('exec') ?? 0) > deadlineMs;
    await this.enter('exec', `${this.nameOf(container)} ${command.join(' ')}`, {
      atMostMs: deadlineMs,
      signal,
    });
    if (!isUp(this.find(container))) throw new NapError('DOCKER_CONFLICT', 'it is not running');
    if (isLate) throw new NapError('TIMEOUT', 'it took too long');
    return this.command(command) ?? { exitCode: 0, output: '' };
  }

  async stop(container: string): Promise<void> {
    await this.enter('stop', this.nameOf(container));
    const found = this.lookUp(container);
    if (found === undefined || !isUp(found)) return;
    this.emit('kill', found);
    this.end(found, 143);
    this.emit('die', found);
    this.emit('stop', found);
  }

  async remove(container: string): Promise<void> {
    await this.enter('remove', this.nameOf(container));
    const found = this.lookUp(container);
    if (found === undefined) return;
    if (isUp(found)) {
      this.emit('kill', found);
      this.end(found, 137);
      this.emit('die', found);
    }
    this.held.delete(found.id);
    this.files.delete(hostsPath(found.id));
    this.emit('names', found);
  }

  async rename(container: string, to: string): Promise<void> {
    await this.enter('rename', to);
    if (this.names.includes(to)) throw new NapError('DOCKER_CONFLICT', `the name ${to} is taken`);
    const found = this.find(container);
    found.name = to;
    this.emit('names', found);
  }

  async hasVolume(volume: string): Promise<boolean> {
    return this.enter('hasVolume').then(() => this.volumes.has(volume));
  }

  async removeVolume(volume: string): Promise<void> {
    await this.enter('removeVolume', volume);
    const user = [...this.held.values()].find(({ volumes }) =>
      volumes.some(({ name }) => name === volume),
    );
    if (user !== undefined) throw new NapError('DOCKER_CONFLICT', `volume ${volume} is in use`);
    this.volumes.delete(volume);
  }

  async lastLines(): Promise<string> {
    await this.enter('lastLines');
    return 'last words';
  }

  async network(name: string): Promise<NetworkFacts | undefined> {
    await this.enter('network');
    return this.networks.get(name);
  }

  async createNetwork(request: NetworkRequest): Promise<void> {
    await this.enter('createNetwork', request.name);
    this.networks.set(request.name, { ...request, driver: 'bridge' });
  }

  async events(handlers: EventHandlers, options: EventOptions): Promise<void> {
    await this.enter('events');
    await this.streams.follow(handlers, options);
  }

  /** Sets the health of a running container, as its check would. */
  setHealth(name: string, health: 'healthy' | 'unhealthy'): void {
    const container = this.find(name);
    if (container.run.state === 'running') container.run = { ...container.run, health };
    this.emit('other', container);
  }

  private add(request: CreateRequest): Held {
    this.count += 1;
    const id = this.count.toString(16).padStart(64, '0');
    const volumes = volumesOf(id, request);
    for (const { name } of volumes) this.volumes.add(name);
    const createdAtMs = this.clock.nowMs();
    const { name } = request;
    const held: Held = {
      ...{ id, name, request, createdAtMs, volumes },
      imageId: this.versions.id(request.body.Image),
      run: { state: 'created' },
      ip: undefined,
    };
    this.held.set(id, held);
    this.emit('create', held);
    return held;
  }

  /** The engine joins no network of a container that does not run. */
  private mustRun(network: ObservedNetwork): void {
    if (typeof network === 'string') return;
    const partner = this.lookUp(network.container);
    if (partner === undefined || !isUp(partner)) {
      throw new NapError('DOCKER_CONFLICT', `cannot join container ${network.container}`);
    }
  }

  private run(container: Held, ip: string | undefined): void {
    const startedAtMs = this.clock.nowMs();
    const startedAt = new Date(startedAtMs).toISOString();
    const health = container.request.body.Healthcheck === undefined ? 'none' : 'starting';
    container.run = { state: 'running', startedAt, startedAtMs, health, isPaused: false };
    container.ip = ip;
  }

  private end(container: Held, exitCode: number): void {
    const { run } = container;
    if (run.state !== 'running') return;
    const { startedAt, startedAtMs } = run;
    const finishedAtMs = this.clock.nowMs();
    container.run = { state: 'exited', startedAt, startedAtMs, finishedAtMs, exitCode };
    container.ip = undefined;
  }

  private lookUp(container: string): Held | undefined {
    return (
      this.held.get(container) ?? [...this.held.values()].find(({ name }) => name === container)
    );
  }

  private find(container: string): Held {
    const found = this.lookUp(container);
    if (found === undefined) throw new NapError('DOCKER_NOT_FOUND', `no container ${container}`);
    return found;
  }

  private nameOf(container: string): string {
    return this.lookUp(container)?.name ?? container;
  }

  private emit(kind: EngineEvent['kind'], container: Held): void {
    this.streams.send({
      kind,
      containerId: container.id,
      name: container.name,
      isOurs: ownLabelsOf(container) !== undefined,
      atMs: this.clock.nowMs(),
    });
  }

  private async delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.clock.sleep(ms, signal);
    } catch (cause) {
      throw new NapError('DOCKER_UNAVAILABLE', 'nobody waits for the answer', { cause });
    }
  }

  /** Every call takes a turn, and may find the engine gone or be told to fail. */
  private async enter(call: string, about?: string, wait: Wait = {}): Promise<void> {
    const delayMs = Math.min(this.delaysMs.get(call) ?? 0, wait.atMostMs ?? Infinity);
    await (delayMs > 0 ? this.delay(delayMs, wait.signal) : Promise.resolve());
    if (!this.isUp) throw new NapError('DOCKER_UNAVAILABLE', 'dockerd does not answer (fake)');
    if (about !== undefined) this.calls.push(`${call} ${about}`);
    const [failure, ...rest] = this.failures.get(call) ?? [];
    if (failure === undefined) return;
    this.failures.set(call, rest);
    throw failure;
  }
}
