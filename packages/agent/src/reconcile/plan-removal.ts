import {
  droppedVolumes,
  fillHostTemplates,
  parseInstanceId,
  type InstanceId,
  type Placement,
} from '@nap/shared';
import { isRunning, type ObservedContainer } from './observed.js';
import { ownAnonymousVolumes } from './partners.js';
import type { InstancePlan, InstanceView, ReconcileInput } from './reconcile.js';
import type { Situation } from './situation.js';
import type { Step, StepReason } from './step.js';

/** Nobody can be waited for: it must stop soon, or nobody reaches it any more. */
const AT_ONCE: ReadonlySet<StepReason> = new Set(['cut-off', 'partner-restarted']);

/** Takes one container away: its name first, then its process, then itself. Volumes stay. */
export function takeAway(container: ObservedContainer, reason: StepReason): readonly Step[] {
  const { instance, id } = container;
  const base = { instance, reason, container: id } as const;
  const { preStop: hooks, stopGraceMs: graceMs, drainMs: ms } = container;
  const hasHooks = hooks.length > 0 && graceMs > 0;
  return [
    ...(isRunning(container)
      ? ([
          { ...base, kind: 'withdraw-name' },
          ...(ms > 0 && !AT_ONCE.has(reason) ? [{ ...base, kind: 'drain', ms } as const] : []),
          ...(hasHooks ? [{ ...base, kind: 'pre-stop', hooks, withinMs: graceMs } as const] : []),
          { ...base, kind: 'stop', graceMs },
        ] as const)
      : []),
    { ...base, kind: 'remove' },
  ];
}

/** Stops what runs and leaves it there. `graceMs`: how long its program may take, instead of its own time. */
export function stopOnly(
  container: ObservedContainer,
  reason: StepReason,
  graceMs: number = container.stopGraceMs,
): readonly Step[] {
  const steps = takeAway({ ...container, stopGraceMs: graceMs }, reason);
  return steps.filter(({ kind }) => kind !== 'remove');
}

/** Somebody else may run it by now: the file says that it must not run twice. Nothing is removed. */
export function planCutOff(
  { stopAfterMs = 0 }: Placement,
  { containers }: InstanceView,
): InstancePlan {
  const reason = `etcd has been out of reach for ${Math.round(stopAfterMs / 1000)} s or more (on_partition: stop_after)`;
  const steps = containers
    .filter(isRunning)
    .flatMap((container) => takeAway(container, 'cut-off'))
    .filter(({ kind }) => kind !== 'remove');
  return { steps, situation: { kind: 'waits', reason } };
}

/**
 * When taking something of this instance away has failed, the moment of the next try. What has only failed to start, for
 * want of an image or a port, or keeps ending, is taken away at once.
 */
export function heldBackUntil({ memory, input }: InstanceView): number | undefined {
  const { retryAtMs = 0, isTakingAway } = memory ?? {};
  return isTakingAway === true && retryAtMs > input.nowMs ? retryAtMs : undefined;
}

/** The controller wants it gone and says so: this is proof enough, whichever cluster the container is from. */
export function planRemoval(placement: Placement, view: InstanceView): InstancePlan {
  const { containers, input, memory } = view;
  const { instance } = placement;
  if (containers.length === 0 && memory?.isRemoved === true) return gone;
  const { stopAfterMs = Infinity } = placement;
  const leftMs = stopAfterMs - (input.unreachedMs ?? 0);
  // Whoever placed it elsewhere would wait for no longer.
  if (leftMs <= 0 && containers.some(isRunning)) return planCutOff(placement, view);
  if (!input.desired.isFresh) {
    const situation: Situation = { kind: 'waits', reason: 'waits for etcd, to be removed' };
    return { steps: [], situation, ...(leftMs > 0 ? waking(input.nowMs + leftMs) : {}) };
  }
  const held = heldBack(view, 'removed');
  if (held !== undefined) return held;
  const isWithVolumes = placement.removeVolumes === true;
  const drop = (volume: string): Step => ({
    kind: 'remove-volume',
    instance,
    volume,
    reason: 'wanted-removed',
  });
  if (containers.length > 0) {
    // Nobody else knows of the anonymous volumes once the container is gone.
    const anonymous = isWithVolumes ? anonymousVolumes(view) : [];
    const steps = containers.flatMap((container) => takeAway(container, 'wanted-removed'));
    return { steps: [...steps, ...anonymous.map(drop)], situation: { kind: 'works' } };
  }
  return isWithVolumes ? planVolumes(placement, view, drop) : gone;
}

const waking = (atMs: number): Pick<InstancePlan, 'wakeAtMs'> =>
  atMs === Infinity ? {} : { wakeAtMs: atMs };

const gone: InstancePlan = { steps: [], situation: { kind: 'removed' } };

/** What to say while taking it away is not tried again yet; undefined: it may be tried. */
export function heldBack(
  view: InstanceView,
  what: 'removed' | 'stopped',
): InstancePlan | undefined {
  const retryAtMs = heldBackUntil(view);
  if (retryAtMs === undefined) return undefined;
  const trouble = view.memory?.trouble;
  const situation: Situation =
    trouble === undefined
      ? { kind: 'waits', reason: `waits for the engine or etcd, to be ${what}` }
      : { kind: 'failed', trouble, retryAtMs };
  return { steps: [], situation, wakeAtMs: retryAtMs };
}

/** A volume that others use goes with the last of them, or stays with those that are to run on. */
function planVolumes(
  placement: Placement,
  view: InstanceView,
  drop: (volume: string) => Step,
): InstancePlan {
  const { containers, desired, host, platform } = view.input;
  const spec = fillHostTemplates(placement.spec, { host, platform });
  const users = (volume: string): readonly ObservedContainer[] =>
    containers.filter((it) => it.volumes.some(({ name }) => name === volume));
  const isKept = (volume: string): boolean =>
    users(volume).some((it) => desired.placements.get(it.instance)?.wanted !== 'removed');
  const volumes = droppedVolumes(spec).filter((volume) => !isKept(volume));
  const used = volumes.find((volume) => users(volume).length > 0);
  if (used !== undefined) {
    const reason = `waits for the other containers of volume ${used} to be removed`;
    return { steps: [], situation: { kind: 'waits', reason } };
  }
  return volumes.length === 0 ? gone : { steps: volumes.map(drop), situation: { kind: 'works' } };
}

function anonymousVolumes({ containers, input }: InstanceView): readonly string[] {
  const names = containers.flatMap((container) =>
    ownAnonymousVolumes(container, input.containers).map((volume) => volume.name),
  );
  return [...new Set(names)];
}

/** No placement: the container goes only on proof that it is not wanted any more. */
export function planVanished(instance: InstanceId, view: InstanceView): InstancePlan {
  const { containers, input, memory } = view;
  const { desired } = input;
  const isInDoubt = desired.doubted.has(instance) && !isElsewhere(instance, input);
  const isProven = (container: ObservedContainer): boolean =>
    desired.isFresh &&
    !isInDoubt &&
    desired.cluster !== undefined &&
    (container.cluster === desired.cluster ||
      (memory?.adopted?.containerId === container.id &&
        memory.adopted.cluster === desired.cluster));
  const unproven = containers.filter((container) => !isProven(container));
  const removable = containers.filter(isProven);
  const retryAtMs = heldBackUntil(view);
  if (retryAtMs !== undefined) return { steps: [], unproven, wakeAtMs: retryAtMs };
  const steps = removable.flatMap((container) => takeAway(container, 'placement-gone'));
  if (containers.length > 0 || memory === undefined || !desired.isFresh) {
    return { steps, unproven };
  }
  return { steps: [{ kind: 'forget', instance, reason: 'placement-gone' }] };
}

/** Another host tells that it runs there. */
function isElsewhere(instance: InstanceId, { names, host }: ReconcileInput): boolean {
  const project = parseInstanceId(instance)?.project;
  const records = project === undefined ? [] : (names.get(project) ?? []);
  return records.some((record) => record.instance === instance && record.host !== host);
}
