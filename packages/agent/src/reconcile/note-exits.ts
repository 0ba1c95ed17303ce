import type { InstanceId, Placement } from '@nap/shared';
import { exitCause, type EndedRun, type SeenDeath } from './exit-cause.js';
import {
  afterExit,
  afterSteady,
  afterStopped,
  atRest,
  memoryFor,
  STEADY_AFTER_MS,
  withinReach,
  type InstanceMemory,
} from './memory.js';
import { byInstanceOf, isRunning, type ObservedContainer } from './observed.js';
import { wellAtMs } from './overlap.js';
import { isJoinedBy, joinedBy } from './partners.js';
import { isStarting } from './plan-hooks.js';

export interface NoteInput {
  readonly nowMs: number;
  readonly placements: ReadonlyMap<InstanceId, Placement>;
  /** The cluster of the placements. */
  readonly cluster: string | undefined;
  readonly containers: readonly ObservedContainer[];
  readonly memory: ReadonlyMap<InstanceId, InstanceMemory>;
  /** By container id. */
  readonly deaths: ReadonlyMap<string, SeenDeath>;
  readonly engineStartedAtMs: number;
  /** Runs that were over when the engine was first seen after its newest start, by `runKey`. */
  readonly formerRuns: ReadonlySet<string>;
}

export interface Notes {
  /** Changed entries only. */
  readonly memory: ReadonlyMap<InstanceId, InstanceMemory>;
  /** Programs that have just been found to have failed by themselves: their last words are worth a look. */
  readonly failed: readonly { readonly instance: InstanceId; readonly containerId: string }[];
  readonly wakeAtMs?: number;
}

/**
 * Brings memory up to what is observed: ends whose cause has become clear, containers of a former cluster that now
 * belong to a placement, instances that have run long enough to be well again. Once noted, a cause never changes.
 */
export function noteExits(input: NoteInput): Notes {
  const changed = new Map<InstanceId, InstanceMemory>();
  const failed: { instance: InstanceId; containerId: string }[] = [];
  let wakeAtMs = Infinity;
  const containers = byInstanceOf(input.containers);
  for (const [instance, placement] of input.placements) {
    const before = input.memory.get(instance);
    let memory = memoryFor(placement, before);
    const own = containers.get(instance) ?? [];
    const current = own.filter((it) => it.specHash === placement.specHash);
    for (const container of current) {
      const noted = look(memory, container, placement, input);
      if (noted.hasFailed) failed.push({ instance, containerId: container.id });
      memory = noted.memory;
      wakeAtMs = Math.min(wakeAtMs, ...noted.untilMs);
    }
    if (placement.wanted === 'stopped' && !own.some(isRunning)) memory = atRest(memory);
    memory = withinReach(memory, placement.spec.restart, input.nowMs);
    if (memory !== before) changed.set(instance, memory);
  }
  for (const [instance, before] of input.memory) {
    if (input.placements.has(instance)) continue;
    const memory = withinReach(before, undefined, input.nowMs);
    if (memory !== before) changed.set(instance, memory);
  }
  return { memory: changed, failed, ...(wakeAtMs === Infinity ? {} : { wakeAtMs }) };
}

/** What one look at a container of an instance adds to what is remembered. */
function look(
  before: InstanceMemory,
  container: ObservedContainer,
  placement: Placement,
  input: NoteInput,
): {
  readonly memory: InstanceMemory;
  readonly hasFailed: boolean;
  readonly untilMs: readonly number[];
} {
  const adopted = adopt(before, container, input.cluster);
  const joined = noteJoined(adopted, container, placement, input);
  const takeover = noteTakeover(joined, container, placement, input.nowMs);
  const noted = note(takeover.memory, container, placement, input);
  const { memory } = noted;
  return {
    memory,
    hasFailed: memory !== takeover.memory && memory.trouble?.cause === 'exited',
    untilMs: [takeover.untilMs, noted.untilMs].filter((ms) => ms !== undefined),
  };
}

/** One run of a container. */
export const runKey = (containerId: string, startedAt: string): string =>
  `${containerId} ${startedAt}`;

export function endedRuns(containers: readonly ObservedContainer[]): ReadonlySet<string> {
  const keys = containers.flatMap(({ id, run }) =>
    run.state === 'exited' ? [runKey(id, run.startedAt)] : [],
  );
  return new Set(keys);
}

function adopt(
  memory: InstanceMemory,
  container: ObservedContainer,
  cluster: string | undefined,
): InstanceMemory {
  if (cluster === undefined || container.cluster === cluster) return memory;
  const { adopted } = memory;
  if (adopted?.containerId === container.id && adopted.cluster === cluster) return memory;
  return { ...memory, adopted: { containerId: container.id, cluster } };
}

/** Which runs of its partners it is with: at the first look at each of its own. */
function noteJoined(
  memory: InstanceMemory,
  container: ObservedContainer,
  { spec }: Placement,
  input: NoteInput,
): InstanceMemory {
  if (isJoinedBy(memory.joined, container)) return memory;
  const joined = joinedBy(spec, container, input);
  return joined === undefined ? memory : { ...memory, joined };
}

/** From when on the others are told of what takes over from another host. */
function noteTakeover(
  memory: InstanceMemory,
  container: ObservedContainer,
  placement: Placement,
  nowMs: number,
): { readonly memory: InstanceMemory; readonly untilMs?: number } {
  if (placement.takesOverFrom === undefined || memory.hasTakenOver === true) return { memory };
  const atMs = wellAtMs(placement, container, nowMs);
  if (atMs === undefined || isStarting(placement, container, memory)) return { memory };
  return atMs <= nowMs ? { memory: { ...memory, hasTakenOver: true } } : { memory, untilMs: atMs };
}

function note(
  memory: InstanceMemory,
  container: ObservedContainer,
  placement: Placement,
  input: NoteInput,
): { readonly memory: InstanceMemory; readonly untilMs?: number } {
  const { run } = container;
  if (run.state === 'running') {
    const isSteady = input.nowMs - run.startedAtMs >= STEADY_AFTER_MS;
    return { memory: isSteady && memory.troubles > 0 ? afterSteady(memory) : memory };
  }
  if (run.state !== 'exited') return { memory };
  const ended: EndedRun = { ...run, containerId: container.id };
  if (placement.wanted === 'stopped') return { memory: afterStopped(memory, ended) };
  const verdict = exitCause(ended, {
    recorded: memory.exit,
    seen: input.deaths.get(container.id),
    engineStartedAtMs: input.engineStartedAtMs,
    isOfFormerEngine: input.formerRuns.has(runKey(container.id, run.startedAt)),
    nowMs: input.nowMs,
  });
  if (verdict.kind === 'undecided') return { memory, untilMs: verdict.untilMs };
  const { exit } = memory;
  if (exit?.containerId === container.id && exit.startedAt === run.startedAt) return { memory };
  return { memory: afterExit(memory, ended, verdict.cause, placement.spec.restart) };
}
