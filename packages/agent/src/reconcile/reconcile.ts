import type {
  HostId,
  InstanceId,
  NameRecord,
  Placement,
  ProjectName,
  TemplateHost,
} from '@nap/shared';
import { parseInstanceId, sentenceOf } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import { byInstanceOf, isRunning, type ObservedContainer } from './observed.js';
import { planCutOff, planRemoval, planVanished } from './plan-removal.js';
import { planRunning } from './plan-running.js';
import { planStopped } from './plan-stopped.js';
import type { Situation } from './situation.js';
import type { Chain, Step } from './step.js';

/** What this host is to run, as far as it is known. */
export interface Desired {
  /** Without the placements that cannot be read and were never read before. */
  readonly placements: ReadonlyMap<InstanceId, Placement>;
  /** A placement exists and cannot be read (a newer nap wrote it): its containers are left as they are. */
  readonly unreadable: ReadonlySet<InstanceId>;
  /** Their placements are gone with what a backup of etcd did not have: that is no proof. */
  readonly doubted: ReadonlySet<InstanceId>;
  /** What this host was to run under another name. Undefined as soon as etcd has told what it is to run now. */
  readonly former?: ReadonlyMap<InstanceId, Placement> | undefined;
  /** The cluster that the placements belong to; undefined: nobody knows, and absence proves nothing. */
  readonly cluster: string | undefined;
  /** The placements are proven to be current, and their header exists. Only then is anything taken away. */
  readonly isFresh: boolean;
}

export interface ReconcileInput {
  readonly nowMs: number;
  readonly host: HostId;
  /** The engine's own. */
  readonly platform: TemplateHost['platform'];
  readonly desired: Desired;
  readonly containers: readonly ObservedContainer[];
  /** Names of containers that are not nap's, and their ids. */
  readonly foreignNames: ReadonlyMap<string, string>;
  /** Images that are on this host, by `imageKey`. */
  readonly images: ReadonlySet<string>;
  /** When this agent has last pulled them. */
  readonly pulls: ReadonlyMap<string, number>;
  /** Name records of the whole cluster, with what this host sees of its own laid over. */
  readonly names: ReadonlyMap<ProjectName, readonly NameRecord[]>;
  /** Projects whose names are what etcd has now, not what was last known. */
  readonly freshNames: ReadonlySet<ProjectName>;
  /** Records of other hosts that may be older than an outage of this one, and when that will be known. */
  readonly doubtful: ReadonlyMap<InstanceId, number>;
  readonly memory: ReadonlyMap<InstanceId, InstanceMemory>;
  /** Since when instances have been kept from their start, as far as this life of the agent has seen it. */
  readonly waitingSince: ReadonlyMap<InstanceId, number>;
  /** Steps of these are under way: they are not looked at. */
  readonly busy: ReadonlySet<InstanceId>;
  /** Those of them whose program is being stopped right now. */
  readonly stopping?: ReadonlySet<InstanceId>;
  /**
   * For how long etcd has been out of reach, in ms; Infinity: since before this agent started; undefined: it has just
   * started, and does not know yet.
   */
  readonly unreachedMs: number | undefined;
}

export interface ReconcileResult {
  readonly chains: readonly Chain[];
  readonly situations: ReadonlyMap<InstanceId, Situation>;
  /** Containers without a placement that are left alone because nothing proves that they are not wanted. */
  readonly unproven: readonly ObservedContainer[];
  /** When to look again although nothing happens. */
  readonly wakeAtMs?: number;
}

export interface InstancePlan {
  readonly steps: readonly Step[];
  /** Besides, and without holding up anything. */
  readonly aside?: readonly Step[];
  readonly situation?: Situation;
  readonly wakeAtMs?: number;
  readonly unproven?: readonly ObservedContainer[];
}

/** What the planning of one instance sees. */
export interface InstanceView {
  readonly input: ReconcileInput;
  readonly containers: readonly ObservedContainer[];
  readonly memory: InstanceMemory | undefined;
  readonly failures: ReadonlyMap<string, string>;
}

/**
 * Placements and what the engine says → the next steps, and why the rest waits. Nothing is carried over from one call to
 * the next: after a crash, at whatever point, the same call continues.
 */
export function reconcile(input: ReconcileInput): ReconcileResult {
  const byInstance = byInstanceOf(input.containers);
  const instances = new Set([
    ...input.desired.placements.keys(),
    ...byInstance.keys(),
    ...input.memory.keys(),
  ]);
  const failures = knownFailures(input);
  const chains: Chain[] = [];
  const situations = new Map<InstanceId, Situation>();
  const unproven: ObservedContainer[] = [];
  const wakes: number[] = [];
  for (const instance of [...instances].sort()) {
    const view = {
      input,
      containers: byInstance.get(instance) ?? [],
      memory: input.memory.get(instance),
      failures,
    };
    const plan = input.busy.has(instance) ? planBusy(instance, view) : planInstance(instance, view);
    if (plan.steps.length > 0) chains.push({ instance, steps: plan.steps });
    const { aside = [] } = plan;
    if (aside.length > 0) chains.push({ instance, steps: aside, isAside: true });
    if (plan.situation !== undefined) situations.set(instance, plan.situation);
    if (plan.wakeAtMs !== undefined) wakes.push(plan.wakeAtMs);
    unproven.push(...(plan.unproven ?? []));
  }
  return {
    chains,
    situations,
    unproven,
    ...(wakes.length > 0 ? { wakeAtMs: Math.min(...wakes) } : {}),
  };
}

/**
 * What is under way goes on, and may take long: a pull, a hook, a drain. What must not run twice stops all the same when its
 * time is up.
 */
function planBusy(instance: InstanceId, view: InstanceView): InstancePlan {
  const { desired, unreachedMs = 0, nowMs, stopping } = view.input;
  const placement = desired.placements.get(instance);
  if (placement?.stopAfterMs === undefined || stopping?.has(instance) === true) {
    return { steps: [] };
  }
  if (!view.containers.some(isRunning)) return { steps: [] };
  const leftMs = placement.stopAfterMs - unreachedMs;
  if (leftMs > 0) return { steps: [], wakeAtMs: nowMs + leftMs };
  return { steps: [], aside: planCutOff(placement, view).steps };
}

function planInstance(instance: InstanceId, view: InstanceView): InstancePlan {
  const { desired } = view.input;
  const placement = desired.placements.get(instance);
  if (placement === undefined) {
    if (desired.unreadable.has(instance)) return { steps: [] };
    const plan = planVanished(instance, view);
    const former = desired.former?.get(instance);
    // Nobody knows this host by that name any more: somebody else may run it by now.
    if (former?.stopAfterMs === undefined) return plan;
    return { ...plan, steps: planCutOff(former, view).steps };
  }
  return PLANNERS[placement.wanted](placement, view);
}

const PLANNERS: Readonly<
  Record<Placement['wanted'], (placement: Placement, view: InstanceView) => InstancePlan>
> = { running: planRunning, stopped: planStopped, removed: planRemoval };

/** `<project>.<service>` → a sentence, for the reports of those that depend on it. */
function knownFailures(input: ReconcileInput): ReadonlyMap<string, string> {
  const failures = new Map<string, string>();
  for (const [instance, memory] of input.memory) {
    const parts = parseInstanceId(instance);
    if (parts === undefined || memory.trouble === undefined) continue;
    const { cause, message } = memory.trouble;
    if (cause === 'exited' && memory.troubles < 3 && !isOver(input, instance)) continue;
    // What it wrote last stands in its own report.
    failures.set(
      `${parts.project}.${parts.service}`,
      `${instance} has failed: ${sentenceOf(message)}`,
    );
  }
  return failures;
}

function isOver(input: ReconcileInput, instance: InstanceId): boolean {
  return input.desired.placements.get(instance)?.spec.restart.condition === 'no';
}
