import { parseInstanceId, type HostId, type Placement, type Project } from '@nap/shared';
import { afterPlan, placementsAfter } from '../plan/after-plans.js';
import type { Change, Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planText } from '../plan/plan-text.js';
import { placementWords, serviceWords, specWords, type Words } from './compose-words.js';
import { fieldChanges, type FieldChange } from './field-changes.js';

/** How many instances a plan touches. */
export interface PlanSummary {
  readonly place: number;
  /** Those that are recreated too. */
  readonly update: number;
  readonly recreate: number;
  readonly move: number;
  readonly remove: number;
}

/** What a plan means for one host. */
export interface HostMoves {
  readonly host: HostId;
  readonly place: number;
  readonly update: number;
  readonly moveIn: number;
  readonly moveOut: number;
  readonly remove: number;
  /** Instances of all projects, before and after. */
  readonly before: number;
  readonly after: number;
}

export type ShownChange = Change & { readonly fields: readonly FieldChange[] };

/** A plan with everything that a person, or a script, may want to know before it is carried out. */
export interface ShownPlan extends Omit<Plan, 'changes'> {
  /** Of the view that it was made from; text, as it may not fit a number. */
  readonly etcdRevision?: string;
  readonly changes: readonly ShownChange[];
  readonly summary: PlanSummary;
  /** Those on which something changes, by name. */
  readonly hosts: readonly HostMoves[];
}

/** `view` is what the plan was made from. */
export function showPlan(plan: Plan, view: ClusterView): ShownPlan {
  const { etcdRevision } = view;
  const before = new Map(view.placements.map((it) => [placeKey(it.host, it.instance), it]));
  const touched = new Set(plan.changes.flatMap(touchedService));
  const fieldsOf = (change: Change): readonly FieldChange[] =>
    change.kind === 'store-project'
      ? projectChanges(view.projects.get(plan.project)?.project, change.revision.project, touched)
      : placementChanges(change, before);
  return {
    ...plan,
    ...(etcdRevision === undefined ? {} : { etcdRevision }),
    changes: plan.changes.map((change) => ({ ...change, fields: fieldsOf(change) })),
    summary: summaryOf(plan.changes),
    hosts: hostMoves(plan, view),
  };
}

/** Plans of several projects, each made as if those before it were carried out; those that say nothing are left out. */
export function showPlans(plans: readonly Plan[], view: ClusterView): readonly ShownPlan[] {
  let seen = view;
  return plans.flatMap((plan) => {
    const before = seen;
    seen = afterPlan(seen, plan);
    return planText(plan) === '' ? [] : [showPlan(plan, before)];
  });
}

const placeKey = (host: HostId, instance: string): string => `${host} ${instance}`;

const wordsOf = (placement: Placement): Words => ({
  ...specWords(placement.spec),
  ...placementWords(placement),
});

function placementChanges(
  change: Change,
  before: ReadonlyMap<string, Placement>,
): readonly FieldChange[] {
  if (change.kind !== 'update' && change.kind !== 'move') return [];
  const { placement } = change;
  const from = change.kind === 'move' ? change.from : placement.host;
  const old = before.get(placeKey(from, placement.instance));
  return old === undefined ? [] : fieldChanges(wordsOf(old), wordsOf(placement));
}

/** The service of an instance that the plan changes in place: its fields are told there. */
function touchedService(change: Change): readonly string[] {
  if (change.kind !== 'update' && change.kind !== 'move') return [];
  const service = parseInstanceId(change.placement.instance)?.service;
  return service === undefined ? [] : [service];
}

/** What the new revision says otherwise, and no instance tells of. */
function projectChanges(
  before: Project | undefined,
  after: Project,
  touched: ReadonlySet<string>,
): readonly FieldChange[] {
  if (before === undefined) return [];
  const [old, now] = [before, after].map((project) => projectWords(project, touched));
  const names = (project: Project): ReadonlySet<string> =>
    new Set(project.services.map(({ name }) => name));
  const [had, has] = [names(before), names(after)];
  const comeOrGone = [
    ...[...had].filter((name) => !has.has(name)).map((name) => wholeService(name, 'removed')),
    ...[...has].filter((name) => !had.has(name)).map((name) => wholeService(name, 'added')),
  ];
  const isWithin = ({ field }: FieldChange): boolean =>
    comeOrGone.some((service) => field.startsWith(`${service.field}.`));
  return [...comeOrGone, ...fieldChanges(old, now).filter((field) => !isWithin(field))];
}

const wholeService = (name: string, kind: 'added' | 'removed'): FieldChange => ({
  field: `services.${name}`,
  kind,
});

function projectWords({ services, scheduling }: Project, touched: ReadonlySet<string>): Words {
  const words = services.map((service): readonly [string, Words] => {
    const { replicas, mode, scheduling: own, ...rest } = serviceWords(service);
    const planned = { replicas, mode, scheduling: own };
    return [
      service.name,
      touched.has(service.name)
        ? planned
        : { ...planned, ...rest, ...specWords(service.container) },
    ];
  });
  return { services: Object.fromEntries(words), scheduling };
}

function summaryOf(changes: readonly Change[]): PlanSummary {
  const count = (isCounted: (change: Change) => boolean): number =>
    changes.filter(isCounted).length;
  return {
    place: count(({ kind }) => kind === 'place'),
    update: count(({ kind }) => kind === 'update'),
    recreate: count((change) => change.kind === 'update' && change.recreates),
    move: count(({ kind }) => kind === 'move'),
    remove: count(({ kind }) => kind === 'remove' || kind === 'remove-with-volumes'),
  };
}

type Tally = { -readonly [K in keyof HostMoves]: HostMoves[K] };

function countByHost(placements: readonly Placement[]): ReadonlyMap<HostId, number> {
  const counts = new Map<HostId, number>();
  for (const { host } of placements) counts.set(host, (counts.get(host) ?? 0) + 1);
  return counts;
}

function hostMoves(plan: Plan, view: ClusterView): readonly HostMoves[] {
  const [before, after] = [view.placements, placementsAfter([plan], view)].map(countByHost);
  const tallies = new Map<HostId, Tally>();
  const of = (host: HostId): Tally => {
    const known = tallies.get(host) ?? {
      ...{ host, place: 0, update: 0, moveIn: 0, moveOut: 0, remove: 0 },
      ...{ before: before?.get(host) ?? 0, after: after?.get(host) ?? 0 },
    };
    tallies.set(host, known);
    return known;
  };
  for (const change of plan.changes) tally(change, of);
  return [...tallies.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

function tally(change: Change, of: (host: HostId) => Tally): void {
  if (change.kind === 'place') of(change.placement.host).place += 1;
  if (change.kind === 'update') of(change.placement.host).update += 1;
  if (change.kind === 'remove') of(change.host).remove += 1;
  if (change.kind === 'remove-with-volumes') of(change.placement.host).remove += 1;
  if (change.kind !== 'move') return;
  of(change.from).moveOut += 1;
  of(change.placement.host).moveIn += 1;
}
