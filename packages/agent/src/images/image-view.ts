import type { ContainerSpec } from '@nap/shared';
import type { DockerPort } from '../docker/docker-port.js';
import type { InstanceMemory } from '../reconcile/memory.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import { imageKey } from '../reconcile/plan-pull.js';
import { isUsable } from '../reconcile/plan-running.js';
import type { Desired } from '../reconcile/reconcile.js';

type Wanted = Pick<ContainerSpec, 'image' | 'platform'>;

/** Which images are on this host, and when this agent has pulled them. */
export class ImageView {
  private readonly docker: Pick<DockerPort, 'imageId'>;
  private readonly found = new Set<string>();
  private readonly pulled: Map<string, number>;
  private readonly ids = new Map<string, string>();

  constructor(docker: Pick<DockerPort, 'imageId'>, pulls: ReadonlyMap<string, number>) {
    this.docker = docker;
    this.pulled = new Map(pulls);
  }

  /** By `imageKey`. */
  get present(): ReadonlySet<string> {
    return this.found;
  }

  get pulls(): ReadonlyMap<string, number> {
    return this.pulled;
  }

  /** What the last pull has brought. */
  idOf(wanted: Wanted): string | undefined {
    return this.ids.get(imageKey(wanted));
  }

  noteId(wanted: Wanted, id: string | undefined): void {
    if (id === undefined) this.ids.delete(imageKey(wanted));
    else this.ids.set(imageKey(wanted), id);
  }

  notePull(wanted: Wanted, nowMs: number): void {
    this.pulled.set(imageKey(wanted), nowMs);
  }

  /** It was not there when it was needed. */
  noteGone(wanted: Wanted): void {
    this.found.delete(imageKey(wanted));
  }

  /** All of them are asked for again. */
  forget(): void {
    this.found.clear();
  }

  /** Asks for those that are not known to be here; only for instances that have no container yet. */
  async look(
    desired: Desired,
    containers: readonly ObservedContainer[],
    memory: ReadonlyMap<ObservedContainer['instance'], InstanceMemory>,
  ): Promise<void> {
    const usable = containers.filter((it) => isUsable(it, memory.get(it.instance)));
    const made = new Set(usable.map((it) => `${it.instance} ${it.specHash}`));
    const placements = [...desired.placements.values()];
    if (desired.isFresh) this.prune(placements.map(({ spec }) => imageKey(spec)));
    const needed = placements.filter(
      ({ wanted, instance, specHash }) =>
        wanted === 'running' && !made.has(`${instance} ${specHash}`),
    );
    const unknown = new Map(
      needed
        .map(({ spec }) => [imageKey(spec), spec] as const)
        .filter(([key]) => !this.found.has(key)),
    );
    await Promise.all(
      [...unknown].map(async ([key, { image, platform }]) => {
        if ((await this.docker.imageId(image, platform)) !== undefined) this.found.add(key);
      }),
    );
  }

  /** What no instance here uses any more need not be remembered. */
  private prune(used: readonly string[]): void {
    for (const key of this.pulled.keys()) {
      if (!used.includes(key)) this.pulled.delete(key);
    }
    for (const key of this.ids.keys()) if (!used.includes(key)) this.ids.delete(key);
  }
}
