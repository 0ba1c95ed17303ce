import { isNapError, keys, type HostInfo } from '@nap/shared';
import { type Component, type ControlLoop, type PassResult } from '@nap/shared/runtime';
import {
  areNamesTrusted,
  createFiles,
  createMirrors,
  createNetwork,
  loopsOf,
  recall,
  type Remembered,
} from './agent-build.js';
import type { AgentParts } from './agent-parts.js';
import { CheckPublisher } from './check/check-publisher.js';
import { problemsOf } from './check/problems.js';
import type { ContainerFiles } from './container-files/container-files.js';
import { PlacementView } from './desired/placement-view.js';
import { ContainerWatch } from './docker/container-watch.js';
import { createContainer } from './execute/create-container.js';
import { createExecutors } from './execute/executors.js';
import { Runner } from './execute/runner.js';
import { Contact } from './host/contact.js';
import { hostInfo } from './host/host-info.js';
import { OwnLeases } from './host/own-leases.js';
import { Registration } from './host/registration.js';
import { HostsWriter, type HostsOutcome } from './hosts-file/hosts-writer.js';
import { ImageView } from './images/image-view.js';
import { pullImage } from './images/pull-image.js';
import { InstancePass } from './instance-pass.js';
import type { NameMirrors } from './names/name-mirrors.js';
import { NamePublisher } from './names/name-publisher.js';
import type { InstanceNetwork } from './network/instance-network.js';
import { currentReports } from './report/current-reports.js';
import { ReportPublisher } from './report/report-publisher.js';
import { AgentState } from './state/agent-state.js';
import { Resync } from './resync.js';
import { World } from './world.js';

const HOSTS_RETRY_MS = 500;
const UNSURE_MS = 200;

/**
 * One agent. Its loops share what is known (`World`) and wait for nothing but their own work: the engine is slow, names are
 * quick, and etcd may be away. Stopping it stops no container and revokes nothing: its lease runs on for its TTL, so that a
 * successor takes the records over before they could vanish.
 */
export function createAgent(parts: AgentParts): Component {
  // Built only when started: what was remembered is read first.
  let agent: Agent | undefined;
  return {
    name: 'agent',
    start: async (signal) => {
      agent = await build(parts);
      agent.start(signal);
    },
    stop: async () => {
      await agent?.stop();
    },
  };
}

/** For a pass that asks for no other time to look again. */
const onceDone = (work: Promise<unknown>): Promise<undefined> => work.then(() => undefined);

async function build(parts: AgentParts): Promise<Agent> {
  const state = new AgentState(parts.files, parts.settings.stateDir, parts.log);
  return new Agent(parts, state, await recall(state));
}

class Agent {
  private readonly parts: AgentParts;
  private readonly state: AgentState;
  private readonly placements: PlacementView;
  private readonly mirrors: NameMirrors;
  private readonly watch: ContainerWatch;
  private readonly network: InstanceNetwork;
  private readonly files: ContainerFiles;
  private readonly images: ImageView;
  private readonly world: World;
  private readonly registration: Registration;
  private readonly names: NamePublisher;
  private readonly hosts: HostsWriter;
  private readonly reports: ReportPublisher;
  private readonly checks: CheckPublisher;
  private readonly instances: InstancePass;
  private readonly runner: Runner;
  private readonly loops: Readonly<
    Record<'instances' | 'hosts' | 'names' | 'reports' | 'check' | 'cache' | 'host', ControlLoop>
  >;
  private readonly disposers: (() => void)[] = [];
  private outcome: HostsOutcome | undefined;
  private lastInfo: string | undefined;
  private readonly hostsResync: Resync;
  private readonly writesResync: Resync;
  private readonly contact: Contact;

  constructor(parts: AgentParts, state: AgentState, remembered: Remembered) {
    const { settings, store, docker, clock, log } = parts;
    const { host, address } = settings;
    this.parts = parts;
    this.contact = new Contact(clock);
    this.hostsResync = new Resync(clock, settings.resyncMs);
    this.writesResync = new Resync(clock, settings.resyncMs);
    this.state = state;
    this.placements = new PlacementView(
      host,
      store.mirror(keys.hostPlacements(host)),
      { cache: remembered.desired, history: remembered.history },
      log,
    );
    this.watch = new ContainerWatch({
      ...{ docker, clock, log },
      random: parts.random,
      engineStart: parts.engineStart,
    });
    this.mirrors = this.createMirrors(remembered);
    this.network = createNetwork(parts, remembered);
    this.files = createFiles(parts);
    this.images = new ImageView(docker, remembered.memory.pulls);
    const { placements, watch, mirrors, network, files, images } = this;
    this.world = new World(
      {
        ...{ host, address, placements, watch, mirrors },
        guestProjects: () => parts.oneOffs?.projects ?? new Set(),
      },
      remembered.memory.instances,
    );
    this.registration = this.createRegistration();
    this.names = new NamePublisher({
      ...{ host, store, placements, mirrors, log },
      session: () => this.registration.session,
      local: () => (this.watch.isKnown ? this.world.localNames() : undefined),
    });
    this.hosts = new HostsWriter({ host, io: parts.hostsFiles, log });
    this.reports = new ReportPublisher({
      ...{ store, placements, log },
      placementKey: (instance) => keys.placement(host, instance),
      reports: () => {
        const { world, instances, runner } = this;
        return currentReports({ world, instances, runner }, clock.nowMs());
      },
    });
    this.checks = new CheckPublisher({ host, store, clock, refreshMs: settings.resyncMs });
    const { world } = this;
    this.instances = new InstancePass({
      ...{ world, docker, network, files, images, state, clock, log },
      resyncMs: settings.resyncMs,
      engineLife: remembered.memory.engineLife,
      guests: parts.oneOffs,
      unreachedMs: () =>
        this.contact.unreachedMs(this.registration.session, placements.isHeaderMissing),
    });
    this.runner = this.createRunner();
    this.loops = this.createLoops();
    this.listen();
  }

  start(signal: AbortSignal): void {
    this.watch.start();
    for (const loop of Object.values(this.loops)) loop.start(signal);
    this.parts.oneOffs?.start(signal);
  }

  /** Nothing is withdrawn and no lease revoked: containers run on, and so do their names, unless the host goes down. */
  async stop(): Promise<void> {
    for (const dispose of this.disposers) dispose();
    const goingDown = await this.parts.goingDown();
    await Promise.all(Object.values(this.loops).map((loop) => loop.stop()));
    await this.parts.oneOffs?.stop();
    await this.runner.stop();
    await this.registration.leave(goingDown, this.placements.current().placements.values());
    await this.watch.stop();
    await this.instances.save();
    await this.saveCache();
  }

  private listen(): void {
    this.connectOneOffs();
    const { watch, placements } = this;
    const { oneOffs, api, pulse } = this.parts;
    const nothing = (): void => undefined;
    this.disposers.push(
      watch.onGuests(() => oneOffs?.nudge()),
      api?.onChange(() => {
        this.nudge('host');
      }) ?? nothing,
      pulse?.onChange(() => {
        this.nudge('check');
      }) ?? nothing,
      watch.onChange(() => {
        this.nudge('hosts', 'names', 'instances', 'reports');
      }),
      placements.onChange(() => {
        this.nudge('instances', 'hosts', 'names', 'reports', 'cache');
      }),
    );
  }

  private createMirrors(remembered: Remembered): NameMirrors {
    const { oneOffs } = this.parts;
    return createMirrors(this.parts, remembered, {
      onChange: () => {
        this.nudge('hosts', 'instances', 'names', 'cache');
        oneOffs?.nudgeByStore();
      },
      isTrusted: () => areNamesTrusted(this.placements.current(), oneOffs),
    });
  }

  private connectOneOffs(): void {
    const { network, hosts, files, world, mirrors } = this;
    this.parts.oneOffs?.connect({
      ...{ network, hosts, files, world, resyncMs: this.parts.settings.resyncMs },
      areNamesFresh: (project) => mirrors.get(project).isFresh,
      onChange: () => {
        this.nudge('instances', 'hosts');
      },
    });
  }

  private createRegistration(): Registration {
    const { settings, store, clock, log, machine, files } = this.parts;
    return new Registration({
      ...{ host: settings.host, store, clock, log, machine },
      leases: new OwnLeases(files, settings.runDir, log),
      leaseTtlS: settings.leaseTtlS,
      info: () => this.info(),
      api: () => this.parts.api?.endpoint,
      onLease: () => {
        // With the old lease etcd may have lost everything else: what is there is looked at anew.
        this.reports.forgetAll();
        this.names.forgetAll();
        this.checks.forget();
        this.nudge('instances', 'names', 'host', 'reports', 'check');
      },
    });
  }

  private createRunner(): Runner {
    const { settings, store, docker, logins, clock, log } = this.parts;
    const { world, network, watch, hosts, files, images, instances } = this;
    const executors = createExecutors({
      ...{ docker, watch, store, files, clock, log },
      ...{ host: settings.host, placements: this.placements },
      isOwnSession: (entry) => this.registration.isOwn(entry),
      pull: (step, signal) => pullImage(step, { docker, images, logins, log }, signal),
      create: (step) =>
        createContainer(step, { ...{ docker, network, hosts, files, world }, host: settings.host }),
      withdraw: async (container) => {
        world.withdraw(container);
        this.nudge('hosts');
        await this.names.flush();
      },
      onForgotten: (instance) => {
        world.forget(instance);
        this.reports.forget(instance);
      },
    });
    return new Runner({
      ...{ executors, clock, log },
      concurrency: settings.concurrency,
      onStep: () => {
        this.nudge('reports');
      },
      onDone: (step) => {
        instances.onStepDone(step);
      },
      onFailed: (step, err) => {
        instances.onStepFailed(step, err);
      },
      onIdle: (chain, isDone) => {
        instances.onChainOver(chain, isDone);
        this.nudge('instances', 'names', 'hosts', 'reports');
      },
      onBug: this.parts.onFatal,
    });
  }

  private createLoops(): Agent['loops'] {
    const loop = loopsOf(this.parts, () => this.runner.isAtWork);
    return {
      instances: loop('instances', async () => {
        if (!this.mayAct()) return this.watchOnly();
        const result = await this.instances.pass(this.runner);
        this.nudge('reports', 'names', 'hosts', 'cache');
        if (this.isInfoNew()) this.nudge('host');
        return result;
      }),
      hosts: loop('hosts', () => Promise.resolve(this.writeHosts())),
      names: loop('names', async () => {
        if (this.mayAct()) await this.names.flush();
        return undefined;
      }),
      reports: loop('reports', async ({ signal }) => {
        if (!this.mayAct()) return undefined;
        this.verifyWrites();
        await this.reports.publish(signal);
        return undefined;
      }),
      check: loop('check', async () => {
        const { outcome } = this;
        const isKnown = this.mayAct() && this.placements.current().isFresh;
        if (outcome === undefined || !isKnown) return undefined;
        await this.checks.publish(outcome, this.problems());
        return undefined;
      }),
      cache: loop('cache', () => onceDone(this.saveCache())),
      host: loop('host', ({ signal }) => this.register(signal)),
    };
  }

  private mayAct(): boolean {
    return this.registration.mayAct(this.placements.current().isFresh);
  }

  /** Somebody else may be this host: nothing is started, taken away or told, and what runs runs on. */
  private watchOnly(): PassResult {
    this.mirrors.follow(this.world.projects());
    return { wakeAtMs: this.parts.clock.nowMs() + UNSURE_MS };
  }

  private nudge(...names: readonly (keyof Agent['loops'])[]): void {
    for (const name of names) this.loops[name].nudge();
  }

  private async register(signal: AbortSignal): Promise<PassResult | undefined> {
    try {
      return await this.registration.pass(signal);
    } catch (err) {
      if (isNapError(err, 'BAD_CONFIG')) this.parts.onFatal(err);
      throw err;
    }
  }

  /** What the cluster is told of this host has changed: the engine was reached, the network chosen. */
  private isInfoNew(): boolean {
    const text = JSON.stringify(this.info());
    const isNew = text !== this.lastInfo;
    this.lastInfo = text;
    return isNew;
  }

  private info(): HostInfo | undefined {
    const { facts } = this.watch;
    const { choice } = this.network;
    if (facts === undefined || choice === undefined) return undefined;
    return hostInfo(this.parts.settings, this.parts.version, facts, choice);
  }

  private writeHosts(): PassResult | undefined {
    // Half a listing would look like containers that are gone, and take their names away.
    if (!this.watch.isKnown) return undefined;
    const before = this.outcome;
    this.outcome = this.hosts.update({
      placements: this.placements.current().placements,
      containers: this.watch.containers,
      guests: this.parts.oneOffs?.guests ?? [],
      names: this.world.names(),
      revisions: new Map(
        this.mirrors.projects.map((project) => [project, this.mirrors.get(project).revision]),
      ),
      dataRoot: this.watch.facts?.dataRoot,
      isFull: this.hostsResync.takeDue(),
    });
    const { problems, written } = this.outcome;
    for (const reason of problems) {
      if (before?.problems.includes(reason) !== true) this.parts.log.warn('hosts file', { reason });
    }
    if (written > 0) this.parts.log.debug('hosts files written', { written });
    this.nudge('check');
    return problems.length > 0
      ? { wakeAtMs: this.parts.clock.nowMs() + HOSTS_RETRY_MS }
      : undefined;
  }

  /** At every resync: whether etcd still has what this agent wrote; it may have been restored from a backup. */
  private verifyWrites(): void {
    if (!this.writesResync.takeDue()) return;
    this.reports.verify();
    this.names.verify();
    this.nudge('names');
  }

  private problems(): readonly string[] {
    const engine = this.watch.problem ?? this.parts.pulse?.problem?.message;
    const { doubted } = this.placements.current();
    const { unproven } = this.instances;
    return problemsOf({ engine, network: this.network.choice, unproven, doubted });
  }

  private async saveCache(): Promise<void> {
    // Only what is proven replaces what was known before.
    if (!this.placements.current().isFresh) return;
    const { history } = this.placements;
    const cache = this.placements.toCache();
    // First: what is doubted would be forgotten with the placements that it had.
    await this.state.saveHistory(history);
    if (cache !== undefined) await this.state.saveDesired(cache);
    if (this.mirrors.areFresh) await this.state.saveNames(this.world.names());
  }
}
