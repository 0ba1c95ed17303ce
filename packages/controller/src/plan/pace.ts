import {
  parseInstanceId,
  type Decision,
  type InstanceId,
  type Placement,
  type ProjectRevision,
  type Rollout,
  type ServiceSpec,
} from '@nap/shared';
import { PULL_REQUEST } from './asked-project.js';
import type { Change, Plan } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { restartRules, rulesOf, withoutWayBack, type RolloutRules } from './rollout-rules.js';
import { inStopOrder } from './stop-order.js';
import { conditionOf, WellSince, type Condition, type Moment } from './well-since.js';

type Update = Extract<Change, { kind: 'update' }>;

const OF_ROLLOUTS: readonly Decision['kind'][] = ['recreated', 'restarted', 'refreshed'];

/** How late a failure of the last ones may be found, after the time for which they are watched, in ms. */
const JUDGED_WITHIN_MS = 24 * 3_600_000;

/** A change that waits, and for what. */
export interface Held {
  readonly instance: InstanceId;
  readonly reason: string;
}

export interface Paced {
  /** What may be done now. */
  readonly plan: Plan;
  readonly held: readonly Held[];
  /** To be handed in again. */
  readonly wellSince: WellSince;
  /** Until something that waits for time only has waited long enough, in ms. */
  readonly wakeInMs?: number;
  /** Why the last good revision is to be brought back, and which one that is. */
  readonly rollback?: { readonly to: number; readonly reason: string };
}

export interface PaceOptions extends Moment {
  readonly wellSince: WellSince;
  /** Whoever applies goes on with what stands still. */
  readonly resumes?: boolean;
  readonly noRollback?: boolean;
}

/** One service of a project that is being rolled out. */
interface ServiceRollout {
  readonly service: ServiceSpec;
  readonly rules: RolloutRules;
  /** Not begun yet. */
  readonly updates: readonly Update[];
  /** Begun: their containers are of the new revision, or will be. */
  readonly begun: readonly { readonly placement: Placement; readonly condition: Condition }[];
}

/**
 * What of a plan may be done now, so that containers are replaced as the file says: so many at a time, each watched for a
 * while before the next. Everything but the replacing of containers passes. Level-triggered: which are replaced and how they
 * are is read from the view, and whoever leads next goes on from there; only since when an instance has been well is carried
 * from one call to the next, so that a controller that takes over waits once more: late is safe.
 */
export function pace(view: ClusterView, plan: Plan, options: PaceOptions): Paced {
  const revision = revisionOf(view, plan);
  if (revision === undefined) return paceReplacing(view, plan, options);
  const ordered = inStopOrder(view, plan, revision.project);
  const paced = paceReplacing(view, ordered.plan, options);
  return { ...paced, held: [...ordered.held, ...paced.held] };
}

function paceReplacing(view: ClusterView, plan: Plan, options: PaceOptions): Paced {
  const revision = revisionOf(view, plan);
  const isIdle = !plan.changes.some(isReplacement) && !view.rollouts.has(plan.project);
  const isLeaving = plan.changes.some(({ kind }) => kind === 'forget-project');
  if (revision === undefined || isIdle || isLeaving) {
    return { plan, held: [], wellSince: options.wellSince };
  }
  return paceRollout(view, plan, revision, options);
}

function paceRollout(
  view: ClusterView,
  plan: Plan,
  revision: ProjectRevision,
  options: PaceOptions,
): Paced {
  const updates = plan.changes.filter(isReplacement);
  const before = view.rollouts.get(plan.project);
  const rollout = rolloutOf(view, revision, plan, options);
  const seen = options.wellSince.at(options);
  const { project } = plan;
  const what = { project, revision: rollout.revision, updates, seen };
  const isRollback = revision.rollback !== undefined;
  const services = revision.project.services.map((service) =>
    serviceRollout(view, { ...what, service, isRollback }),
  );
  const isLate = updates.length === 0 && isLongPast(services, rollout, options);
  const verdict = isLate ? { rollout } : judge(services, rollout, view);
  const released = services.map((it) =>
    release(it, view, verdict.hold ?? dependencyHold(it, services)),
  );
  const held = released.flatMap(({ later }) => later);
  const now = new Set<Change>(released.flatMap((it) => it.now));
  const changes = plan.changes
    .filter((change) => !isReplacement(change) || now.has(change))
    .map((change) => withOldSpec(change, view, plan.project));
  const isDoneAll = verdict.hold === undefined && services.every(isDone);
  const after = isDoneAll ? undefined : verdict.rollout;
  return {
    plan: { ...plan, changes: storeFirst(changes, rolloutChange(plan.project, before, after)) },
    held,
    wellSince: seen.next,
    ...(seen.wakeInMs === undefined ? {} : { wakeInMs: seen.wakeInMs }),
    ...(verdict.rollback === undefined ? {} : { rollback: verdict.rollback }),
  };
}

/** Of a program that runs: what is stopped disturbs nobody when it is made anew. A newer image may replace a container too. */
const isReplacement = (change: Change): change is Update =>
  change.kind === 'update' &&
  (change.program === undefined
    ? change.recreates || isRefresh(change)
    : change.program === 'restarts');

const isRefresh = ({ placement, differences }: Update): boolean =>
  placement.wanted === 'running' && differences.includes(PULL_REQUEST);

function revisionOf(view: ClusterView, plan: Plan): ProjectRevision | undefined {
  for (const change of plan.changes) if (change.kind === 'store-project') return change.revision;
  return view.projects.get(plan.project);
}

/** The rollout that goes on, or the one that begins. */
function rolloutOf(
  view: ClusterView,
  revision: ProjectRevision,
  plan: Plan,
  options: PaceOptions,
): Rollout {
  const before = view.rollouts.get(plan.project);
  if (before?.revision === revision.revision) return ongoing(before, options);
  const isReplaced = plan.changes.some(isReplacement);
  if (before === undefined || before.paused !== undefined || isReplaced) {
    return beginning(revision, before, plan, options);
  }
  // Who scales or labels something does not end the watching of what has been replaced; nor does what was brought back go back.
  const stored = view.projects.get(plan.project);
  const isOfRollback = stored?.revision === before.revision && stored.rollback !== undefined;
  return isOfRollback ? { ...before, noRollback: true } : before;
}

function ongoing(before: Rollout, { resumes = false, noRollback = false }: PaceOptions): Rollout {
  if (!resumes) return before;
  const { paused: _paused, noRollback: _before, ...rest } = before;
  return { ...rest, ...(noRollback ? { noRollback } : {}) };
}

/** From what was last rolled out to its end: that is what it goes back to when it fails. */
function beginning(
  { revision, rollback }: ProjectRevision,
  before: Rollout | undefined,
  plan: Plan,
  { nowMs, resumes = false, noRollback = false }: PaceOptions,
): Rollout {
  const isNew = plan.changes.some(({ kind }) => kind === 'store-project');
  const replaced = isNew && revision > 1 ? revision - 1 : undefined;
  const from = rollback?.to ?? (before === undefined ? replaced : before.from);
  return {
    revision,
    ...(from === undefined ? {} : { from }),
    startedAtMs: nowMs,
    // Who only scales a service does not go on with what stands still.
    ...(before?.paused === undefined || resumes ? {} : { paused: before.paused }),
    ...(noRollback ? { noRollback } : {}),
  };
}

function serviceRollout(
  view: ClusterView,
  {
    service,
    project,
    revision,
    isRollback,
    updates,
    seen,
  }: {
    readonly project: Plan['project'];
    readonly service: ServiceSpec;
    /** What is rolled out: the project may have been scaled since. */
    readonly revision: number;
    readonly isRollback: boolean;
    readonly updates: readonly Update[];
    readonly seen: ReturnType<WellSince['at']>;
  },
): ServiceRollout {
  const isOwn = (instance: InstanceId): boolean =>
    parseInstanceId(instance)?.service === service.name;
  const own = updates.filter(({ placement }) => isOwn(placement.instance));
  const waiting = new Set(updates.map(({ placement }) => placement.instance));
  const begun = projectPlacements(view, project)
    .filter(({ instance, yieldsTo }) => isOwn(instance) && yieldsTo === undefined)
    .filter(({ instance, wanted }) => !waiting.has(instance) && wanted === 'running')
    .filter((placement) => wasDone(placement, revision));
  const isRestart =
    own.every(({ program }) => program === 'restarts') &&
    begun.every((it) => wasDone(it, revision, ['restarted']));
  const plain = rulesOf(service, isRollback);
  const isOfOneSpec =
    own.every(({ recreates }) => !recreates) &&
    begun.every((it) => !wasDone(it, revision, ['recreated']));
  const forward = isOfOneSpec ? withoutWayBack(plain) : plain;
  const rules = isRestart ? restartRules(forward, service) : forward;
  return {
    ...{ service, rules, updates: own },
    begun: begun.map((placement) => ({
      placement,
      condition: conditionOf(view, placement, rules, {
        look: seen,
        isRefresh: !wasDone(placement, revision, ['recreated', 'restarted']),
      }),
    })),
  };
}

/** It was replaced or restarted for this revision: what was there before is judged by nobody. */
const wasDone = (
  placement: Placement,
  revision: number,
  kinds: readonly Decision['kind'][] = OF_ROLLOUTS,
): boolean => doneAtMs(placement, revision, kinds) !== undefined;

/** When it was last replaced or restarted for this revision; undefined: never. */
function doneAtMs(
  { decisions = [] }: Placement,
  revision: number,
  kinds: readonly Decision['kind'][] = OF_ROLLOUTS,
): number | undefined {
  return decisions.findLast((it) => it.revision === revision && kinds.includes(it.kind))?.atMs;
}

/**
 * All has been replaced, and nobody has looked at it for so long that a failure says nothing of the new revision any more: a
 * rollout whose end nobody has watched does not go back because of a crash a month later.
 */
const isLongPast = (
  services: readonly ServiceRollout[],
  { revision, paused }: Rollout,
  { nowMs }: PaceOptions,
): boolean =>
  paused === undefined &&
  services.every(({ begun, rules }) =>
    begun.every(({ placement }) => {
      const sinceMs = nowMs - (doneAtMs(placement, revision) ?? nowMs);
      return sinceMs > rules.monitorMs + JUDGED_WITHIN_MS;
    }),
  );

interface Verdict {
  readonly rollout: Rollout;
  /** Why nothing is begun. */
  readonly hold?: string;
  readonly rollback?: { readonly to: number; readonly reason: string };
}

/** Whether too many of some service have failed, and what the file says of that. */
function judge(services: readonly ServiceRollout[], rollout: Rollout, view: ClusterView): Verdict {
  if (rollout.paused !== undefined) return { rollout, hold: `stands still: ${rollout.paused}` };
  for (const { service, rules, begun } of services) {
    const failed = begun.filter(({ condition }) => condition.kind === 'failed');
    const [first] = failed;
    const count = Math.max(1, begun.length, service.replicas);
    if (first === undefined || failed.length / count <= rules.maxFailureRatio) continue;
    if (rules.failureAction === 'continue') continue;
    const reason = `${first.placement.instance} ${first.condition.text}`;
    const { from, noRollback } = rollout;
    const isRollback = rules.failureAction === 'rollback' && noRollback !== true;
    if (isRollback && from !== undefined && isKept(view, services, from)) {
      return { rollout, hold: `is rolled back: ${reason}`, rollback: { to: from, reason } };
    }
    return { rollout: { ...rollout, paused: reason }, hold: `stands still: ${reason}` };
  }
  return { rollout };
}

function isKept(view: ClusterView, services: readonly ServiceRollout[], from: number): boolean {
  const [any] = services.flatMap(({ begun }) => begun);
  const project = any === undefined ? undefined : parseInstanceId(any.placement.instance)?.project;
  return project !== undefined && (view.history.get(project) ?? []).includes(from);
}

/** A service is replaced after those that it depends on. */
function dependencyHold(
  { service }: ServiceRollout,
  services: readonly ServiceRollout[],
): string | undefined {
  const names = new Set<string>(service.dependencies.map((it) => it.service));
  const busy = services.find((it) => names.has(it.service.name) && !isDone(it));
  return busy === undefined ? undefined : `waits for the rollout of ${busy.service.name}`;
}

/** What has failed is passed over: where it may not fail, nothing is begun, and the rollout is not done. */
const isDone = ({ updates, begun }: ServiceRollout): boolean =>
  updates.length === 0 && begun.every(({ condition: { kind } }) => kind !== 'coming');

/** As many as the rules allow, those first that do not run well anyway. */
function release(
  { service, rules, updates, begun }: ServiceRollout,
  view: ClusterView,
  hold: string | undefined,
): { readonly now: readonly Update[]; readonly later: readonly Held[] } {
  const isAway = ({ placement }: Update): boolean =>
    view.hosts.get(placement.host)?.isAlive !== true;
  // Nobody misses it, and nobody knows when its host is back.
  const away = updates.filter(isAway);
  if (hold !== undefined) {
    return {
      now: [],
      later: updates.map((it) => ({ instance: it.placement.instance, reason: hold })),
    };
  }
  const here = updates.filter((it) => !isAway(it));
  const inFlux = begun.filter(
    ({ condition: { kind, isSlotTaken } }) => isSlotTaken && kind !== 'failed',
  );
  const free = Math.max(0, rules.parallelism - inFlux.length);
  const isWell = ({ placement: { instance } }: Update): boolean =>
    view.names.get(instance)?.condition === 'ready';
  const order = [...here.filter((it) => !isWell(it)), ...here.filter(isWell)];
  const names = inFlux.map(({ placement }) => placement.instance).join(', ') || 'its turn';
  const reason = `${service.name} is replaced ${rules.parallelism} at a time; waits for ${names}`;
  return {
    now: [...away, ...order.slice(0, free)],
    later: order.slice(free).map((it) => ({ instance: it.placement.instance, reason })),
  };
}

/** What moves while its service is being rolled out keeps its spec until its turn comes. */
function withOldSpec(change: Change, view: ClusterView, project: Plan['project']): Change {
  if (change.kind !== 'move') return change;
  const { placement, from } = change;
  const old = projectPlacements(view, project).find(
    ({ instance, host }) => instance === placement.instance && host === from,
  );
  if (old === undefined || old.specHash === placement.specHash) return change;
  return { ...change, placement: { ...placement, spec: old.spec, specHash: old.specHash } };
}

function rolloutChange(
  project: Plan['project'],
  before: Rollout | undefined,
  after: Rollout | undefined,
): Change | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (after === undefined) return { kind: 'rollout', project, reason: 'is over' };
  const reason =
    after.paused !== undefined
      ? `stands still: ${after.paused}`
      : before?.revision === after.revision
        ? 'goes on'
        : `begins, of revision ${after.revision}`;
  return { kind: 'rollout', project, rollout: after, reason };
}

/** The durable intent goes first, and what is rolled out is known before anything is replaced. */
function storeFirst(changes: readonly Change[], bookkeeping: Change | undefined): Change[] {
  if (bookkeeping === undefined) return [...changes];
  const stored = changes.filter(({ kind }) => kind === 'store-project');
  return [...stored, bookkeeping, ...changes.filter(({ kind }) => kind !== 'store-project')];
}
