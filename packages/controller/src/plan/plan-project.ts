import {
  canonicalJson,
  equalDocuments,
  invariant,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type PlacedDependency,
  type Placement,
  type Project,
  type ProjectRevision,
  type ServiceSpec,
  type Strategy,
} from '@nap/shared';
import { askedProject, keptNotes, type Asked } from './asked-project.js';
import type { Change, Plan, Unplaced } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { withDecision } from './decisions.js';
import { leftOutNotes, passedOverNotes } from './engine-notes.js';
import { resolveExternalLinks } from './external-links.js';
import type { Assignment } from './board.js';
import { startFirstNotes, startFirstOf } from './rollout-rules.js';
import { schedule } from './schedule.js';
import {
  hasToGoFirst,
  leaving,
  moveOf,
  predecessorOf,
  takingOver,
  yieldingTo,
} from './takeover.js';
import { isStopped, programOf, stoppedNotes } from './stopped.js';
import { updateOf } from './update-of.js';
import { wantedInstances, type WantedInstance } from './wanted.js';

export interface ApplyContext extends Asked {
  readonly appliedBy: string;
  readonly files: readonly string[];
  readonly nowMs: number;
  /** How to choose hosts for what is placed now, instead of what the file says. */
  readonly strategy?: Strategy | undefined;
  /** Why, in the operator's own words. */
  readonly message?: string | undefined;
  /** The kept revision that this brings back. */
  readonly rollbackTo?: number | undefined;
}

/** What the placements of one service have in common. */
type ServiceParts = Pick<
  Placement,
  | 'dependencies'
  | 'aliases'
  | 'links'
  | 'pull'
  | 'refresh'
  | 'reserves'
  | 'stopAfterMs'
  | 'startFirst'
>;

interface Count {
  readonly all: number;
  /** Without those that are stopped on purpose. */
  readonly running: number;
}

/** Nobody waits for a replica that is stopped on purpose, unless there is no other; what may be missing is not waited for then. */
function placedDependencies(
  counts: ReadonlyMap<string, Count>,
  service: ServiceSpec,
): PlacedDependency[] {
  return service.dependencies.map((dependency) => {
    const { all, running } = counts.get(dependency.service) ?? { all: 0, running: 0 };
    if (running > 0 || all === 0 || !dependency.required) {
      return { ...dependency, instances: running };
    }
    return { ...dependency, instances: all, stopped: true };
  });
}

/** How many instances each service has. */
function countByService(wanted: readonly WantedInstance[]): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const { service, index } of wanted) {
    const { all, running } = counts.get(service.name) ?? { all: 0, running: 0 };
    const isRunning = !isStopped(service, index);
    counts.set(service.name, { all: all + 1, running: running + (isRunning ? 1 : 0) });
  }
  return counts;
}

function serviceParts(
  view: ClusterView,
  counts: ReadonlyMap<string, Count>,
  { service, needs: { stopAfterMs } }: WantedInstance,
  { project, rollback }: ProjectRevision,
): ServiceParts {
  const startFirst = startFirstOf(project, service, rollback !== undefined);
  const reserves = service.scheduling?.reserves;
  return {
    ...(service.pull === undefined ? {} : { pull: service.pull }),
    ...(service.refresh === undefined ? {} : { refresh: service.refresh }),
    ...(reserves === undefined ? {} : { reserves }),
    ...(stopAfterMs === undefined ? {} : { stopAfterMs }),
    ...(startFirst === undefined ? {} : { startFirst }),
    dependencies: placedDependencies(counts, service),
    aliases: service.aliases,
    links: [...service.links, ...resolveExternalLinks(view, service).links],
  };
}

/** Makes the placements of one plan. */
class PlacementMaker {
  readonly #nowMs: number;
  readonly #revision: ProjectRevision;
  readonly #parts: ReadonlyMap<ServiceSpec, ServiceParts>;

  constructor(
    view: ClusterView,
    wanted: readonly WantedInstance[],
    revision: ProjectRevision,
    nowMs: number,
  ) {
    const counts = countByService(wanted);
    const one = new Map(wanted.map((instance) => [instance.service, instance]));
    this.#nowMs = nowMs;
    this.#revision = revision;
    this.#parts = new Map(
      [...one].map(([service, instance]) => {
        const parts = serviceParts(view, counts, instance, revision);
        instance.expect(parts);
        return [service, parts];
      }),
    );
  }

  /** What has to change for an instance to be as it is wanted. `before` is what it has now. */
  change(
    wanted: WantedInstance,
    assignment: Assignment,
    { placement: before, predecessor }: Before,
  ): Change | undefined {
    const stays = before?.host === assignment.host && before.takesOverFrom === undefined;
    if (stays && wanted.isSettled(before)) return undefined;
    const plain = this.#make(wanted, assignment, before);
    const made = predecessor === undefined ? plain : takingOver(plain, predecessor, wanted.service);
    const change = changeTo(made, before, this.#revision);
    if (stays && change === undefined) wanted.noteSettled(before);
    return change;
  }

  #make(
    wanted: WantedInstance,
    { host, reason }: Assignment,
    before: Placement | undefined,
  ): Placement {
    const { instance, service, pin, index } = wanted;
    const parts = this.#parts.get(service);
    invariant(parts !== undefined, `${instance} is of a service without instances`);
    const specHash = wanted.specHash(before);
    return {
      instance,
      host,
      ...programOf(service, index),
      spec: before?.specHash === specHash ? before.spec : wanted.spec,
      specHash,
      ...(pin === undefined ? {} : { mode: 'global' as const }),
      ...parts,
      reason,
      decidedAtMs: this.#nowMs,
    };
  }
}

/** When and why a placement was decided does not make it another one. */
const DECISION: ReadonlySet<string> = new Set(['reason', 'decidedAtMs', 'decisions']);

function isSamePlacement(before: Placement, after: Placement): boolean {
  return equalDocuments(before, after, DECISION);
}

interface Before {
  /** What the instance has now; on another host it is a move. */
  readonly placement: Placement | undefined;
  /** On another host, and answers until the new one is well. */
  readonly predecessor: Placement | undefined;
}

function changeTo(
  made: Placement,
  before: Placement | undefined,
  asked: ProjectRevision,
): Change | undefined {
  const { reason } = made;
  const { revision } = asked;
  if (before === undefined) {
    const placement = withDecision(made, undefined, { kind: 'placed', reason, revision });
    return { kind: 'place', placement, reason };
  }
  if (before.host !== made.host) return moveOf(made, before, revision);
  if (isSamePlacement(before, made)) return undefined;
  return updateOf(made, before, asked);
}

/** A placement that nobody wants: its instance is gone, or an interrupted move left it on two hosts. */
function removals(
  current: readonly Placement[],
  assignments: ReadonlyMap<InstanceId, Assignment>,
  settled: ReadonlySet<string>,
  project: Project,
): Change[] {
  const services = new Map<string, ServiceSpec>(
    project.services.map((service) => [service.name, service]),
  );
  return current
    .filter(({ instance, host }) => assignments.get(instance)?.host !== host)
    .filter(({ instance, host }) => !settled.has(`${host} ${instance}`))
    .map(({ instance, host }) => {
      const service = services.get(parseInstanceId(instance)?.service ?? '');
      const assigned = assignments.get(instance);
      const reason =
        service === undefined
          ? 'the service is no longer in the file'
          : assigned === undefined
            ? service.mode === 'global'
              ? `${host} takes no ${service.name} any more`
              : `${service.name} is scaled to ${service.replicas}`
            : `it runs on ${assigned.host}`;
      return { kind: 'remove', instance, host, reason };
    });
}

function missingExternalLinks(view: ClusterView, wanted: readonly WantedInstance[]): Unplaced[] {
  return wanted
    .filter(({ service }) => service.externalLinks.length > 0)
    .flatMap(({ instance, service }) =>
      resolveExternalLinks(view, service).missing.map((container) => ({
        instance,
        reason: `external_links names ${container}, and no project has a container of that name: apply its project first`,
      })),
    );
}

/**
 * What must change so that the cluster runs the project. Empty when it already does: applying the same file again writes
 * nothing. Pure and deterministic.
 */
export function planProject(view: ClusterView, given: Project, context: ApplyContext): Plan {
  const project = askedProject(view, given, context);
  const { revision, isNew } = revisionOf(view, project, context);
  const wanted = wantedInstances(view, project);
  const { assignments, unplaced, notes } = schedule(view, project.name, wanted, {
    policy: project.scheduling,
    strategy: context.strategy,
  });
  const current = projectPlacements(view, project.name);
  const maker = new PlacementMaker(view, wanted, revision, context.nowMs);
  const atRest = new Set(wanted.filter(isAtRest).map(({ instance }) => instance));
  const stuck = new Set(unplaced.map(({ instance }) => instance));
  const changes: Change[] = [];
  // Places of which is decided already, beside those that the instances have from now on.
  const settled = new Set<string>();
  for (const instance of wanted) {
    const assignment = assignments.get(instance.instance) ?? placeAtRest(instance);
    if (assignment === undefined) continue;
    const { places } = instance;
    const before = places.find(({ host }) => host === assignment.host) ?? places[0];
    const predecessor = predecessorOf(view, project, instance, assignment.host);
    const change = maker.change(instance, assignment, { placement: before, predecessor });
    if (change?.kind === 'move') settled.add(`${change.from} ${instance.instance}`);
    const now = change?.kind === 'move' ? moving(view, change, before) : change;
    if (now !== undefined) changes.push(now);
    if (predecessor !== undefined && predecessor !== before) {
      settled.add(`${predecessor.host} ${instance.instance}`);
      changes.push(...redirected(predecessor, assignment.host, context.nowMs));
    }
  }
  // What is wanted and fits nowhere now stays where it is until it does.
  const movable = current.filter(({ instance }) => !stuck.has(instance));
  changes.push(...removals(movable, assignments, settled, project));
  return {
    project: project.name,
    changes: [...(isNew ? [storing(view, revision)] : []), ...changes],
    unplaced: [...missingExternalLinks(view, wanted), ...unplaced].filter(
      ({ instance }) => !atRest.has(instance),
    ),
    notes: [
      ...view.unreadable,
      ...(view.brake === undefined ? [] : [view.brake]),
      ...notes,
      ...startFirstNotes(project),
      ...keptNotes(given, project),
      ...stoppedNotes(project),
      ...leftOutNotes(view, wanted, assignments),
      ...passedOverNotes(view, project),
    ],
  };
}

const isAtRest = ({ service, index }: WantedInstance): boolean => isStopped(service, index);

/** What is stopped needs no place to run in: it is stopped where it is, whether it would fit anywhere or not. */
function placeAtRest(instance: WantedInstance): Assignment | undefined {
  const { current } = instance;
  if (current === undefined || !isAtRest(instance)) return undefined;
  return { host: current.host, reason: current.reason };
}

function moving(
  view: ClusterView,
  move: Extract<Change, { kind: 'move' }>,
  before: Placement | undefined,
): Change | undefined {
  return before !== undefined && hasToGoFirst(view, before) ? leaving(move, before) : move;
}

/** It yields to another host than before: the one that it was to yield to is lost as well. */
function redirected(old: Placement, host: HostId, decidedAtMs: number): Change[] {
  if (old.yieldsTo === host) return [];
  const placement = yieldingTo({ host, decidedAtMs }, old);
  const reason = `the container stays until ${host} has the instance`;
  return [{ kind: 'update', placement, differences: ['yields_to'], recreates: false, reason }];
}

/** The stored revision where the project is the same, otherwise the one that the plan stores. */
function revisionOf(
  view: ClusterView,
  project: Project,
  context: ApplyContext,
): { readonly revision: ProjectRevision; readonly isNew: boolean } {
  const stored = view.projects.get(project.name);
  const isSame =
    stored?.project === project ||
    (stored !== undefined && canonicalJson(stored.project) === canonicalJson(project));
  if (stored !== undefined && isSame) {
    return { revision: stored, isNew: false };
  }
  const { message, rollbackTo } = context;
  const isRollback = stored !== undefined && rollbackTo !== undefined;
  const revision: ProjectRevision = {
    project,
    revision: (stored?.revision ?? 0) + 1,
    appliedBy: context.appliedBy,
    appliedAtMs: context.nowMs,
    files: [...context.files],
    ...(message === undefined ? {} : { message }),
    ...(isRollback ? { rollback: { of: stored.revision, to: rollbackTo } } : {}),
  };
  return { revision, isNew: true };
}

function storing(view: ClusterView, revision: ProjectRevision): Change {
  const stored = view.projects.get(revision.project.name);
  const replaced = stored === undefined ? 'new project' : `replaces revision ${stored.revision}`;
  const { rollback } = revision;
  const reason =
    rollback === undefined ? replaced : `${replaced} by what revision ${rollback.to} was`;
  return { kind: 'store-project', revision, reason };
}
