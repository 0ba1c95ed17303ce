import {
  equalDocuments,
  invariant,
  type PlacedDependency,
  type Placement,
  type ProjectRevision,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import { PULL_REQUEST, recreationReason, stayReason } from './asked-project.js';
import type { Assignment } from './board.js';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { withDecision } from './decisions.js';
import { differences } from './differences.js';
import { resolveExternalLinks } from './external-links.js';
import { startFirstOf } from './rollout-rules.js';
import { moveOf, takingOver } from './takeover.js';
import type { WantedInstance } from './wanted.js';

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

function placedDependencies(
  counts: ReadonlyMap<ServiceName, number>,
  service: ServiceSpec,
): PlacedDependency[] {
  return service.dependencies.map((dependency) => ({
    ...dependency,
    instances: counts.get(dependency.service) ?? 0,
  }));
}

/** The first instance of each service, and how many it has. */
function byService(wanted: readonly WantedInstance[]): ReadonlyMap<ServiceSpec, Instances> {
  const services = new Map<ServiceSpec, Instances>();
  for (const instance of wanted) {
    const known = services.get(instance.service);
    if (known === undefined) services.set(instance.service, { first: instance, count: 1 });
    else known.count += 1;
  }
  return services;
}

interface Instances {
  readonly first: WantedInstance;
  count: number;
}

function serviceParts(
  view: ClusterView,
  counts: ReadonlyMap<ServiceName, number>,
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
export class PlacementMaker {
  readonly #nowMs: number;
  readonly #revision: number;
  readonly #parts: ReadonlyMap<ServiceSpec, ServiceParts>;

  constructor(
    view: ClusterView,
    wanted: readonly WantedInstance[],
    revision: ProjectRevision,
    nowMs: number,
  ) {
    const services = byService(wanted);
    const counts = new Map([...services].map(([{ name }, { count }]) => [name, count] as const));
    this.#nowMs = nowMs;
    this.#revision = revision.revision;
    this.#parts = new Map(
      [...services].map(([service, { first }]) => {
        const parts = serviceParts(view, counts, first, revision);
        first.expect(parts);
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

export interface Before {
  /** What the instance has now; on another host it is a move. */
  readonly placement: Placement | undefined;
  /** On another host, and answers until the new one is well. */
  readonly predecessor: Placement | undefined;
}

function changeTo(
  made: Placement,
  before: Placement | undefined,
  revision: number,
): Change | undefined {
  const { reason } = made;
  if (before === undefined) {
    const placement = withDecision(made, undefined, { kind: 'placed', reason, revision });
    return { kind: 'place', placement, reason };
  }
  if (before.host !== made.host) return moveOf(made, before, revision);
  if (isSamePlacement(before, made)) return undefined;
  return updateOf(made, before, revision);
}

function updateOf(placement: Placement, before: Placement, revision: number): Change {
  const recreates = before.specHash !== placement.specHash;
  const changed = recreates
    ? differences(before.spec, placement.spec)
    : differences(besidesSpec(before), besidesSpec(placement));
  const reason = recreates ? recreationReason(changed) : stayReason(changed);
  return {
    kind: 'update',
    placement: withDecision(placement, before, {
      ...(recreates ? { kind: 'recreated' } : {}),
      ...{ reason, revision },
    }),
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
  startFirst,
  takesOverFrom,
  yieldsTo,
}: Placement): object {
  return {
    dependencies,
    names: aliases,
    links,
    pull_policy: pull,
    [PULL_REQUEST]: refresh,
    reservations: reserves,
    on_partition: stopAfterMs,
    start_first: startFirst,
    takes_over_from: takesOverFrom,
    yields_to: yieldsTo,
  };
}
