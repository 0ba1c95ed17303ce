import {
  canonicalJson,
  parseInstanceId,
  wantedInstances,
  type InstanceId,
  type PlacedDependency,
  type Placement,
  type Project,
  type ProjectRevision,
  type ServiceSpec,
  type WantedInstance,
} from '@nap/shared';
import type { Change, Plan, Unplaced } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { differences } from './differences.js';
import { resolveExternalLinks } from './external-links.js';
import { schedule, type Assignment } from './schedule.js';

export interface ApplyContext {
  readonly appliedBy: string;
  readonly files: readonly string[];
  readonly nowMs: number;
}

function placedDependencies(project: Project, service: ServiceSpec): PlacedDependency[] {
  return service.dependencies.map((dependency) => ({
    ...dependency,
    instances: project.services.find((other) => other.name === dependency.service)?.replicas ?? 0,
  }));
}

function toPlacement(
  view: ClusterView,
  project: Project,
  wanted: WantedInstance,
  assignment: Assignment,
  nowMs: number,
): Placement {
  const { service } = wanted;
  return {
    instance: wanted.instance,
    host: assignment.host,
    wanted: 'running',
    spec: wanted.spec,
    specHash: wanted.specHash,
    dependencies: placedDependencies(project, service),
    aliases: service.aliases,
    links: [...service.links, ...resolveExternalLinks(view, service).links],
    reason: assignment.reason,
    decidedAtMs: nowMs,
  };
}

/** What makes a placement another one; when and why it was decided does not. */
function essence({ reason: _reason, decidedAtMs: _decidedAtMs, ...rest }: Placement): string {
  return canonicalJson(rest);
}

function changeTo(placement: Placement, before: Placement | undefined): Change | undefined {
  const { reason } = placement;
  if (before === undefined) return { kind: 'place', placement, reason };
  if (before.host !== placement.host) return { kind: 'move', placement, from: before.host, reason };
  if (essence(before) === essence(placement)) return undefined;
  const recreates = before.specHash !== placement.specHash;
  const changed = recreates
    ? differences(before.spec, placement.spec)
    : differences(
        { dependencies: before.dependencies, names: before.aliases, links: before.links },
        { dependencies: placement.dependencies, names: placement.aliases, links: placement.links },
      );
  return {
    kind: 'update',
    placement,
    differences: changed,
    recreates,
    reason: recreates
      ? `changed: ${changed.join(', ')}`
      : `the container stays; changed: ${changed.join(', ') || 'wanted state'}`,
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
            ? `${service.name} is scaled to ${service.replicas}`
            : `it runs on ${assigned.host}`;
      return { kind: 'remove', instance, host, reason };
    });
}

function missingExternalLinks(view: ClusterView, project: Project): Unplaced[] {
  return wantedInstances(project).flatMap(({ instance, service }) =>
    resolveExternalLinks(view, service).missing.map((container) => ({
      instance,
      reason: `external_links names ${container}, and no project has a container of that name: apply its project first`,
    })),
  );
}

/**
 * What must change so that the cluster runs `project`. Empty when it already does: applying the same file again writes
 * nothing. Pure and deterministic.
 */
export function planProject(view: ClusterView, project: Project, context: ApplyContext): Plan {
  const wanted = wantedInstances(project);
  const { assignments, unplaced, notes } = schedule(view, project.name, wanted);
  const current = projectPlacements(view, project.name);
  const changes: Change[] = [];
  const moves = new Set<string>();
  for (const instance of wanted) {
    const assignment = assignments.get(instance.instance);
    if (assignment === undefined) continue;
    const found = current.filter((placement) => placement.instance === instance.instance);
    const before = found.find(({ host }) => host === assignment.host) ?? found[0];
    const placement = toPlacement(view, project, instance, assignment, context.nowMs);
    const change = changeTo(placement, before);
    if (change?.kind === 'move') moves.add(`${change.from} ${instance.instance}`);
    if (change !== undefined) changes.push(change);
  }
  changes.push(...removals(current, assignments, moves, project));
  return {
    project: project.name,
    changes: [...storeChange(view, project, context), ...changes],
    unplaced: [...missingExternalLinks(view, project), ...unplaced],
    notes: [...view.unreadable, ...notes],
  };
}

function storeChange(view: ClusterView, project: Project, context: ApplyContext): Change[] {
  const stored = view.projects.get(project.name);
  if (stored !== undefined && canonicalJson(stored.project) === canonicalJson(project)) return [];
  const revision: ProjectRevision = {
    project,
    revision: (stored?.revision ?? 0) + 1,
    appliedBy: context.appliedBy,
    appliedAtMs: context.nowMs,
    files: [...context.files],
  };
  const reason = stored === undefined ? 'new project' : `replaces revision ${stored.revision}`;
  return [{ kind: 'store-project', revision, reason }];
}
