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
  /** Nobody is going to look at what comes of the last of them. */
  readonly isUnwatched?: boolean;
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
  const rollout = rolloutOf(revision, before, plan, options);
  const seen = options.wellSince.at(options);
  const services = revision.project.services.map((service) =>
    serviceRollout(view, { service, revision, updates, seen }),
  );
  const verdict = judge(services, rollout, view);
  const released = services.map((it) =>
    release(it, view, verdict.hold ?? dependencyHold(it, services)),
  );
  const held = released.flatMap(({ later }) => later);
  const now = new Set<Change>(released.flatMap((it) => it.now));
  const changes = plan.changes
    .filter((change) => !isReplacement(change) || now.has(change))
    .map((change) => withOldSpec(change, view, plan.project));
  const isUnwatched = options.isUnwatched === true && held.length === 0;
  const isDoneAll = updates.length === 0 && verdict.hold === undefined && services.every(isDone);
  const after = isUnwatched || isDoneAll ? undefined : verdict.rollout;
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
  revision: ProjectRevision,
  before: Rollout | undefined,
  plan: Plan,
  options: PaceOptions,
): Rollout {
  return before?.revision === revision.revision
    ? ongoing(before, options)
    : beginning(revision, before, plan, options);
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
    revision,
    updates,
    seen,
  }: {
    readonly service: ServiceSpec;
    readonly revision: ProjectRevision;
    readonly updates: readonly Update[];
    readonly seen: ReturnType<WellSince['at']>;
  },
): ServiceRollout {
  const isOwn = (instance: InstanceId): boolean =>
    parseInstanceId(instance)?.service === service.name;
  const own = updates.filter(({ placement }) => isOwn(placement.instance));
  const waiting = new Set(updates.map(({ placement }) => placement.instance));
  const begun = projectPlacements(view, revision.project.name)
    .filter(({ instance, yieldsTo }) => isOwn(instance) && yieldsTo === undefined)
    .filter(({ instance, wanted }) => !waiting.has(instance) && wanted === 'running')
    .filter((placement) =>
      wasDone(placement, revision.revision, ['recreated', 'restarted', 'refreshed']),
    );
  const isRestart =
    own.every(({ program }) => program === 'restarts') &&
    begun.every((it) => wasDone(it, revision.revision, ['restarted']));
  const plain = rulesOf(service, revision.rollback !== undefined);
  const isOfOneSpec =
    own.every(({ recreates }) => !recreates) &&
    begun.every((it) => !wasDone(it, revision.revision, ['recreated']));
  const forward = isOfOneSpec ? withoutWayBack(plain) : plain;
  const rules = isRestart ? restartRules(forward, service) : forward;
  return {
    ...{ service, rules, updates: own },
    begun: begun.map((placement) => ({
      placement,
      condition: conditionOf(view, placement, rules, {
        look: seen,
        isRefresh: !wasDone(placement, revision.revision, ['recreated', 'restarted']),
      }),
    })),
  };
}

/** It was replaced or restarted for this revision: what was there before is judged by nobody. */
function wasDone(
  { decisions = [] }: Placement,
  revision: number,
  kinds: readonly Decision['kind'][],
): boolean {
  return decisions.some((it) => it.revision === revision && kinds.includes(it.kind));
}

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

const isDone = ({ updates, begun, rules }: ServiceRollout): boolean =>
  updates.length === 0 && begun.every(({ condition }) => isPassed(condition, rules));

/** What may fail has passed when it has failed. */
const isPassed = ({ kind }: Condition, { failureAction }: RolloutRules): boolean =>
  kind === 'well' || kind === 'away' || (kind === 'failed' && failureAction === 'continue');

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
    ({ condition }) => condition.isSlotTaken && !isFailedOnPurpose(condition, rules),
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

const isFailedOnPurpose = ({ kind }: Condition, { failureAction }: RolloutRules): boolean =>
  kind === 'failed' && failureAction === 'continue';

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
