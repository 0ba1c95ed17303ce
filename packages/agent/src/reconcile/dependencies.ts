import type { InstanceId, NameRecord, PlacedDependency, Placement, ProjectName } from '@nap/shared';
import { parseInstanceId } from '@nap/shared';

/**
 * Dependencies are judged on name records: they say of every instance, on whatever host, that it has started, is ready or
 * has completed. While etcd is away the last known records serve, with what this host sees itself laid over them.
 *
 * The first start of a container waits for every instance of the dependency, as Compose does. A container that ran before
 * waits for one only: one lost replica of a database must not keep its clients down.
 *
 * A dependency that is not required is waited for only for a while, at a first start and after an outage: the agent cannot
 * tell "not there yet" from "never".
 */
export interface DependencyContext {
  readonly names: ReadonlyMap<ProjectName, readonly NameRecord[]>;
  readonly isFirstStart: boolean;
  /** The engine or the host went away under it. */
  readonly isAfterOutage: boolean;
  readonly nowMs: number;
  /** Since when it has been kept from its start, on this host's own clock. */
  readonly waitingSinceMs: number;
  /**
   * Records that may be older than the loss of power that ended this container, and when that will be known. Empty where
   * nothing was lost.
   */
  readonly doubtful: ReadonlyMap<InstanceId, number>;
  /** Why instances of a service cannot run for now, as far as this host knows: sentences. */
  readonly failures: ReadonlyMap<string, string>;
}

export interface Waiting {
  /** A sentence for people. */
  readonly reason: string;
  /** When time alone can change the answer. */
  readonly wakeAtMs?: number;
}

/** How long a start waits at most for dependencies that are not required. */
export const OPTIONAL_WAIT_MS = 30_000;

type Condition = PlacedDependency['condition'];

const SATISFIED_BY: Readonly<Record<Condition, readonly NameRecord['condition'][]>> = {
  started: ['started', 'ready', 'completed'],
  healthy: ['ready'],
  completed: ['completed'],
};

const PARTICIPLE: Readonly<Record<Condition, string>> = {
  started: 'started',
  healthy: 'healthy',
  completed: 'completed',
};

/** Undefined when the instance may start. */
export function waitingFor(placement: Placement, context: DependencyContext): Waiting | undefined {
  const project = parseInstanceId(placement.instance)?.project;
  if (project === undefined) return undefined;
  const records = context.names.get(project) ?? [];
  const waits = placement.dependencies.flatMap((dependency) => {
    const waiting = waitForOne(placement, dependency, records, context);
    return waiting === undefined ? [] : [waiting];
  });
  if (waits.length === 0) return undefined;
  const wakes = waits.flatMap((wait) => (wait.wakeAtMs === undefined ? [] : [wait.wakeAtMs]));
  return {
    reason: `waits for ${waits.map((wait) => wait.reason).join(', and for ')}`,
    ...(wakes.length > 0 ? { wakeAtMs: Math.min(...wakes) } : {}),
  };
}

function waitForOne(
  placement: Placement,
  dependency: PlacedDependency,
  records: readonly NameRecord[],
  context: DependencyContext,
): Waiting | undefined {
  const { service, condition, instances, required } = dependency;
  const satisfying = SATISFIED_BY[condition];
  const found = records.filter(
    (record) => record.service === service && satisfying.includes(record.condition),
  );
  const sure = found.filter(({ instance }) => !context.doubtful.has(instance));
  const count = sure.length;
  const needed = context.isFirstStart ? instances : Math.min(1, instances);
  if (count >= needed) return undefined;
  if (found.length >= needed) return waitForProof(service, found, context);
  const failure = context.failures.get(`${placementProject(placement)}.${service}`);
  const lacks = `${service} to be ${PARTICIPLE[condition]} (${count} of ${needed})`;
  const why = dependency.stopped === true ? 'it is stopped: nap-controller start' : failure;
  const reason = why === undefined ? lacks : `${lacks}; ${why}`;
  if (required) return { reason };
  const untilMs = context.waitingSinceMs + OPTIONAL_WAIT_MS;
  const isAwaited = context.isFirstStart || context.isAfterOutage;
  if (!isAwaited || failure !== undefined || context.nowMs >= untilMs) return undefined;
  return { reason, wakeAtMs: untilMs };
}

/** Enough of them stand in etcd, but their hosts may have lost power together with this one. */
function waitForProof(
  service: string,
  found: readonly NameRecord[],
  { doubtful }: DependencyContext,
): Waiting {
  const times = found.flatMap(({ instance }) => doubtful.get(instance) ?? []);
  return {
    reason: `a sign of life of the hosts of ${service}: this host has just lost power, and they may have too`,
    wakeAtMs: Math.min(...times),
  };
}

function placementProject(placement: Placement): string {
  return parseInstanceId(placement.instance)?.project ?? '';
}
