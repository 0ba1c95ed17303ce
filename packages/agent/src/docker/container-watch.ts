import { isNapError, messageOf } from '@nap/shared';
import { backoffMs, type Clock, type Log } from '@nap/shared/runtime';
import type { SeenDeath } from '../reconcile/exit-cause.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { DockerPort, EngineEvent, EngineFacts } from './docker-port.js';
import type { EngineStart } from './engine-start.js';

export interface WatchParts {
  readonly docker: DockerPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Of the engine, asked anew at every connection. */
  readonly engineStart: () => Promise<EngineStart>;
}

const RECONNECT = { firstMs: 100, maxMs: 5_000 } as const;
/** Foreign containers come in bursts (builds, CI): their names are listed at most this often. */
const NAMES_SPACING_MS = 250;

/**
 * A live copy of what the engine says about nap's containers, kept in memory because the hosts files must follow within
 * milliseconds. Level triggered: an event is only a reason to inspect that container again, and every connection begins
 * with a full listing, so that nothing depends on an event having been seen.
 *
 * Inspects of one container never overlap: an answer that was overtaken must not bring back an older state.
 */
export class ContainerWatch {
  private readonly parts: WatchParts;
  private readonly known = new Map<string, ObservedContainer>();
  private readonly refreshing = new Map<string, { again: boolean; done: Promise<void> }>();
  private readonly seen = new Map<string, SeenDeath>();
  /** When the latest look at each began, by the clock that the engine reads too. */
  private readonly looks = new Map<string, number>();
  /** How often the engine has said of a container that it was started. */
  private readonly starts = new Map<string, number>();
  /** By name: those that are made and not yet started, and that nobody has looked at. */
  private readonly unseen = new Map<string, { id?: string }>();
  private readonly listeners = new Set<() => void>();
  private readonly guestListeners = new Set<() => void>();
  private readonly stopping = new AbortController();
  private names: ReadonlyMap<string, string> = new Map();
  /** Set while a listing of the names is due. */
  private cancelListing: (() => void) | undefined;
  private engine: EngineFacts | undefined;
  private lastStart: EngineStart | undefined;
  private lastEventAtMs: number | undefined;
  private live = false;
  private listedOnce = false;
  private changes = 0;
  private lastProblem: string | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(parts: WatchParts) {
    this.parts = parts;
  }

  /** False while the engine cannot be reached: what is known may be old, and no step is taken. */
  get isLive(): boolean {
    return this.live;
  }

  /** Everything was listed at least once: from then on, what is not known does not exist. */
  get isKnown(): boolean {
    return this.listedOnce;
  }

  /** Grows with every change. */
  get version(): number {
    return this.changes;
  }

  get problem(): string | undefined {
    return this.lastProblem;
  }

  get facts(): EngineFacts | undefined {
    return this.engine;
  }

  /** Undefined until the engine was reached. */
  get engineStart(): EngineStart | undefined {
    return this.lastStart;
  }

  get containers(): readonly ObservedContainer[] {
    return [...this.known.values()];
  }

  get foreignNames(): ReadonlyMap<string, string> {
    return this.names;
  }

  get deaths(): ReadonlyMap<string, SeenDeath> {
    return this.seen;
  }

  onChange(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => {
      this.listeners.delete(callback);
    };
  }

  /** Something has happened to a container of nap's that is no instance, or may have: what is known of them is old. */
  onGuests(callback: () => void): () => void {
    this.guestListeners.add(callback);
    return () => {
      this.guestListeners.delete(callback);
    };
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.cancelListing?.();
    await this.running;
  }

  /** Looks at one container now; after a step, so that the next look sees what the step did. Throws like the port. */
  refresh(container: string): Promise<void> {
    const current = this.refreshing.get(container);
    if (current !== undefined) {
      current.again = true;
      return current.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    entry.done = this.refreshUntilCurrent(container, entry).finally(() => {
      this.refreshing.delete(container);
    });
    this.refreshing.set(container, entry);
    return entry.done;
  }

  /** Looks at a container that was just made, unless its event was here first: then somebody has looked, or does. */
  async refreshNew(container: string): Promise<void> {
    const current = this.refreshing.get(container);
    if (current !== undefined) await current.done;
    else if (!this.known.has(container)) await this.refresh(container);
  }

  /** Makes a container that is to be started at once: `started` looks at it, and nobody before. Throws what `make` throws. */
  async made(name: string, make: () => Promise<string>): Promise<void> {
    const entry: { id?: string } = {};
    this.unseen.set(name, entry);
    try {
      entry.id = await make();
    } catch (err) {
      this.unseen.delete(name);
      // The event has said that it is there all the same.
      if (entry.id !== undefined) await this.refresh(entry.id);
      throw err;
    }
  }

  /** Starts a container and looks at what that did: once, also where the event of it is here before the answer. */
  async started(container: string, start: () => Promise<void>): Promise<void> {
    const id = this.idOf(container);
    const before = this.starts.get(id);
    try {
      await start();
    } catch (err) {
      // Also a start that failed leaves marks: an exit code, a state.
      await this.refresh(id);
      throw err;
    } finally {
      this.unseen.delete(container);
    }
    if (this.starts.get(id) === before) await this.refresh(id);
    else await this.refreshing.get(id)?.done;
  }

  /** A step that follows a creation knows its container by name only. */
  private idOf(container: string): string {
    if (this.known.has(container)) return container;
    const made = this.unseen.get(container)?.id;
    if (made !== undefined) return made;
    return this.containers.find(({ name }) => name === container)?.id ?? container;
  }

  /** Everything anew: heals whatever a lost event or a bug has left behind. */
  async relist(): Promise<void> {
    const listed = await this.parts.docker.list();
    this.takeNames(listed);
    const ours = listed.filter(({ isOurs }) => isOurs).map(({ id }) => id);
    const gone = [...this.known.keys()].filter((id) => !ours.includes(id));
    for (const id of gone) this.forget(id);
    await Promise.all(ours.map((id) => this.refresh(id)));
    if (gone.length > 0) this.emit();
  }

  private async refreshUntilCurrent(container: string, entry: { again: boolean }): Promise<void> {
    for (let isCurrent = false; !isCurrent; isCurrent = !entry.again) {
      entry.again = false;
      this.looks.set(container, this.parts.clock.nowMs());
      const observed = await this.parts.docker.inspect(container);
      if (observed === undefined) this.forget(container);
      else this.known.set(observed.id, observed);
      this.emit();
    }
  }

  private forget(container: string): void {
    this.known.delete(container);
    this.seen.delete(container);
    this.starts.delete(container);
    this.looks.delete(container);
  }

  private emit(): void {
    this.changes += 1;
    for (const listener of [...this.listeners]) listener();
  }

  private async run(): Promise<void> {
    const { clock, random } = this.parts;
    const { signal } = this.stopping;
    let attempt = 0;
    while (!signal.aborted) {
      const startedAtMs = clock.monotonicMs();
      await this.follow(signal);
      if (clock.monotonicMs() - startedAtMs > RECONNECT.maxMs) attempt = 0;
      const pauseMs = backoffMs(attempt, random(), RECONNECT);
      attempt += 1;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** One connection; ends with it. */
  private async follow(signal: AbortSignal): Promise<void> {
    const { docker } = this.parts;
    const connection = new AbortController();
    const onStop = (): void => {
      connection.abort(signal.reason);
    };
    signal.addEventListener('abort', onStop, { once: true });
    let listing = Promise.resolve();
    try {
      await docker.events(
        {
          onOpen: () => {
            // An engine that was reached and then fails the listing is left at once, for another try.
            listing = this.onOpen().catch((err: unknown) => {
              this.setProblem(err);
              connection.abort();
            });
          },
          onEvent: (event) => {
            this.onEvent(event);
          },
        },
        {
          // What the engine remembers of the time before is worth having: it tells why containers ended.
          sinceMs: this.lastEventAtMs ?? 1,
          signal: connection.signal,
        },
      );
    } catch (err) {
      this.setProblem(err);
    } finally {
      signal.removeEventListener('abort', onStop);
    }
    await listing;
    this.setLive(false);
  }

  private async onOpen(): Promise<void> {
    this.engine = await this.parts.docker.facts();
    this.lastStart = await this.parts.engineStart();
    await this.relist();
    this.listedOnce = true;
    if (this.lastProblem !== undefined) this.parts.log.info('dockerd is back');
    this.lastProblem = undefined;
    this.setLive(true);
    for (const listener of this.guestListeners) listener();
  }

  private setProblem(err: unknown): void {
    if (!isNapError(err)) throw err;
    if (this.lastProblem === undefined) this.parts.log.warn('dockerd cannot be reached', { err });
    this.lastProblem = messageOf(err);
  }

  private setLive(live: boolean): void {
    if (this.live === live) return;
    this.live = live;
    this.emit();
  }

  private onEvent(event: EngineEvent): void {
    this.lastEventAtMs = Math.max(this.lastEventAtMs ?? 0, event.atMs);
    if (!event.isOurs) {
      if (event.kind === 'names' || event.kind === 'create') this.listNamesSoon();
      if (event.isOneOff === true) for (const listener of this.guestListeners) listener();
      return;
    }
    this.noteDeath(event);
    const unseen = event.kind === 'create' ? this.unseen.get(event.name) : undefined;
    if (unseen !== undefined) {
      unseen.id = event.containerId;
      return;
    }
    if (event.kind === 'start') {
      this.starts.set(event.containerId, (this.starts.get(event.containerId) ?? 0) + 1);
    }
    if (this.isSeen(event)) return;
    this.refresh(event.containerId).catch((err: unknown) => {
      this.setProblem(err);
    });
  }

  /** The step that caused it was over sooner than its event was here, and has looked. What ends is always looked at. */
  private isSeen({ kind, containerId, atMs }: EngineEvent): boolean {
    const isOwn = kind === 'create' || kind === 'start';
    return isOwn && atMs < (this.looks.get(containerId) ?? 0);
  }

  private noteDeath({ kind, containerId, atMs, harmlessSignal }: EngineEvent): void {
    const before = this.seen.get(containerId) ?? {};
    if (harmlessSignal !== undefined) {
      this.seen.set(containerId, { ...before, harmless: { signal: harmlessSignal, atMs } });
    }
    if (kind === 'die') this.seen.set(containerId, { ...before, diedAtMs: atMs });
    if (kind === 'kill') this.seen.set(containerId, { ...before, killedAtMs: atMs });
    if (kind === 'stop') this.seen.set(containerId, { ...before, stoppedAtMs: atMs });
  }

  private listNamesSoon(): void {
    if (this.cancelListing !== undefined || this.stopping.signal.aborted) return;
    this.cancelListing = this.parts.clock.after(NAMES_SPACING_MS, () => {
      this.cancelListing = undefined;
      this.listNames().catch((err: unknown) => {
        this.setProblem(err);
      });
    });
  }

  private async listNames(): Promise<void> {
    this.takeNames(await this.parts.docker.list());
    this.emit();
  }

  private takeNames(
    listed: readonly { readonly id: string; readonly name: string; readonly isOurs: boolean }[],
  ): void {
    const foreign = listed.filter(({ isOurs }) => !isOurs);
    this.names = new Map(foreign.map(({ name, id }) => [name, id]));
  }
}
