import type { HostId, InstanceId, NameRecord, Placement } from '@nap/shared';
import { parseInstanceId } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import { isStarting } from './plan-hooks.js';
import { answersBefore } from './overlap.js';
import { hasRun, isRunning, type ObservedContainer } from './observed.js';

export interface LocalNamesInput {
  readonly host: HostId;
  /** Of the host itself: that of an instance on its network. */
  readonly address: string;
  readonly placements: ReadonlyMap<InstanceId, Placement>;
  readonly containers: readonly ObservedContainer[];
  readonly memory: ReadonlyMap<InstanceId, InstanceMemory>;
  /** Ids of containers that are about to be stopped on purpose. */
  readonly withdrawn: ReadonlySet<string>;
  /** Instances that the host has which they were to yield to. */
  readonly yielded: ReadonlySet<InstanceId>;
  /** What etcd has of this host's completed instances. */
  readonly completed: ReadonlyMap<InstanceId, NameRecord>;
}

/** The name records of this host's instances, from what is seen here and now. */
export function localRecords(input: LocalNamesInput): ReadonlyMap<InstanceId, NameRecord> {
  const running = runningByInstance(input);
  const records = new Map<InstanceId, NameRecord>();
  for (const [instance, placement] of input.placements) {
    if (placement.wanted === 'removed' || input.yielded.has(instance)) continue;
    const container = running.get(instance);
    const record =
      container === undefined
        ? completedRecord(placement, input)
        : runningRecord(placement, container, input);
    if (record !== undefined) records.set(instance, record);
  }
  return records;
}

/** Of several running containers the one with the wanted spec; while it is still being made, or not well yet, the old one answers. */
function runningByInstance(input: LocalNamesInput): ReadonlyMap<InstanceId, ObservedContainer> {
  const chosen = new Map<InstanceId, ObservedContainer>();
  for (const container of input.containers) {
    if (!isRunning(container) || input.withdrawn.has(container.id)) continue;
    const placement = input.placements.get(container.instance);
    const rival = chosen.get(container.instance);
    if (rival === undefined || answersBefore(placement, container, rival)) {
      chosen.set(container.instance, container);
    }
  }
  return chosen;
}

function baseRecord(placement: Placement, host: HostId): Omit<NameRecord, 'condition'> | undefined {
  const parts = parseInstanceId(placement.instance);
  if (parts === undefined) return undefined;
  return {
    instance: placement.instance,
    ...parts,
    host,
    containerName: placement.spec.containerName,
    aliases: placement.aliases,
    specHash: placement.specHash,
  };
}

function runningRecord(
  placement: Placement,
  container: ObservedContainer,
  input: LocalNamesInput,
): NameRecord | undefined {
  const base = baseRecord(placement, input.host);
  if (base === undefined || container.run.state !== 'running') return undefined;
  if (placement.wanted === 'stopped') return undefined;
  const memory = input.memory.get(placement.instance);
  // Until it is well, the host that it takes over from answers.
  if (placement.takesOverFrom !== undefined && memory?.hasTakenOver !== true) return undefined;
  // Others wait for its start, and that is not over before its hooks are.
  if (isStarting(placement, container, memory)) return undefined;
  const { health } = container.run;
  const ip = addressOf(container, input);
  return {
    ...base,
    specHash: container.specHash,
    ...(ip === undefined ? {} : { ip }),
    condition: health === 'none' || health === 'healthy' ? 'ready' : 'started',
  };
}

/** Where its network is somebody else's, so is its address. */
function addressOf({ network, ip }: ObservedContainer, input: LocalNamesInput): string | undefined {
  if (network === 'own') return ip;
  if (network === 'host') return input.address;
  if (network === 'none') return undefined;
  // The engine lets nobody join a container that has itself joined another one's network.
  const partner = input.containers.find(({ id }) => id === network.container);
  return partner?.network === 'host' ? input.address : partner?.ip;
}

function completedRecord(placement: Placement, input: LocalNamesInput): NameRecord | undefined {
  const memory = input.memory.get(placement.instance);
  const base = baseRecord(placement, input.host);
  if (base === undefined) return undefined;
  if (memory?.completedAtMs === undefined) return formerlyCompleted(placement, input);
  return memory.specHash === placement.specHash ? { ...base, condition: 'completed' } : undefined;
}

/** It has completed here once, and was elsewhere since, or what this host remembered is lost: its record still says so. */
function formerlyCompleted(
  { instance, specHash }: Placement,
  { completed, containers, memory }: LocalNamesInput,
): NameRecord | undefined {
  const record = completed.get(instance);
  const ranSince = containers.some((it) => it.instance === instance && hasRun(it));
  if (ranSince || memory.get(instance)?.exit !== undefined) return undefined;
  return record?.specHash === specHash ? record : undefined;
}

/**
 * The records of a project as this host believes them: its own are what it sees, not what etcd still says. Another
 * host's record of the same instance yields only to a record of ours.
 */
export function overlay(
  host: HostId,
  shared: readonly NameRecord[],
  own: readonly NameRecord[],
): readonly NameRecord[] {
  const instances = new Set(own.map((record) => record.instance));
  const others = shared.filter((record) => record.host !== host && !instances.has(record.instance));
  return [...others, ...own];
}
