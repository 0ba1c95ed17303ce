import { messageOf, type InstanceId, type NapError, type Placement } from '@nap/shared';
import type { Clock, Log, PassResult } from '@nap/shared/runtime';
import type { ContainerFiles } from './container-files/container-files.js';
import type { DockerPort } from './docker/docker-port.js';
import { isAddressRefused } from './docker/map-errors.js';
import { isOutage, troubleOf } from './execute/trouble-of.js';
import type { Runner } from './execute/runner.js';
import type { ImageView } from './images/image-view.js';
import type { InstanceNetwork } from './network/instance-network.js';
import type { OneOffs } from './one-offs/one-offs.js';
import {
  afterAddressRefused,
  afterCreation,
  afterEngineOutage,
  afterFailedHook,
  afterHooks,
  afterLastLines,
  afterPull,
  afterRefresh,
  afterRefreshFailed,
  afterStart,
  afterStartOfFormer,
  afterTrouble,
  type HookedRun,
} from './reconcile/memory.js';
import { endedRuns, noteExits, type Notes } from './reconcile/note-exits.js';
import type { ObservedContainer } from './reconcile/observed.js';
import { reconcile, type Desired } from './reconcile/reconcile.js';
import { waitingSince, type Situation } from './reconcile/situation.js';
import type { Chain, Step, StepOf, StepReason } from './reconcile/step.js';
import type { AgentState } from './state/agent-state.js';
import type { World } from './world.js';

export interface InstancePassParts {
  readonly world: World;
  readonly docker: Pick<DockerPort, 'lastLines'>;
  readonly images: ImageView;
  readonly network: InstanceNetwork;
  readonly files: Pick<ContainerFiles, 'tidy'>;
  readonly state: AgentState;
  readonly clock: Clock;
  readonly log: Log;
  readonly resyncMs: number;
  /** The start of the engine that was seen last, in an earlier life of this agent: see `EngineStart`. */
  readonly engineLife: string | undefined;
  /** Containers beside the instances that have addresses and files of their own on this host. */
  readonly guests?: Pick<OneOffs, 'instances' | 'addresses'> | undefined;
  /** For how long etcd has been out of reach: see `ReconcileInput`. */
  readonly unreachedMs: () => number | undefined;
}

const LAST_LINES = 10;
const LAST_CHARS = 500;
const RESTARTS: ReadonlySet<StepReason> = new Set(['program-ended', 'taken-down', 'interrupted']);

/**
 * The loop that makes the engine match the placements. A pass looks, decides and hands steps to the runner; it waits for
 * none of them, so that a slow image or a slow stop holds up nothing else.
 */
export class InstancePass {
  private readonly parts: InstancePassParts;
  private current: ReadonlyMap<InstanceId, Judged> = new Map();
  private waitingSince: ReadonlyMap<InstanceId, number> = new Map();
  private left: readonly ObservedContainer[] = [];
  private refreshedAtMs: number | undefined;
  private engineLife: string | undefined;
  private formerRuns: ReadonlySet<string> = new Set();
  private wasLive = false;
  private isTidyDue = false;

  constructor(parts: InstancePassParts) {
    this.parts = parts;
    this.engineLife = parts.engineLife;
  }

  /** Undefined while this placement was not looked at: what was true of the one before must not be said of it. */
  situationOf({ instance, specHash, wanted }: Placement): Situation | undefined {
    const judged = this.current.get(instance);
    const isOfThis = judged?.specHash === specHash && judged.wanted === wanted;
    return isOfThis ? judged.situation : undefined;
  }

  /** Containers that are left alone because nothing proves that they are not wanted. */
  get unproven(): readonly ObservedContainer[] {
    return this.left;
  }

  async pass(runner: Runner): Promise<PassResult | undefined> {
    const { world, images, clock } = this.parts;
    const { placements, watch, mirrors } = world.parts;
    mirrors.follow(world.projects());
    await this.refresh();
    const { facts, isLive } = watch;
    if (!isLive || facts === undefined) return undefined;
    const desired = placements.current();
    const notes = await this.note(desired);
    await images.look(desired, watch.containers, world.memory);
    this.releaseAddresses(desired);
    endUnneededPulls(runner, desired);
    const { busy } = runner;
    await this.tidyFiles(desired, busy);
    const nowMs = clock.nowMs();
    const result = reconcile({
      nowMs,
      host: world.parts.host,
      platform: { os: facts.os, architecture: facts.architecture },
      desired,
      containers: watch.containers,
      foreignNames: watch.foreignNames,
      images: images.present,
      pulls: images.pulls,
      names: world.names(),
      freshNames: mirrors.fresh,
      doubtful: mirrors.doubtful(),
      memory: world.memory,
      waitingSince: this.waitingSince,
      busy,
      stopping: runner.stopping,
      unreachedMs: this.parts.unreachedMs(),
    });
    this.left = result.unproven;
    this.waitingSince = waitingSince(this.waitingSince, result.situations, { busy, nowMs });
    this.current = this.merge(judge(result.situations, desired), busy);
    // A cause that was decided must be on disk before anything follows from it.
    await this.save();
    for (const chain of result.chains) runner.submit(chain);
    const wakes = [notes.wakeAtMs, result.wakeAtMs].filter((at) => at !== undefined);
    return wakes.length > 0 ? { wakeAtMs: Math.min(...wakes) } : undefined;
  }

  /** Writes what is remembered; the agent goes on when the disk does not. */
  async save(): Promise<void> {
    const { world, network, images, state, log } = this.parts;
    try {
      await state.saveMemory({
        instances: world.memory,
        addresses: network.addresses,
        hasFlannel: network.hasFlannel,
        pulls: images.pulls,
        engineLife: this.engineLife,
      });
    } catch (err) {
      log.error('cannot save what is remembered', { err });
    }
  }

  onStepDone(step: Step): void {
    const { world, images, clock } = this.parts;
    const nowMs = clock.nowMs();
    if (step.kind === 'pull') {
      images.notePull(step, nowMs);
      this.onPulled(step, nowMs);
    }
    if (step.kind === 'post-start') {
      world.change(step.instance, (memory) => afterHooks(memory, hookedRun(step)));
    }
    if (step.kind === 'create') world.change(step.instance, afterCreation);
    if (step.kind === 'start') {
      const isRestart = RESTARTS.has(step.reason);
      const started = this.startedBy(step)?.specHash;
      world.change(step.instance, (memory) =>
        started === undefined || started === memory.specHash
          ? afterStart(memory, isRestart, step.restart)
          : afterStartOfFormer(memory, step.restart),
      );
    }
  }

  /** Whoever asked for it: a container that is there stays, unless it is of another image than was found. */
  private onPulled({ instance, refresh, ...image }: StepOf<'pull'>, nowMs: number): void {
    const { world, images } = this.parts;
    const id = images.idOf(image);
    const there = refresh?.container;
    const outdated = there !== undefined && id !== undefined && id !== there.imageId;
    world.change(instance, (memory) => {
      const pulled = there === undefined || outdated ? afterPull(memory, nowMs) : memory;
      if (refresh === undefined) return pulled;
      return afterRefresh(pulled, refresh.asked, outdated ? there.id : undefined);
    });
  }

  onStepFailed(step: Step, err: NapError): void {
    const { world, clock } = this.parts;
    const nowMs = clock.nowMs();
    const trouble = troubleOf(err, step, world.parts.watch.containers);
    if (step.kind === 'pull' && step.refresh?.container !== undefined) {
      const { asked } = step.refresh;
      const message = trouble?.message ?? err.message;
      world.change(step.instance, (memory) =>
        afterRefreshFailed(memory, asked, { message, nowMs }),
      );
      return;
    }
    if (isImageGone(step, err)) {
      // Somebody has removed it since it was last seen: the next pass pulls it.
      this.parts.images.noteGone(step.placement.spec);
      return;
    }
    if (isAddressRefused(err)) this.giveUpAddress(step);
    const failed = { step: step.kind, nowMs };
    world.change(step.instance, (memory) =>
      trouble === undefined || isOutage(err)
        ? afterEngineOutage(memory, failed)
        : afterTrouble(memory, trouble, failed),
    );
    if (step.kind === 'post-start' && !isOutage(err)) {
      world.change(step.instance, (memory) => afterFailedHook(memory, hookedRun(step)));
    }
  }

  /** The address is fixed at creation: another one takes another container. */
  private giveUpAddress(step: Step): void {
    const { world, network } = this.parts;
    network.rest(step.instance);
    if (step.kind !== 'start') return;
    const started = this.startedBy(step);
    if (started === undefined) return;
    world.change(step.instance, (memory) => afterAddressRefused(memory, started.id));
  }

  /** A step that follows a creation knows its container by name only. */
  private startedBy({ container }: StepOf<'start'>): ObservedContainer | undefined {
    const { containers } = this.parts.world.parts.watch;
    return containers.find(({ id, name }) => id === container || name === container);
  }

  onChainOver(chain: Chain, isDone: boolean): void {
    const { world } = this.parts;
    for (const step of chain.steps) {
      if (step.kind === 'remove') this.isTidyDue = true;
      if (step.kind === 'withdraw-name') world.endWithdrawal(step.container);
    }
    // Volumes are the last that goes, and the only thing that nobody sees afterwards.
    if (isDone && chain.steps.every((step) => step.kind === 'remove-volume')) {
      world.change(chain.instance, (memory) => ({ ...memory, isRemoved: true }));
    }
  }

  /** At every connection to the engine and at every resync: the network, and a full listing. */
  private async refresh(): Promise<void> {
    const { world, network, images, clock, resyncMs } = this.parts;
    const { watch } = world.parts;
    const { facts, isLive } = watch;
    const nowMs = clock.monotonicMs();
    const isDue = this.refreshedAtMs === undefined || nowMs - this.refreshedAtMs >= resyncMs;
    const isNew = isLive && !this.wasLive;
    this.wasLive = isLive;
    if (!isLive || facts === undefined || !(isDue || isNew)) return;
    await network.refresh(facts.apiVersion);
    if (!isNew) await watch.relist();
    images.forget();
    this.isTidyDue = true;
    this.refreshedAtMs = nowMs;
  }

  private async note(desired: Desired): Promise<Notes> {
    const { world, clock } = this.parts;
    const { watch } = world.parts;
    this.lookAtEngine(watch);
    const notes = noteExits({
      nowMs: clock.nowMs(),
      placements: desired.placements,
      cluster: desired.cluster,
      containers: watch.containers,
      memory: world.memory,
      deaths: watch.deaths,
      engineStartedAtMs: watch.engineStart?.atMs ?? 0,
      formerRuns: this.formerRuns,
    });
    for (const [instance, memory] of notes.memory) world.remember(instance, memory);
    await Promise.all(
      notes.failed.map(async ({ instance, containerId }) => {
        const lines = await this.lastLines(containerId);
        world.change(instance, (memory) => afterLastLines(memory, lines));
      }),
    );
    return notes;
  }

  /** After each of its starts, once: nobody but the agent starts containers, so that what is over now was over before. */
  private lookAtEngine({ engineStart, containers }: World['parts']['watch']): void {
    if (engineStart === undefined || engineStart.life === this.engineLife) return;
    if (this.engineLife !== undefined) this.formerRuns = endedRuns(containers);
    this.engineLife = engineStart.life;
  }

  private async lastLines(containerId: string): Promise<string> {
    try {
      const text = await this.parts.docker.lastLines(containerId, LAST_LINES);
      return text.trim().slice(-LAST_CHARS);
    } catch (err) {
      this.parts.log.debug('no last lines', { container: containerId, reason: messageOf(err) });
      return '';
    }
  }

  /** Nothing else depends on it: when containers have gone, and at every resync. */
  private async tidyFiles(desired: Desired, busy: ReadonlySet<InstanceId>): Promise<void> {
    if (!this.isTidyDue || !desired.isFresh) return;
    this.isTidyDue = false;
    const { files, guests, world } = this.parts;
    const { containers } = world.parts.watch;
    const used = new Set([...busy, ...(guests?.instances ?? [])]);
    await files.tidy({ desired, containers, busy: used });
  }

  private releaseAddresses(desired: Desired): void {
    const { world, network, guests } = this.parts;
    if (!desired.isFresh) return;
    const here = new Set<InstanceId>([
      ...desired.placements.keys(),
      ...world.parts.watch.containers.map((container) => container.instance),
      ...(guests?.instances ?? []),
    ]);
    const used = new Set([
      ...world.parts.watch.containers.map(({ ip }) => ip),
      ...(guests?.addresses ?? []),
    ]);
    network.release(
      (instance) => here.has(instance),
      (address) => used.has(address),
    );
  }

  /** What is under way keeps the situation in which it began. */
  private merge(
    next: ReadonlyMap<InstanceId, Judged>,
    busy: ReadonlySet<InstanceId>,
  ): ReadonlyMap<InstanceId, Judged> {
    const merged = new Map(next);
    for (const instance of busy) {
      const before = this.current.get(instance);
      if (before !== undefined) merged.set(instance, before);
    }
    return merged;
  }
}

/** A situation, and what of the placement it is about. */
interface Judged extends Pick<Placement, 'specHash' | 'wanted'> {
  readonly situation: Situation;
}

function judge(
  situations: ReadonlyMap<InstanceId, Situation>,
  { placements }: Desired,
): ReadonlyMap<InstanceId, Judged> {
  const judged = new Map<InstanceId, Judged>();
  for (const [instance, situation] of situations) {
    const placement = placements.get(instance);
    if (placement === undefined) continue;
    const { specHash, wanted } = placement;
    judged.set(instance, { situation, specHash, wanted });
  }
  return judged;
}

/** A registry that does not answer must not keep an instance from being taken down, or from another image. */
function endUnneededPulls(runner: Runner, { placements, isFresh }: Desired): void {
  if (!isFresh) return;
  runner.endPulls(({ instance, image }) => {
    const placement = placements.get(instance);
    return placement?.wanted !== 'running' || placement.spec.image !== image;
  });
}

const hookedRun = ({ container, startedAt }: StepOf<'post-start'>): HookedRun => ({
  containerId: container,
  startedAt,
});

function isImageGone(step: Step, err: NapError): step is Extract<Step, { kind: 'create' }> {
  return step.kind === 'create' && err.code === 'DOCKER_NOT_FOUND' && /image/i.test(err.message);
}
