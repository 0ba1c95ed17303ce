import type { HookSpec, InstanceId, SpecHash } from '@nap/shared';

/** What the engine says about one of nap's containers; collected without judging. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  /** Identity is in the labels, never in the name: a name can be taken, or be a temporary one. */
  readonly cluster: string;
  readonly instance: InstanceId;
  readonly specHash: SpecHash;
  /** The image that it was made of, as whoever made it wrote. */
  readonly image: string;
  readonly imageId: string;
  readonly createdAtMs: number;
  readonly run: RunState;
  /** Whose network it is on. */
  readonly network: ObservedNetwork;
  /** Only while it runs, and only on a network that gives it an address of its own. */
  readonly ip?: string;
  /** The file behind its /etc/hosts; empty before the first start. */
  readonly hostsPath: string;
  readonly volumes: readonly AttachedVolume[];
  /** Paths of the host that it mounts. */
  readonly binds: readonly string[];
  /** `name:address` lines that nap gave it at creation; the engine writes them anew at every start. */
  readonly seeds: readonly string[];
  readonly stopGraceMs: number;
  /** Between the moment at which nobody is told of it any more and its stop. */
  readonly drainMs: number;
  /** What is to run in it before it is stopped on purpose. */
  readonly preStop: readonly HookSpec[];
  /** The containers whose namespaces or volumes it was made to share, by instance: it goes on with just these. */
  readonly partners: ReadonlyMap<InstanceId, string>;
}

/** `own`: on one of the engine's networks. A container's id: on that one's, whatever it is. */
export type ObservedNetwork = 'own' | 'host' | 'none' | { readonly container: string };

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** The kernel has killed something of it, or not let it go on: mostly the program, but it may be a child that it survived. */
export interface OutOfMemory {
  /** Absent: it had no limit of its own, so that it was the host's memory. */
  readonly limitBytes?: number;
}

export type RunState =
  | { readonly state: 'created' }
  | {
      readonly state: 'running';
      /** The engine's own text, to the nanosecond: together with the id it names one run of the program. */
      readonly startedAt: string;
      readonly startedAtMs: number;
      readonly health: Health;
      readonly isPaused: boolean;
    }
  | {
      readonly state: 'exited';
      readonly startedAt: string;
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
      readonly exitCode: number;
      readonly outOfMemory?: OutOfMemory;
    }
  /** The engine is removing it, or has failed to. */
  | { readonly state: 'dead' };

export interface AttachedVolume {
  readonly name: string;
  readonly target: string;
  readonly isAnonymous: boolean;
}

export const isRunning = (container: ObservedContainer): boolean =>
  container.run.state === 'running';

/** True when its program has been started at least once. */
export const hasRun = (container: ObservedContainer): boolean =>
  container.run.state === 'running' || container.run.state === 'exited';

/** Containers of each instance, in their order. */
export function byInstanceOf(
  containers: readonly ObservedContainer[],
): ReadonlyMap<InstanceId, readonly ObservedContainer[]> {
  const groups = new Map<InstanceId, ObservedContainer[]>();
  for (const container of containers) {
    const group = groups.get(container.instance);
    if (group === undefined) groups.set(container.instance, [container]);
    else group.push(container);
  }
  return groups;
}
