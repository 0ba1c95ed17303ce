import { isNapError, keys, messageOf, type HostId, type ProjectName } from '@nap/shared';
import type { Leadership, Store, Write } from '@nap/shared/store';
import { interruptedText, nothingNewText, unwatchedText } from '../output/held-view.js';
import { blocking, type Change, type Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { askedRevision, onlyRollout } from '../plan/plan-paced.js';
import { planForget } from '../plan/plan-forget.js';
import { planProject } from '../plan/plan-project.js';
import { planStored } from '../plan/plan-stored.js';
import { changeText, unplacedText } from '../plan/plan-text.js';
import { awaitConverged } from '../rollout/await-converged.js';
import type { Contents } from '../rollout/file-writes.js';
import { commitPlan, commitPlans, type CommittedPlan } from '../rollout/commit-plan.js';
import { readView } from '../rollout/read-view.js';
import { lead } from '../rollout/lead.js';
import { hasWork, isRolling, Pacer } from '../rollout/pacer.js';
import type { CommandContext } from './context.js';
import { hostProblems } from './host-problems.js';
import { createProgressSink, type ProgressArgs } from './progress-sink.js';

export interface WaitArgs extends ProgressArgs {
  readonly timeout: number;
  /** Do not wait until all is as wanted. */
  readonly detach?: boolean | undefined;
  /** A rollout that stands still is somebody else's business. */
  readonly isPastRollouts?: boolean;
}

export interface CommitArgs {
  readonly progress: string;
  readonly detach?: boolean | undefined;
  /** What stands still goes on. Absent: it does. */
  readonly resumes?: boolean;
  /** A rollout that fails stands still instead, whatever the file says. */
  readonly noRollback?: boolean;
}

/** What a command has written, and what it needs to go on with the rollout of it. */
export interface Committed extends CommittedPlan {
  readonly pacer: Pacer;
  /** What the command wants to be reached, also where the first that it wrote was to bring back another. */
  readonly revision: number | undefined;
}

export interface ProjectPlanning {
  readonly project: ProjectName;
  /** Of this project alone: see `ReadOptions`. Called again with what is found later. */
  readonly makePlan: (view: ClusterView) => Plan;
  /** Of its configs and secrets. */
  readonly contents?: Contents;
}

/** How long to stand behind another controller before giving up, in ms. */
const LEADERSHIP_WAIT_MS = 60_000;

/**
 * Plans, takes the leadership, plans again from what it then finds, writes, says what it wrote, and gives the leadership
 * back. Where nothing is to change nothing is written, not even who leads.
 */
export async function commitAsLeader(
  context: CommandContext,
  store: Store,
  args: CommitArgs,
  { project, makePlan, contents = new Map() }: ProjectPlanning,
): Promise<Committed> {
  const pacer = pacerOf(context);
  const asked = { resumes: args.resumes !== false, noRollback: args.noRollback === true };
  const makePaced = (found: ClusterView): Plan => pacer.pace(found, makePlan(found), asked);
  const view = await readView(store, context.signal, { project });
  const preview = makePaced(view);
  const isNothing = preview.changes.length === 0 && blocking(preview.unplaced).length === 0;
  const committed = isNothing
    ? { plan: preview, view }
    : await commit(context, store, { project, makePlan: makePaced, contents });
  sayPlan(context, committed.plan, args);
  return { ...committed, pacer, revision: askedRevision(committed.view, committed.plan) };
}

const pacerOf = (context: CommandContext): Pacer =>
  new Pacer({ clock: context.clock, by: `${context.user} (nap-controller)` });

async function isDaemonActive(store: Store, signal: AbortSignal): Promise<boolean> {
  return (await store.get(keys.daemon(), signal)) !== undefined;
}

function commit(
  context: CommandContext,
  store: Store,
  { makePlan, ...options }: ProjectPlanning,
): Promise<CommittedPlan> {
  const { signal, clock } = context;
  return asLeader(context, store, (leadership) =>
    commitPlan(store, leadership, makePlan, { signal, clock, ...options }),
  );
}

function asLeader<T>(
  context: CommandContext,
  store: Store,
  work: (leadership: Leadership) => Promise<T>,
): Promise<T> {
  return lead(
    {
      store,
      clock: context.clock,
      identity: `${context.user} (pid ${process.pid})`,
      waitMs: LEADERSHIP_WAIT_MS,
      onWaiting: (leader) => {
        context.err(`another nap-controller is at work (${leader}); waiting for it`);
      },
      signal: context.signal,
    },
    work,
  );
}

export interface StoredPlanning {
  /** The view as the planner shall see it. */
  readonly seen: (view: ClusterView) => ClusterView;
  /** What is written besides, after the plans. */
  readonly more: (view: ClusterView) => readonly Write[];
  /** Instead of what makes the cluster run what is stored. */
  readonly makePlans: (view: ClusterView) => readonly Plan[];
  /** Hosts that must be away until all is written. */
  readonly away: readonly HostId[];
}

/**
 * Makes the cluster run what is stored in it, after something else about it has changed: hosts, their policies. Says what it
 * wrote and what it could not place; returns the projects that it changed.
 */
export async function commitStoredAsLeader(
  context: CommandContext,
  store: Store,
  args: { readonly progress: string },
  planning: Partial<StoredPlanning> = {},
): Promise<readonly ProjectName[]> {
  const { seen = (view: ClusterView): ClusterView => view, more, away = [] } = planning;
  const { makePlans = (view: ClusterView) => planStored(view, context.clock.nowMs()) } = planning;
  const pacer = pacerOf(context);
  const pacedPlans = (view: ClusterView): readonly Plan[] =>
    makePlans(seen(view)).map((plan) => pacer.pace(view, plan));
  const { plans } = await asLeader(context, store, (leadership) =>
    commitPlans(store, leadership, pacedPlans, {
      ...{ signal: context.signal, clock: context.clock, away },
      ...(more === undefined ? {} : { more }),
    }),
  );
  for (const plan of plans) sayPlan(context, plan, args);
  return plans.filter(({ changes }) => changes.length > 0).map(({ project }) => project);
}

/** Where nothing was to be written: so, or what was asked for before and is not done yet. `subject`: what was asked for. */
export function sayNothingNew(
  context: CommandContext,
  { plan, pacer }: Pick<Committed, 'plan' | 'pacer'>,
  subject: string,
  nothing?: string,
): void {
  if (plan.changes.length > 0) return;
  context.err(nothingNewText(subject, pacer.heldOf(plan.project), nothing));
}

function sayPlan(context: CommandContext, plan: Plan, args: { readonly progress: string }): void {
  if (args.progress !== 'quiet') for (const change of plan.changes) sayChange(context, change);
  for (const unplaced of plan.unplaced) context.err(unplacedText(unplaced));
  for (const note of plan.notes) context.err(`note: ${note}`);
}

function sayChange(context: CommandContext, change: Change): void {
  const text = changeText(change);
  if (context.event === undefined) context.err(text);
  else context.event({ event: 'change', kind: change.kind, text });
}

/**
 * Waits until the project is as wanted, and says on standard error how far each instance is; detached, only as long as a
 * rollout needs somebody to go on with it. Where no daemon is active, this is who does.
 */
export async function waitConverged(
  context: CommandContext,
  store: Store,
  project: ProjectName,
  args: WaitArgs,
  committed?: Pick<Committed, 'pacer' | 'revision'>,
): Promise<void> {
  if (args.detach !== true) return drive(context, store, project, args, committed);
  if (await needsDriver(store, project, { committed, signal: context.signal })) {
    await drive(context, store, project, args, committed);
  }
  if (args.progress !== 'quiet') await sayUnwatched(context, store, project);
}

/** Where the end of a rollout is left to whoever comes next. */
async function sayUnwatched(
  context: CommandContext,
  store: Store,
  project: ProjectName,
): Promise<void> {
  const { signal } = context;
  const { rollouts, hasDaemon } = await readView(store, signal, { project });
  if (hasDaemon !== true && rollouts.has(project)) context.err(`note: ${unwatchedText(project)}`);
}

async function drive(
  context: CommandContext,
  store: Store,
  project: ProjectName,
  args: WaitArgs,
  committed?: Pick<Committed, 'pacer' | 'revision'>,
): Promise<void> {
  const { pacer = pacerOf(context), revision } = committed ?? {};
  const sink = await createProgressSink(context, project, args);
  let isDriven = false;
  let hasWritten = false;
  const isLeftAlone = (view: ClusterView): boolean =>
    isDriven || (!hasWritten && !hasWork(view, project, pacer.heldOf(project)));
  const waiting = awaitConverged({
    ...{ store, project, revision, clock: context.clock },
    ...(args.detach === true ? { isEnough: isLeftAlone } : {}),
    isPastRollouts: args.isPastRollouts === true,
    timeoutMs: args.timeout * 1000,
    signal: context.signal,
    onProgress: (progress) => {
      sink.progress(progress);
    },
    advance: async (isDaemonActive) => {
      isDriven = isDaemonActive;
      if (isDaemonActive) return undefined;
      const say = (text: string): void => {
        sink.say(text);
      };
      hasWritten = await goOn({ ...context, err: say }, store, { project, args, pacer });
      return pacer.wakeInMs;
    },
  });
  const ended = waiting.finally(() => {
    sink.end();
  });
  await ended.catch(async (err: unknown) => {
    if (isNapError(err, 'NOT_CONVERGED')) {
      const problems = await hostProblems(store, err, context.signal);
      for (const problem of problems) context.err(`note: ${problem}`);
    }
    if (context.signal.aborted) {
      const held = isDriven ? undefined : pacer.heldOf(project);
      context.err(interruptedText(project, messageOf(context.signal.reason), held));
    }
    throw err;
  });
}

/** Nobody else goes on with it, or says that it went back. */
async function needsDriver(
  store: Store,
  project: ProjectName,
  {
    committed,
    signal,
  }: {
    readonly committed: Pick<Committed, 'pacer' | 'revision'> | undefined;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  if (await isDaemonActive(store, signal)) return false;
  const view = await readView(store, signal, { project });
  if (committed === undefined) return isRolling(view, project);
  const { pacer, revision } = committed;
  const isElsewhere = revision !== undefined && view.projects.get(project)?.revision !== revision;
  return isElsewhere || hasWork(view, project, pacer.heldOf(project));
}

/** Does what is due of a rollout; false: nothing is. */
async function goOn(
  context: CommandContext,
  store: Store,
  {
    project,
    args,
    pacer,
  }: { readonly project: ProjectName; readonly args: WaitArgs; readonly pacer: Pacer },
): Promise<boolean> {
  const makePlan = (view: ClusterView): Plan => {
    const stored = view.projects.get(project);
    if (stored === undefined) return planForget(view, project);
    const whole = planProject(view, stored.project, { ...stored, nowMs: context.clock.nowMs() });
    return pacer.pace(view, onlyRollout(view, whole));
  };
  const view = await readView(store, context.signal, { project });
  if (makePlan(view).changes.length === 0) return false;
  const { plan } = await commit(context, store, { project, makePlan });
  sayPlan(context, { ...plan, notes: [] }, args);
  return true;
}
