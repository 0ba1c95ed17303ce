import type { InstanceId, Placement } from '@nap/shared';
import { awaitingNames, completedAt } from './completed.js';
import { waitingFor, type Waiting } from './dependencies.js';
import { isOfProgram, STEADY_AFTER_MS, type InstanceMemory } from './memory.js';
import { hasRun, isRunning, type ObservedContainer } from './observed.js';
import { splitOthers, wellAtMs, type Others } from './overlap.js';
import { hasItsPartners, missingPartner, outlived, ownAnonymousVolumes } from './partners.js';
import { endOf, type End } from './end-of.js';
import { planHooks } from './plan-hooks.js';
import { planRefresh } from './plan-refresh.js';
import { planImage } from './plan-pull.js';
import { dueRestart, planRestart, servedBy } from './plan-restart.js';
import { heldBackUntil, planCutOff, takeAway } from './plan-removal.js';
import type { InstancePlan, InstanceView } from './reconcile.js';
import type { Situation } from './situation.js';
import type { Step, StepReason } from './step.js';

/** The container that has the wanted spec, and those that are in its way. */
interface Candidates {
  readonly current: ObservedContainer | undefined;
  readonly others: readonly ObservedContainer[];
}

/**
 * Of several containers of one instance the one with the wanted spec counts, a running one before all, then the one that
 * has the proper name; everything else is left over from a replacement that was cut short. Which cluster it is from does not
 * matter: equal specs are equal. One of another image is a copy that somebody has made of a container of an older nap, whose
 * labels do not tell.
 */
function choose(placement: Placement, { containers, memory, input }: InstanceView): Candidates {
  const { image, containerName } = placement.spec;
  const rank = (container: ObservedContainer): number =>
    (container.image === image ? 8 : 0) +
    (isRunning(container) ? 4 : hasRun(container) ? 2 : 0) +
    (container.name === containerName ? 1 : 0);
  const fitting = containers
    .filter((it) => it.specHash === placement.specHash && isUsable(it, memory))
    .filter((it) => hasItsPartners(it, input.containers))
    .sort((a, b) => rank(b) - rank(a) || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
  const current = fitting[0];
  return { current, others: containers.filter((container) => container !== current) };
}

/** Not one of an image that is no longer wanted, nor one that can never be started; where the engine refuses the address, somebody may have got it to run after all. */
export function isUsable(
  container: ObservedContainer,
  memory: InstanceMemory | undefined,
): boolean {
  if (container.run.state === 'dead' || container.id === memory?.refresh?.outdated) return false;
  return isRunning(container) || container.id !== memory?.misaddressed;
}

export function planRunning(placement: Placement, view: InstanceView): InstancePlan {
  const { stopAfterMs } = placement;
  if (stopAfterMs === undefined) return planConnected(placement, view);
  const { unreachedMs, nowMs } = view.input;
  if (unreachedMs === undefined) return planUnsure(placement, view);
  if (unreachedMs >= stopAfterMs) return planCutOff(placement, view);
  // The lease may be heard of again before the placements are.
  const isDown = !view.containers.some(isRunning);
  if (isDown && !view.input.desired.isFresh) return planUnsure(placement, view);
  const plan = planConnected(placement, view);
  const stopAtMs = nowMs + stopAfterMs - unreachedMs;
  return { ...plan, wakeAtMs: Math.min(plan.wakeAtMs ?? Infinity, stopAtMs) };
}

/** Until etcd has answered for the first time what runs may run on, and nothing is started. */
function planUnsure(placement: Placement, view: InstanceView): InstancePlan {
  const wakeAtMs = view.input.nowMs + UNSURE_MS;
  if (view.containers.some(isRunning)) return { wakeAtMs, ...planConnected(placement, view) };
  const reason = 'waits for etcd: another host may run it by now (on_partition: stop_after)';
  return { steps: [], situation: { kind: 'waits', reason }, wakeAtMs };
}

const UNSURE_MS = 500;

function planConnected(placement: Placement, view: InstanceView): InstancePlan {
  const chosen = choose(placement, view);
  const { current } = chosen;
  const plan = planChosen(placement, chosen, view);
  if (current === undefined || plan.situation?.kind === 'completed') return plan;
  const { step, wakeAtMs } = planRefresh(placement, current, view);
  if (step !== undefined) return { ...plan, aside: [step] };
  if (wakeAtMs === undefined) return plan;
  return { ...plan, wakeAtMs: Math.min(plan.wakeAtMs ?? Infinity, wakeAtMs) };
}

function planChosen(
  placement: Placement,
  { current, others: all }: Candidates,
  view: InstanceView,
): InstancePlan {
  const others = splitOthers(placement, all, view.input.containers);
  if (current !== undefined && isRunning(current))
    return planSteady(placement, current, others, view);
  const isAsked = dueRestart(placement, view.memory) !== undefined;
  const completedAtMs = isAsked ? undefined : completedAt(placement, view);
  if (completedAtMs !== undefined) {
    return withLeftovers(all, view, { kind: 'completed', finishedAtMs: completedAtMs });
  }
  const awaiting = isAsked ? undefined : awaitingNames(placement, view);
  if (awaiting !== undefined) return awaiting;
  const isRecreation = all.some(isRunning);
  if (isRecreation && !view.input.desired.isFresh) {
    const reason = 'waits for etcd: the running container is to be replaced';
    return { steps: [], situation: { kind: 'waits', reason } };
  }
  if (current === undefined) return planCreation(placement, others, view);
  return planStart(placement, current, others, view);
}

/** Nothing to do but to clear away what a replacement left behind. */
function withLeftovers(
  others: readonly ObservedContainer[],
  view: InstanceView,
  situation: Situation,
): InstancePlan {
  const retryAtMs = heldBackUntil(view);
  if (retryAtMs !== undefined) return { steps: [], situation, wakeAtMs: retryAtMs };
  const steps = view.input.desired.isFresh
    ? others.flatMap((container) => takeAway(container, leftoverReason(container)))
    : [];
  return { steps, situation };
}

const leftoverReason = (container: ObservedContainer): StepReason =>
  container.run.state === 'dead' ? 'dead' : 'duplicate';

function planSteady(
  placement: Placement,
  current: ObservedContainer,
  { stale, outgoing }: Others,
  view: InstanceView,
): InstancePlan {
  const wait = (): InstancePlan | undefined =>
    obstacle(placement, view, { isFirst: false, isForNew: false, isAfterOutage: false });
  const pending =
    planRestart(placement, current, view, wait) ?? planHooks(placement, current, view);
  if (pending !== undefined) return pending;
  const beside = outgoing.length > 0 ? { isBeside: true } : {};
  const situation: Situation = { kind: 'runs', container: current, ...beside };
  const clearing = withLeftovers(stale, view, situation);
  if (clearing.wakeAtMs !== undefined) return clearing;
  if (outlived(placement.spec, current, view.input, view.memory?.joined) !== undefined) {
    return { steps: restart(placement, current), situation: { kind: 'works' } };
  }
  const wellMs = outgoing.length === 0 ? undefined : wellAtMs(placement, current, view.input.nowMs);
  const steps = [
    // The record of the instance is the current container's: it stays while the leftovers go.
    ...clearing.steps.filter(({ kind }) => kind !== 'withdraw-name' && kind !== 'drain'),
    ...superseding(placement, current, { stale, outgoing }, view),
  ];
  const wakes = [steadyAtMs(current, view), wellMs]
    .filter((at) => at !== undefined)
    .filter((at) => at > view.input.nowMs);
  return { steps, situation, ...(wakes.length > 0 ? { wakeAtMs: Math.min(...wakes) } : {}) };
}

/** Its proper name, once those that ran beside it have gone, which they do when it is well. */
function superseding(
  placement: Placement,
  current: ObservedContainer,
  { stale, outgoing }: Others,
  view: InstanceView,
): readonly Step[] {
  const { nowMs, desired } = view.input;
  if (!desired.isFresh) return [];
  const isWell = (wellAtMs(placement, current, nowMs) ?? Infinity) <= nowMs;
  if (outgoing.length > 0 && !isWell) return [];
  return [
    ...outgoing.flatMap((it) => takeAway(it, 'superseded')),
    ...renaming(placement, current, [...stale, ...outgoing], view),
  ];
}

/** When what has recovered from a trouble is to be looked at again. */
function steadyAtMs({ run }: ObservedContainer, { memory }: InstanceView): number | undefined {
  const isRecovering = run.state === 'running' && (memory?.troubles ?? 0) > 0;
  return isRecovering ? run.startedAtMs + STEADY_AFTER_MS : undefined;
}

/** Nothing is removed: this may be done while etcd is away too. */
function restart({ instance }: Placement, current: ObservedContainer): readonly Step[] {
  const reason = 'partner-restarted';
  return [
    ...takeAway(current, reason).filter(({ kind }) => kind !== 'remove'),
    { kind: 'start', instance, container: current.id, reason },
  ];
}

/** Its proper name, unless somebody else's container holds it: then it runs on under the temporary one. */
function renaming(
  placement: Placement,
  current: ObservedContainer,
  others: readonly ObservedContainer[],
  view: InstanceView,
): readonly Step[] {
  const to = placement.spec.containerName;
  if (current.name === to || isNameHeld(to, [current, ...others], view)) return [];
  const { instance } = placement;
  return [{ kind: 'rename', instance, container: current.id, to, reason: 'name-differs' }];
}

/** By a container that is not among the instance's own: those make way. */
function isNameHeld(name: string, own: readonly ObservedContainer[], view: InstanceView): boolean {
  if (view.input.foreignNames.has(name)) return true;
  return view.input.containers.some((it) => it.name === name && !own.includes(it));
}

/** Why nothing may be tried now: backoff, or a dependency. */
function obstacle(
  placement: Placement,
  view: InstanceView,
  start: {
    readonly isFirst: boolean;
    readonly isForNew: boolean;
    readonly isAfterOutage: boolean;
  },
): InstancePlan | undefined {
  const { nowMs, names } = view.input;
  const { memory, failures } = view;
  const { isFirst: isFirstStart, isAfterOutage } = start;
  const waiting = waitingFor(placement, {
    ...{ names, isFirstStart, isAfterOutage, nowMs, failures },
    doubtful: isAfterOutage ? view.input.doubtful : NO_DOUBT,
    waitingSinceMs: view.input.waitingSince.get(placement.instance) ?? nowMs,
  });
  // Who asks for a restart need not wait until a program that keeps ending would be started again.
  const isAsked = dueRestart(placement, memory) !== undefined;
  const isForgiven = isAsked && memory?.trouble !== undefined && isOfProgram(memory.trouble);
  const retryAtMs = isForgiven ? undefined : memory?.retryAtMs;
  if (memory !== undefined && retryAtMs !== undefined && retryAtMs > nowMs) {
    return backingOff(memory, retryAtMs, waiting);
  }
  if (waiting !== undefined) return blocked(waiting);
  const { containers, desired } = view.input;
  const here = { containers, placements: desired.placements };
  const partner = missingPartner(placement.spec, here, start.isForNew);
  return partner === undefined
    ? undefined
    : blocked({ reason: `waits for ${partner}, whose container it shares, to run here` });
}

const NO_DOUBT: ReadonlyMap<InstanceId, number> = new Map();

function backingOff(
  memory: InstanceMemory,
  retryAtMs: number,
  waiting: Waiting | undefined,
): InstancePlan {
  const { trouble } = memory;
  const reason = waiting?.reason ?? 'starts again in a moment';
  const situation: Situation =
    trouble === undefined ? { kind: 'waits', reason } : { kind: 'failed', trouble, retryAtMs };
  return { steps: [], situation, wakeAtMs: retryAtMs };
}

function blocked(waiting: Waiting): InstancePlan {
  return {
    steps: [],
    situation: { kind: 'waits', reason: waiting.reason },
    ...(waiting.wakeAtMs === undefined ? {} : { wakeAtMs: waiting.wakeAtMs }),
  };
}

function planCreation(
  placement: Placement,
  { stale, outgoing }: Others,
  view: InstanceView,
): InstancePlan {
  const { instance, spec } = placement;
  const others = [...outgoing, ...stale];
  const { input, memory } = view;
  const [first] = others;
  const reason: StepReason =
    first === undefined ? 'not-created' : replacedFor(first, placement, view);
  const wait = obstacle(placement, view, {
    ...{ isFirst: true, isForNew: true, isAfterOutage: false },
  });
  const isBackingOff = (memory?.retryAtMs ?? 0) > input.nowMs;
  const image = planImage(placement, view);
  if (image.kind === 'missing') return keepOld({ steps: [], situation: image.situation }, others);
  // Ahead of the dependencies: an image takes long, and disturbs nobody.
  if (image.kind === 'pull' && !isBackingOff) {
    return { steps: [image.step], situation: { kind: 'works' } };
  }
  if (wait !== undefined) return keepOld(wait, others);
  const holder = input.foreignNames.get(spec.containerName);
  if (holder !== undefined) return nameTaken(placement, holder);
  const { cluster } = input.desired;
  if (cluster === undefined) return { steps: [] };
  const isNameFree = !input.containers.some((it) => it.name === spec.containerName);
  const name = isNameFree ? spec.containerName : temporaryName(placement);
  const inherited = others.flatMap((it) => ownAnonymousVolumes(it, input.containers));
  const base = { instance, reason } as const;
  const isBeside = outgoing.length > 0;
  const beside = isBeside ? { isBeside } : {};
  const create: Step = { ...base, kind: 'create', name, placement, cluster, inherited, ...beside };
  // With an old container to replace, the new one is made first and looked at, so that the gap between them is short.
  const making = [...writingFiles(placement, reason), create];
  const steps: Step[] =
    stale.length > 0 && !isBeside
      ? making
      : [...making, { ...base, kind: 'start', container: name, ...servedBy(placement) }];
  return { steps, situation: { kind: 'works' } };
}

function writingFiles({ instance, spec }: Placement, reason: StepReason): readonly Step[] {
  const { files = [] } = spec;
  return files.length === 0 ? [] : [{ kind: 'write-files', instance, files, reason }];
}

function replacedFor(
  old: ObservedContainer,
  { specHash }: Placement,
  { memory }: InstanceView,
): StepReason {
  if (old.id === memory?.misaddressed) return 'address-refused';
  if (old.id === memory?.refresh?.outdated) return 'image-outdated';
  return old.specHash === specHash ? 'partner-replaced' : 'spec-changed';
}

/** While a replacement waits, what runs is still the old container. */
function keepOld(wait: InstancePlan, others: readonly ObservedContainer[]): InstancePlan {
  const { situation } = wait;
  if (!others.some(isRunning)) return wait;
  if (situation?.kind === 'failed') return { ...wait, situation: { ...situation, isBeside: true } };
  if (situation?.kind !== 'waits') return wait;
  const reason = `an older container still runs; its replacement ${situation.reason}`;
  return { ...wait, situation: { kind: 'waits', reason } };
}

function nameTaken(placement: Placement, holder: string): InstancePlan {
  const message = `the container name ${placement.spec.containerName} is taken on this host by container ${holder.slice(0, 12)}, which is not nap's; rename or remove that container`;
  return { steps: [], situation: { kind: 'failed', trouble: { cause: 'name-taken', message } } };
}

/** A name that is free whatever else the instance has: its container may still have the proper one. */
function temporaryName(placement: Placement): string {
  return `${placement.spec.containerName}.nap-${placement.specHash.slice(3, 11)}`;
}

function planStart(
  placement: Placement,
  current: ObservedContainer,
  { stale, outgoing }: Others,
  view: InstanceView,
): InstancePlan {
  const isAsked = dueRestart(placement, view.memory) !== undefined;
  const ended: End = isAsked ? { reason: 'restart-asked' } : endOf(placement, current, view);
  if (ended.situation !== undefined) {
    return keepOld(withLeftovers(stale, view, ended.situation), outgoing);
  }
  if (ended.wakeAtMs !== undefined) return { steps: [], wakeAtMs: ended.wakeAtMs };
  const wait = obstacle(placement, view, {
    isFirst: !hasRun(current),
    isForNew: false,
    isAfterOutage: ended.reason === 'interrupted',
  });
  if (wait !== undefined) return keepOld(wait, [...outgoing, ...stale]);
  const { isFresh } = view.input.desired;
  const isDead = (it: ObservedContainer): boolean => it.run.state === 'dead';
  const living = stale.filter((it) => !isDead(it));
  const steps: Step[] = [
    // While the old container still runs: this is what may fail.
    ...writingFiles(placement, ended.reason),
    ...(isFresh ? living.flatMap((it) => takeAway(it, replacedFor(it, placement, view))) : []),
    ...(isFresh && outgoing.length === 0 ? renaming(placement, current, living, view) : []),
    {
      ...{ kind: 'start', instance: placement.instance, container: current.id },
      ...{ reason: ended.reason, ...servedBy(placement) },
    },
    // The engine may fail at these for ever: nothing waits for them.
    ...(isFresh ? stale.filter(isDead).flatMap((it) => takeAway(it, 'dead')) : []),
  ];
  return { steps, situation: { kind: 'works' } };
}
