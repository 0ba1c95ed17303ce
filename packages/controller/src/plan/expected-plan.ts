import { assertNever, hashSpec, type Placement, type Project } from '@nap/shared';
import { blocking, type Change, type Plan } from './change.js';
import type { ClusterView, HostView } from './cluster-view.js';
import { listOf, placementIndex } from './placement-index.js';
import { changeText } from './plan-text.js';

/**
 * What somebody has looked at and agreed to, as digests and sentences: enough to tell whether the plan that would be carried
 * out now is that one, and without anything in it that may be secret.
 */
export interface ExpectedPlan {
  /** Absent: nobody had written to the cluster yet. */
  readonly cluster?: string | undefined;
  /** Of the project that was stored; 0: none was. */
  readonly baseRevision: number;
  /** Of that project; after a `down` the numbers begin anew. */
  readonly baseDigest: string;
  /** Of the project as it is to be. */
  readonly revision: number;
  readonly projectDigest: string;
  /** By name of the service. */
  readonly serviceDigests: Readonly<Record<string, string>>;
  /** How each host was. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly changes: readonly ExpectedChange[];
}

export interface ExpectedChange {
  /** The instance, the volume or the project that it is about. */
  readonly subject: string;
  /** Of what is to be, without why and when it was decided. */
  readonly digest: string;
  /** Of what is there; absent: nothing. */
  readonly before?: string | undefined;
  readonly text: string;
}

/** `view` is what the plan was made from. */
export function expectedPlan(plan: Plan, view: ClusterView): ExpectedPlan {
  const wanted = projectAfter(plan, view);
  const stored = view.projects.get(plan.project);
  return {
    ...(view.cluster === undefined ? {} : { cluster: view.cluster.id }),
    baseRevision: stored?.revision ?? 0,
    baseDigest: stored === undefined ? '' : hashSpec(stored.project),
    revision: wanted?.revision ?? 0,
    projectDigest: wanted === undefined ? '' : hashSpec(wanted.project),
    serviceDigests: serviceDigests(wanted?.project),
    hosts: Object.fromEntries([...view.hosts].map(([id, host]) => [id, hostState(host)])),
    changes: plan.changes.map((change) => expectedChange(change, plan, view)),
  };
}

/**
 * What keeps a plan that was agreed to from being carried out, as sentences; none when it may be. The cluster may have come
 * nearer to what is wanted, as after a try that was cut short: whatever would be done now must have been in the plan, and
 * be done to what was there then. Hosts that came or went matter when they change the plan, and are named then.
 */
export function whatMoved(
  expected: ExpectedPlan,
  plan: Plan,
  view: ClusterView,
): readonly string[] {
  const { cluster } = expected;
  if (cluster !== undefined && view.cluster?.id !== cluster) {
    const found = view.cluster === undefined ? 'nothing was applied to this one' : view.cluster.id;
    return [`the plan was made for another cluster: ${cluster}, and ${found}`];
  }
  const now = expectedPlan(plan, view);
  const bySubject = new Map<string, ExpectedChange[]>();
  for (const change of expected.changes) {
    const about = bySubject.get(change.subject);
    if (about === undefined) bySubject.set(change.subject, [change]);
    else about.push(change);
  }
  const movedProject = [
    ...movedRevision(expected, now, plan, view),
    ...movedServices(expected, now),
  ];
  // That another revision would be stored is said by then.
  const others = now.changes.filter(
    ({ subject }) => movedProject.length === 0 || subject !== plan.project,
  );
  const moved = [
    ...movedProject,
    ...others.flatMap((change) => unexpected(change, bySubject.get(change.subject) ?? [])),
    ...blocking(plan.unplaced).map(
      ({ instance, reason }) => `cannot place ${instance} now: ${reason}`,
    ),
  ];
  return moved.length === 0 ? [] : [...moved, ...movedHosts(expected, now)];
}

function projectAfter(
  { project, changes }: Plan,
  view: ClusterView,
): { readonly project: Project; readonly revision: number } | undefined {
  for (const change of changes) if (change.kind === 'store-project') return change.revision;
  return view.projects.get(project);
}

function serviceDigests(project: Project | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((project?.services ?? []).map((it) => [it.name, hashSpec(it)]));
}

function hostState({ isAlive, policy }: HostView): string {
  return isAlive ? policy.availability : 'away';
}

function movedRevision(
  expected: ExpectedPlan,
  { baseRevision: revision, baseDigest: digest, projectDigest }: ExpectedPlan,
  { project }: Plan,
  view: ClusterView,
): readonly string[] {
  const stored = view.projects.get(project);
  const isBase = revision === expected.baseRevision && digest === expected.baseDigest;
  const isDone = revision === expected.revision && digest === projectDigest;
  if (isBase || isDone) return [];
  const was = expected.baseRevision === 0 ? 'was not there' : `was at ${expected.baseRevision}`;
  if (stored === undefined) return [`${project} was taken down; it ${was} when the plan was made`];
  if (revision === expected.baseRevision) {
    return [`${project} was taken down and applied anew, by ${stored.appliedBy}`];
  }
  return [`${project} is at revision ${revision} now, by ${stored.appliedBy}; it ${was} then`];
}

function movedServices(expected: ExpectedPlan, now: ExpectedPlan): readonly string[] {
  if (now.projectDigest === expected.projectDigest) return [];
  const [before, after] = [expected.serviceDigests, now.serviceDigests];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const differing = names.filter((name) => before[name] !== after[name]);
  const which = differing.length === 0 ? 'the project as a whole' : differing.join(', ');
  return [
    `the files, or what they name (variables, configs, secrets), say something else now of: ${which}`,
  ];
}

/** `about`: what the plan has about the same subject. */
function unexpected(now: ExpectedChange, about: readonly ExpectedChange[]): readonly string[] {
  const same = about.find(({ digest }) => digest === now.digest);
  if (same !== undefined && same.before === now.before) return [];
  if (same !== undefined) return [`${now.subject} is not what it was when the plan was made`];
  const [planned] = about;
  if (planned?.text === now.text) return [`not as it was in the plan: ${now.text}`];
  if (planned === undefined) return [`not in the plan: ${now.text}`];
  return [`instead of "${planned.text}" it would be "${now.text}"`];
}

function movedHosts(expected: ExpectedPlan, now: ExpectedPlan): readonly string[] {
  const names = [...new Set([...Object.keys(expected.hosts), ...Object.keys(now.hosts)])].sort();
  return names.flatMap((name) => {
    const [before, after] = [expected.hosts[name], now.hosts[name]];
    if (before === after) return [];
    if (before === undefined) return [`${name} is new`];
    return [`${name} was ${before}, and is ${after ?? 'gone'}`];
  });
}

function expectedChange(change: Change, { project }: Plan, view: ClusterView): ExpectedChange {
  const { subject, wanted, place } = essence(change);
  const places = place && placementIndex(view.placements).places(project).get(place.instance);
  const there = listOf(places).find(({ host }) => host === place?.host);
  return {
    subject,
    digest: hashSpec({ kind: change.kind, ...wanted }),
    ...(there === undefined ? {} : { before: hashSpec(placementEssence(there)) }),
    text: changeText(change),
  };
}

interface Essence {
  readonly subject: string;
  readonly wanted: object;
  /** Where the instance is now. */
  readonly place?: Pick<Placement, 'instance' | 'host'>;
}

function essence(change: Change): Essence {
  switch (change.kind) {
    case 'store-project': {
      const { project, revision } = change.revision;
      return { subject: project.name, wanted: { project, revision } };
    }
    case 'forget-project':
      return { subject: change.project, wanted: {} };
    case 'rollout':
      return { subject: change.project, wanted: { rollout: change.rollout?.revision } };
    case 'forget-volume':
      return { subject: change.volume, wanted: { host: change.host } };
    case 'remove':
      // Whether its host is still to say that it is gone does not make it another one.
      return { subject: change.instance, wanted: { host: change.host }, place: change };
    case 'move':
    case 'place':
    case 'update':
    case 'remove-with-volumes':
    case 'remove-volumes': {
      const { placement } = change;
      const host = change.kind === 'move' ? change.from : placement.host;
      const wanted = { from: host, placement: placementEssence(placement) };
      const { instance } = placement;
      return { subject: instance, wanted, place: { instance, host } };
    }
    default:
      return assertNever(change);
  }
}

/** Why and when a placement was decided does not make it another one. */
function placementEssence(placement: Placement): object {
  const { reason: _reason, decidedAtMs: _at, decisions: _decisions, ...rest } = placement;
  return rest;
}
