import {
  canonicalJson,
  equalDocuments,
  invariant,
  parseInstanceId,
  type InstanceId,
  type PlacedDependency,
  type Placement,
  type Project,
  type ProjectRevision,
  type ServiceSpec,
  type Strategy,
} from '@nap/shared';
import {
  askedProject,
  keptNotes,
  PULL_REQUEST,
  recreationReason,
  stayReason,
  type Asked,
} from './asked-project.js';
import type { Change, Plan, Unplaced } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { withDecision } from './decisions.js';
import { differences } from './differences.js';
import { leftOutNotes, passedOverNotes } from './engine-notes.js';
import { resolveExternalLinks } from './external-links.js';
import type { Assignment } from './board.js';
import { schedule } from './schedule.js';
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
  'dependencies' | 'aliases' | 'links' | 'pull' | 'refresh' | 'reserves' | 'stopAfterMs'
>;

function placedDependencies(
  counts: ReadonlyMap<string, number>,
  service: ServiceSpec,
): PlacedDependency[] {
  return service.dependencies.map((dependency) => ({
    ...dependency,
    instances: counts.get(dependency.service) ?? 0,
  }));
}

/** How many instances each service has. */
function countByService(wanted: readonly WantedInstance[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { service } of wanted) counts.set(service.name, (counts.get(service.name) ?? 0) + 1);
  return counts;
}

function serviceParts(
  view: ClusterView,
  counts: ReadonlyMap<string, number>,
  { service, needs: { stopAfterMs } }: WantedInstance,
): ServiceParts {
  const reserves = service.scheduling?.reserves;
  return {
    ...(service.pull === undefined ? {} : { pull: service.pull }),
    ...(service.refresh === undefined ? {} : { refresh: service.refresh }),
    ...(reserves === undefined ? {} : { reserves }),
    ...(stopAfterMs === undefined ? {} : { stopAfterMs }),
    dependencies: placedDependencies(counts, service),
    aliases: service.aliases,
    links: [...service.links, ...resolveExternalLinks(view, service).links],
  };
}

/** Makes the placements of one plan. */
class PlacementMaker {
  readonly #nowMs: number;
  readonly #parts: ReadonlyMap<ServiceSpec, ServiceParts>;

  constructor(view: ClusterView, wanted: readonly WantedInstance[], nowMs: number) {
    const counts = countByService(wanted);
    const one = new Map(wanted.map((instance) => [instance.service, instance]));
    this.#nowMs = nowMs;
    this.#parts = new Map(
      [...one].map(([service, instance]) => [service, serviceParts(view, counts, instance)]),
    );
  }

  /** `before` is what the instance has now. */
  make(
    wanted: WantedInstance,
    { host, reason }: Assignment,
    before: Placement | undefined,
  ): Placement {
    const { instance, service, pin } = wanted;
    const parts = this.#parts.get(service);
    invariant(parts !== undefined, `${instance} is of a service without instances`);
    const specHash = wanted.specHash(before);
    return {
      instance,
      host,
      wanted: 'running',
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

function changeTo(made: Placement, before: Placement | undefined): Change | undefined {
  const { reason } = made;
  if (before === undefined) {
    return { kind: 'place', placement: withDecision(made, undefined, 'placed', reason), reason };
  }
  if (before.host !== made.host) {
    const placement = withDecision(made, before, 'moved', reason);
    return { kind: 'move', placement, from: before.host, reason };
  }
  if (isSamePlacement(before, made)) return undefined;
  return updateOf(made, before);
}

function updateOf(placement: Placement, before: Placement): Change {
  const recreates = before.specHash !== placement.specHash;
  const changed = recreates
    ? differences(before.spec, placement.spec)
    : differences(besidesSpec(before), besidesSpec(placement));
  const reason = recreates ? recreationReason(changed) : stayReason(changed);
  return {
    kind: 'update',
    placement: withDecision(placement, before, recreates ? 'recreated' : undefined, reason),
    differences: changed,
    recreates,
    reason,
  };
}

/** What may change while the container stays. */
function besidesSpec({
  dependencies,
  aliases,
  links,
  pull,
  refresh,
  reserves,
  stopAfterMs,
}: Placement): object {
  return {
    dependencies,
    names: aliases,
    links,
    pull_policy: pull,
    [PULL_REQUEST]: refresh,
    reservations: reserves,
    on_partition: stopAfterMs,
  };
}

/** A placement that nobody wants: its instance is gone, or an interrupted move left it on two hosts. */
function removals(
  current: readonly Placement[],
  assignments: ReadonlyMap<InstanceId, Assignment>,
  moves: ReadonlySet<string>,
  project: Project,
): Change[] {
  const services = new Map<string, ServiceSpec>(
    project.services.map((service) => [service.name, service]),
  );
  return current
    .filter(({ instance, host }) => assignments.get(instance)?.host !== host)
    .filter(({ instance, host }) => !moves.has(`${host} ${instance}`))
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
  const wanted = wantedInstances(view, project);
  const { assignments, unplaced, notes } = schedule(view, project.name, wanted, {
    policy: project.scheduling,
    strategy: context.strategy,
  });
  const current = projectPlacements(view, project.name);
  const maker = new PlacementMaker(view, wanted, context.nowMs);
  const stuck = new Set(unplaced.map(({ instance }) => instance));
  const changes: Change[] = [];
  const moves = new Set<string>();
  for (const instance of wanted) {
    const assignment = assignments.get(instance.instance);
    if (assignment === undefined) continue;
    const { places } = instance;
    const before = places.find(({ host }) => host === assignment.host) ?? places[0];
    const change = changeTo(maker.make(instance, assignment, before), before);
    if (change?.kind === 'move') moves.add(`${change.from} ${instance.instance}`);
    if (change !== undefined) changes.push(change);
  }
  // What is wanted and fits nowhere now stays where it is until it does.
  const movable = current.filter(({ instance }) => !stuck.has(instance));
  changes.push(...removals(movable, assignments, moves, project));
  return {
    project: project.name,
    changes: [...storeChange(view, project, context), ...changes],
    unplaced: [...missingExternalLinks(view, wanted), ...unplaced],
    notes: [
      ...view.unreadable,
      ...(view.brake === undefined ? [] : [view.brake]),
      ...notes,
      ...keptNotes(given, project),
      ...leftOutNotes(view, wanted, assignments),
      ...passedOverNotes(view, project),
    ],
  };
}

function storeChange(view: ClusterView, project: Project, context: ApplyContext): Change[] {
  const stored = view.projects.get(project.name);
  if (stored !== undefined && canonicalJson(stored.project) === canonicalJson(project)) return [];
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
  const replaced = stored === undefined ? 'new project' : `replaces revision ${stored.revision}`;
  const reason = isRollback ? `${replaced} by what revision ${rollbackTo} was` : replaced;
  return [{ kind: 'store-project', revision, reason }];
}
