import type { InstanceId, Link } from '@nap/shared';
import type { ObservedNetwork, RunState } from './observed.js';

/** What the engine says of a container that an operator started with `run`: no instance, and nothing of it is in etcd. */
export interface ObservedOneOff {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  /** Its own, which no placement has. */
  readonly instance: InstanceId;
  readonly run: RunState;
  readonly network: ObservedNetwork;
  readonly ip?: string;
  readonly hostsPath: string;
  readonly seeds: readonly string[];
  readonly stopGraceMs: number;
  readonly links: Link[];
  readonly isRemovedAtEnd: boolean;
  readonly hasTerminal: boolean;
}

export interface OneOffStep {
  readonly kind: 'stop' | 'remove';
  readonly container: ObservedOneOff;
  /** A sentence for the log. */
  readonly reason: string;
  /** Whoever asked for its end asked for that of its anonymous volumes. */
  readonly isWithVolumes: boolean;
}

export interface OneOffsInput {
  readonly containers: readonly ObservedOneOff[];
  /** Somebody here works with it: its caller, or its creation. */
  readonly attended: ReadonlySet<InstanceId>;
  /** Told to end by who has then left. */
  readonly unwanted: ReadonlySet<InstanceId>;
  /** Their projects are proven to be gone from their cluster. */
  readonly orphaned: ReadonlySet<InstanceId>;
}

/**
 * What becomes of one-offs that nobody attends to. What runs goes on, as long as it may be of use to somebody; what has
 * ended stays to be looked at, until its project goes, unless it was to be removed. From what is there alone: after a
 * crash, or a boot, the same call finishes.
 */
export function planOneOffs(input: OneOffsInput): readonly OneOffStep[] {
  return input.containers.flatMap((container) => stepFor(container, input) ?? []);
}

function stepFor(container: ObservedOneOff, input: OneOffsInput): OneOffStep | undefined {
  const { instance, run, isRemovedAtEnd, hasTerminal } = container;
  const isOrphaned = input.orphaned.has(instance);
  const isRunning = run.state === 'running';
  const isAttended = input.attended.has(instance);
  const stop = (reason: string): OneOffStep => ({
    ...{ kind: 'stop', container, reason, isWithVolumes: false },
  });
  const remove = (reason: string): OneOffStep => ({
    ...{ kind: 'remove', container, reason, isWithVolumes: isRemovedAtEnd },
  });
  if (isOrphaned && isRunning) return stop('its project is gone');
  if (isAttended) return undefined;
  if (isRunning && input.unwanted.has(instance)) return stop('it was told to end');
  if (isRunning) return hasTerminal ? stop('nobody is at its terminal any more') : undefined;
  if (isOrphaned) return remove('its project is gone');
  if (run.state === 'created') return remove('its start was interrupted');
  return isRemovedAtEnd ? remove('it has ended') : undefined;
}
