import {
  clusterCodec,
  isNapError,
  keys,
  NapError,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type Link,
  type Placement,
  type ProjectName,
  type RunStart,
} from '@nap/shared';
import { createControlLoop, type Clock, type ControlLoop, type Log } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { ContainerFiles } from '../container-files/container-files.js';
import type { DockerPort } from '../docker/docker-port.js';
import type { OneOffPort } from '../docker/one-off-port.js';
import type { ExecSession } from '../docker/operator-port.js';
import type { CreateParts } from '../execute/create-container.js';
import type { Guest } from '../hosts-file/hosts-writer.js';
import { planOneOffs, type ObservedOneOff, type OneOffStep } from '../reconcile/one-off.js';
import { createOneOff } from './create-one-off.js';

export interface OneOffsParts {
  readonly host: HostId;
  readonly docker: Pick<DockerPort, 'create' | 'start' | 'stop' | 'imageId' | 'hasVolume'>;
  readonly port: OneOffPort;
  readonly store: Pick<Store, 'snapshot'>;
  /** With what this host knows of the registry; ends when the image is here. */
  readonly pull: (
    image: Pick<RunStart['spec'], 'image' | 'platform'>,
    onProgress: (pulledBytes: number, totalBytes: number) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface PullProgress {
  readonly pulledBytes: number;
  readonly totalBytes: number;
}

/** What only the agent's own parts can say and do, once it has started. */
export interface Connection extends Omit<CreateParts, 'host' | 'docker' | 'files'> {
  readonly resyncMs: number;
  readonly files: Pick<ContainerFiles, 'provideGiven' | 'pathOf'>;
  readonly areNamesFresh: (project: ProjectName) => boolean;
  /** Its names, its file, its address: something has changed. */
  readonly onChange: () => void;
}

export interface OpenedOneOff {
  /** Undefined where nobody waits for it. */
  readonly session: ExecSession | undefined;
  /** It has ended: where it was to be removed then, it is gone afterwards. Does not throw. */
  readonly finish: () => Promise<void>;
  /** It was told to end by who leaves now. */
  readonly end: () => void;
  /** Nobody here cares for it any more: what becomes of it is decided by what it is. */
  readonly release: () => void;
}

export interface OpenOptions {
  /** What configs and secrets hold, by digest. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly onPulling: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
}

const SPACING_MS = 100;
const NAMES_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 20;

/**
 * The one-offs of this host: starts them, and puts away what nobody needs any more, from what the engine says about them
 * alone. They are guests: no placement, no name and no report is theirs, but their hosts files have the names of their project.
 */
export class OneOffs {
  private readonly parts: OneOffsParts;
  private agent: Connection | undefined;
  private loop: ControlLoop | undefined;
  private known: readonly ObservedOneOff[] = [];
  /** Somebody here works with them; what they are linked to. */
  private readonly attended = new Map<InstanceId, readonly Link[]>();
  private readonly unwanted = new Set<InstanceId>();
  /** Steps on these containers are under way. */
  private readonly busy = new Set<string>();
  private readonly consumers = new Map<string, Pick<Placement, 'instance' | 'links'>>();
  private isOfThisCluster = false;

  constructor(parts: OneOffsParts) {
    this.parts = parts;
  }

  connect(agent: Connection): void {
    this.agent = agent;
    const { clock, log, random } = this.parts;
    this.loop = createControlLoop({
      ...{ name: 'one-offs', clock, log, jitter: random, minSpacingMs: SPACING_MS },
      resyncMs: agent.resyncMs,
      pass: async ({ signal }) => {
        await this.pass(signal);
      },
    });
  }

  start(signal: AbortSignal): void {
    this.loop?.start(signal);
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  nudge(): void {
    this.loop?.nudge();
  }

  /** What etcd says has changed. Where there are none it cannot matter, and names change with every start anywhere. */
  nudgeByStore(): void {
    if (this.known.length > 0) this.nudge();
  }

  /** Their ids, also of those that are just being made: what is theirs on this host is in use. */
  get instances(): ReadonlySet<InstanceId> {
    return new Set([...this.attended.keys(), ...this.known.map(({ instance }) => instance)]);
  }

  get projects(): ReadonlySet<ProjectName> {
    const own = [...this.instances].flatMap((it) => parseInstanceId(it)?.project ?? []);
    const links = [...this.attended.values(), ...this.known.map((it) => it.links)].flat();
    return new Set([...own, ...links.map(({ project }) => project)]);
  }

  get addresses(): ReadonlySet<string> {
    return new Set(this.known.flatMap(({ ip }) => ip ?? []));
  }

  /** etcd is that of their cluster: where no placement is at stake, its names are good for them. */
  get isClusterProven(): boolean {
    return this.isOfThisCluster;
  }

  /** Those that run, for their hosts files. */
  get guests(): readonly Guest[] {
    return this.known
      .filter(({ run }) => run.state === 'running')
      .map((container) => {
        const { id, instance, links } = container;
        // One object each: that it is the same one says that nothing about it has changed.
        const consumer = this.consumers.get(id) ?? { instance, links };
        this.consumers.set(id, consumer);
        return { container, consumer };
      });
  }

  /** Creates and starts one. Throws, and leaves nothing behind, when that cannot be. */
  async open(start: RunStart, options: OpenOptions): Promise<OpenedOneOff> {
    const agent = this.connected();
    const { instance } = start;
    if (this.instances.has(instance)) {
      throw new NapError('DOCKER_CONFLICT', `there is a one-off ${instance} already`);
    }
    this.attended.set(instance, start.links);
    try {
      await this.checkCluster(start, options.signal);
      await this.awaitNames(start, agent);
      await this.provideImage(start, options);
      await agent.files.provideGiven(instance, start.spec.files ?? [], options.files);
      const { id, session } = await this.createAndStart(start, agent);
      await this.look();
      return {
        session,
        finish: () => this.finish(id, start),
        end: () => {
          this.unwanted.add(instance);
        },
        release: () => {
          this.release(instance);
        },
      };
    } catch (err) {
      this.release(instance);
      throw err;
    }
  }

  private async createAndStart(
    start: RunStart,
    agent: Connection,
  ): Promise<{ readonly id: string; readonly session: ExecSession | undefined }> {
    const { docker, port, host } = this.parts;
    const id = await createOneOff(start, { ...agent, host, docker });
    try {
      const { hasInput, terminal, isDetached } = start;
      const isTerminal = terminal !== undefined;
      const session = isDetached ? undefined : await port.attach(id, { hasInput, isTerminal });
      // By name: what goes wrong is told with it.
      await docker.start(start.spec.containerName);
      if (terminal !== undefined) await session?.resize(terminal);
      return { id, session };
    } catch (err) {
      await port.remove(id, true);
      throw err;
    }
  }

  private async finish(id: string, { isRemovedAtEnd }: RunStart): Promise<void> {
    if (!isRemovedAtEnd) return;
    await this.parts.port.remove(id, true).catch((err: unknown) => {
      this.parts.log.warn('cannot remove a one-off; it is tried again', { container: id, err });
    });
  }

  private release(instance: InstanceId): void {
    this.attended.delete(instance);
    this.nudge();
    this.agent?.onChange();
  }

  private connected(): Connection {
    if (this.agent !== undefined) return this.agent;
    throw new NapError('AGENT_UNAVAILABLE', 'the agent is just starting', {
      hint: 'try again in a moment',
    });
  }

  /** The caller has read another etcd than this agent, or an earlier one. */
  private async checkCluster({ cluster }: RunStart, signal: AbortSignal): Promise<void> {
    const { entries } = await this.parts.store.snapshot([keys.cluster()], signal);
    const text = entries.get(keys.cluster())?.value;
    const own = text === undefined ? undefined : clusterCodec.decode(text, keys.cluster()).id;
    this.isOfThisCluster = own === cluster;
    if (this.isOfThisCluster) return;
    throw new NapError('CONFLICT', `the cluster of this agent is not that of the caller`, {
      hint: 'check --etcd and --prefix of both: see nap-controller doctor',
    });
  }

  /** They are in its hosts file from the first instruction of its program on. */
  private async awaitNames({ instance }: RunStart, agent: Connection): Promise<void> {
    const { clock, log } = this.parts;
    const project = parseInstanceId(instance)?.project;
    if (project === undefined) return;
    agent.onChange();
    const untilMs = clock.monotonicMs() + NAMES_WITHIN_MS;
    while (!agent.areNamesFresh(project)) {
      if (clock.monotonicMs() > untilMs) {
        log.warn('a one-off starts with the names that were known last', { instance });
        return;
      }
      await clock.sleep(LOOK_EVERY_MS);
    }
  }

  private async provideImage(start: RunStart, { onPulling, signal }: OpenOptions): Promise<void> {
    const { docker, pull } = this.parts;
    const { image, platform } = start.spec;
    const isHere = (await docker.imageId(image, platform)) !== undefined;
    if (start.pull === 'never' && !isHere) {
      throw new NapError(
        'IMAGE_NOT_FOUND',
        `${image} is not on this host, and is not to be pulled`,
        {
          hint: `nap-controller image pull ${image} --host ${this.parts.host}, or run --pull missing`,
        },
      );
    }
    if (isHere && start.pull !== 'always') return;
    const onProgress = (pulledBytes: number, totalBytes: number): void => {
      onPulling({ pulledBytes, totalBytes });
    };
    onProgress(0, 0);
    await pull({ image, ...(platform === undefined ? {} : { platform }) }, onProgress, signal);
  }

  private async look(): Promise<void> {
    const before = JSON.stringify(this.known);
    this.known = await this.parts.port.list();
    const ids = new Set(this.known.map(({ id }) => id));
    for (const id of this.consumers.keys()) if (!ids.has(id)) this.consumers.delete(id);
    const instances = new Set(this.known.map(({ instance }) => instance));
    for (const it of this.unwanted) {
      if (!instances.has(it) && !this.attended.has(it)) this.unwanted.delete(it);
    }
    if (JSON.stringify(this.known) !== before) this.agent?.onChange();
  }

  private async pass(signal: AbortSignal): Promise<void> {
    await this.look();
    if (this.known.length === 0) return;
    const { unwanted } = this;
    const attended = new Set(this.attended.keys());
    const orphaned = await this.orphans(signal);
    const containers = this.known.filter(({ id }) => !this.busy.has(id));
    for (const step of planOneOffs({ containers, attended, unwanted, orphaned })) {
      void this.carryOut(step);
    }
  }

  /** Whose project is gone: proven by etcd's own state at one revision. While it is away nothing is. */
  private async orphans(signal: AbortSignal): Promise<ReadonlySet<InstanceId>> {
    const specs = this.known.flatMap(({ instance }) => {
      const project = parseInstanceId(instance)?.project;
      return project === undefined ? [] : [keys.projectSpec(project)];
    });
    try {
      const { entries } = await this.parts.store.snapshot(
        [keys.cluster(), ...new Set(specs)],
        signal,
      );
      const text = entries.get(keys.cluster())?.value;
      const cluster = text === undefined ? undefined : clusterCodec.decode(text, keys.cluster()).id;
      this.isOfThisCluster = this.known.every((it) => it.cluster === cluster);
      const isGone = ({ instance, cluster: own }: ObservedOneOff): boolean => {
        const project = parseInstanceId(instance)?.project;
        return own === cluster && project !== undefined && !entries.has(keys.projectSpec(project));
      };
      return new Set(this.known.filter(isGone).map(({ instance }) => instance));
    } catch (err) {
      if (!isNapError(err)) throw err;
      return new Set();
    }
  }

  private async carryOut({ kind, container, reason, isWithVolumes }: OneOffStep): Promise<void> {
    const { docker, port, log } = this.parts;
    const { id, name, stopGraceMs, hasTerminal } = container;
    this.busy.add(id);
    log.info(`${kind} a one-off`, { container: name, reason });
    try {
      if (kind === 'remove') await port.remove(id, isWithVolumes);
      else {
        // A shell at a terminal pays no heed to SIGTERM.
        if (hasTerminal) await port.hangUp(id);
        await docker.stop(id, stopGraceMs);
      }
    } catch (err) {
      log.warn(`cannot ${kind} a one-off; it is tried again`, { container: name, err });
    } finally {
      this.busy.delete(id);
      this.nudge();
    }
  }
}
