import {
  equalDocuments,
  invariant,
  type PlacedDependency,
  type Placement,
  type ProjectRevision,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import type { ChosenHost } from './board.js';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';
import { withDecision } from './decisions.js';
import { resolveExternalLinks } from './external-links.js';
import { isLeavingAway, stopAfterMsOf } from './held.js';
import { stopTimeMs } from './host-loss.js';
import { startFirstOf } from './rollout-rules.js';
import { isStopped, programOf } from './stopped.js';
import { moveOf, takingOver } from './takeover.js';
import { updateOf } from './update-of.js';
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

/** Nobody waits for a replica that is stopped on purpose, unless there is no other; what may be missing is not waited for then. */
function placedDependencies(
  counts: ReadonlyMap<ServiceName, Instances>,
  service: ServiceSpec,
): PlacedDependency[] {
  return service.dependencies.map((dependency) => {
    const { count = 0, running = 0 } = counts.get(dependency.service) ?? {};
    if (running > 0 || count === 0 || !dependency.required) {
      return { ...dependency, instances: running };
    }
    return { ...dependency, instances: count, stopped: true };
  });
}

/** The first instance of each service, and how many it has. */
function byService(wanted: readonly WantedInstance[]): ReadonlyMap<ServiceSpec, Instances> {
  const services = new Map<ServiceSpec, Instances>();
  for (const instance of wanted) {
    const known = services.get(instance.service) ?? { first: instance, count: 0, running: 0 };
    known.count += 1;
    if (!isStopped(instance.service, instance.index)) known.running += 1;
    services.set(instance.service, known);
  }
  return services;
}

interface Instances {
  readonly first: WantedInstance;
  count: number;
  /** Without those that are stopped on purpose. */
  running: number;
}

function serviceParts(
  view: ClusterView,
  counts: ReadonlyMap<ServiceName, Instances>,
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
  readonly #view: ClusterView;
  readonly #nowMs: number;
  readonly #revision: ProjectRevision;
  readonly #parts: ReadonlyMap<ServiceSpec, ServiceParts>;

  constructor(
    view: ClusterView,
    wanted: readonly WantedInstance[],
    revision: ProjectRevision,
    nowMs: number,
  ) {
    const services = byService(wanted);
    const counts = new Map(
      [...services].map(([{ name }, instances]) => [name, instances] as const),
    );
    this.#view = view;
    this.#nowMs = nowMs;
    this.#revision = revision;
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
    chosenHost: ChosenHost,
    { placement: before, predecessor }: Before,
  ): Change | undefined {
    const stays = before?.host === chosenHost.host && before.takesOverFrom === undefined;
    if (stays && (wanted.isSettled(before) || isLeavingAway(this.#view, before))) return undefined;
    const plain = this.#make(wanted, chosenHost, before);
    const made =
      predecessor === undefined
        ? watchedAsBefore(plain, before, wanted.service, this.#revision)
        : takingOver(plain, predecessor, wanted.service);
    const change = changeTo(made, before, this.#revision);
    // What it was told before, it keeps only while its host is away.
    const isAsWanted = made.stopAfterMs === wanted.needs.stopAfterMs;
    if (stays && change === undefined && isAsWanted) wanted.noteSettled(before);
    return change;
  }

  #make(
    wanted: WantedInstance,
    { host, reason }: ChosenHost,
    before: Placement | undefined,
  ): Placement {
    const { instance, service, pin, index } = wanted;
    const parts = this.#parts.get(service);
    invariant(parts !== undefined, `${instance} is of a service without instances`);
    const specHash = wanted.specHash(before);
    const { stopAfterMs: asked, ...others } = parts;
    const told = before?.host === host ? before : undefined;
    const takesMs = stopTimeMs(service.container);
    const stopAfterMs = stopAfterMsOf(this.#view, told, { asked, takesMs });
    return {
      instance,
      host,
      ...programOf(service, index),
      spec: before?.specHash === specHash ? before.spec : wanted.spec,
      specHash,
      ...(pin === undefined ? {} : { mode: 'global' as const }),
      ...others,
      ...(stopAfterMs === undefined ? {} : { stopAfterMs }),
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

/**
 * How a container was to be replaced matters no more once it is: one that stays is not written anew because a rollback, or
 * what came after it, would have replaced it in another way.
 */
function watchedAsBefore(
  made: Placement,
  before: Placement | undefined,
  service: ServiceSpec,
  { project, rollback }: ProjectRevision,
): Placement {
  if (before?.specHash !== made.specHash) return made;
  const { startFirst: _now, ...rest } = made;
  const { startFirst } = before;
  const other = startFirstOf(project, service, rollback === undefined);
  if (startFirst?.readyAfterMs !== other?.readyAfterMs) return made;
  const kept = startFirst === undefined ? rest : { ...rest, startFirst };
  return isSamePlacement(before, kept) ? kept : made;
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
