import {
  parseInstanceId,
  type HostId,
  type Placement,
  type Project,
  type ServiceSpec,
  type Strategy,
} from '@nap/shared';
import { askedProject, keptNotes, missingReason, type Asked } from './asked-project.js';
import type { ChosenHost } from './board.js';
import type { Change, Plan, Unplaced } from './change.js';
import { projectPlacements, type ClusterView } from './cluster-view.js';
import { leftOutNotes, passedOverNotes } from './engine-notes.js';
import { resolveExternalLinks } from './external-links.js';
import { leftToDaemon } from './left-to-daemon.js';
import { nextRevision, storing, type RevisionContext } from './next-revision.js';
import { PlacementMaker } from './placement-maker.js';
import { removalOf } from './removal.js';
import { olderNotes } from './older-container.js';
import { startFirstNotes } from './rollout-rules.js';
import { schedule, type Schedule } from './schedule.js';
import { isStopped, stoppedNotes } from './stopped.js';
import { hasToGoFirst, leaving, predecessorOf, yieldingTo } from './takeover.js';
import { wantedInstances, type WantedInstance } from './wanted.js';

export interface ApplyContext extends Asked, RevisionContext {
  /** How to choose hosts for what is placed now, instead of what the file says. */
  readonly strategy?: Strategy | undefined;
}

/** A placement that nobody wants: its instance is gone, or an interrupted move left it on two hosts. */
function removals(
  current: readonly Placement[],
  { chosenHosts }: Schedule,
  decided: ReadonlySet<string>,
  {
    view,
    project,
    disabled,
    nowMs,
  }: { readonly view: ClusterView; readonly project: Project } & Pick<
    ApplyContext,
    'disabled' | 'nowMs'
  >,
): Change[] {
  const services = new Map<string, ServiceSpec>(
    project.services.map((service) => [service.name, service]),
  );
  return current
    .filter(({ instance, host }) => chosenHosts.get(instance)?.host !== host)
    .filter(({ instance, host }) => !decided.has(`${host} ${instance}`))
    .flatMap((placement) => {
      const { instance, host } = placement;
      const name = parseInstanceId(instance)?.service ?? '';
      const service = services.get(name);
      const chosenHost = chosenHosts.get(instance);
      const reason =
        service === undefined
          ? missingReason(name, disabled)
          : chosenHost === undefined
            ? service.mode === 'global'
              ? `${host} takes no ${service.name} any more`
              : `${service.name} is scaled to ${service.replicas}`
            : `it runs on ${chosenHost.host}`;
      // Where it runs elsewhere already, that host has the word.
      return chosenHost === undefined
        ? removalOf(view, placement, { reason, nowMs })
        : [{ kind: 'remove', instance, host, reason } as const];
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
  const { disabled } = context;
  const { revision, isNew } = nextRevision(view, project, context);
  const wanted = wantedInstances(view, project);
  const scheduled = schedule(view, project, wanted, context.strategy);
  const { unplaced, notes } = scheduled;
  const maker = new PlacementMaker(view, wanted, revision, context.nowMs);
  const atRest = new Set(wanted.filter(isAtRest).map(({ instance }) => instance));
  const stuck = new Set(unplaced.map(({ instance }) => instance));
  const changes: Change[] = [];
  // Places of which is decided already, beside those that the instances have from now on.
  const decided = new Set<string>();
  for (const instance of wanted) {
    const chosenHost = scheduled.chosenFor(instance) ?? placeAtRest(instance);
    if (chosenHost === undefined) continue;
    const { places } = instance;
    const before = places.find(({ host }) => host === chosenHost.host) ?? places[0];
    const predecessor = predecessorOf(view, project, instance, chosenHost.host);
    const change = maker.change(instance, chosenHost, { placement: before, predecessor });
    if (change?.kind === 'move') decided.add(`${change.from} ${instance.instance}`);
    const now = change?.kind === 'move' ? moving(view, change, before) : change;
    if (now !== undefined) changes.push(now);
    if (predecessor !== undefined && predecessor !== before) {
      decided.add(`${predecessor.host} ${instance.instance}`);
      changes.push(...redirected(predecessor, chosenHost.host, context.nowMs));
    }
  }
  // What is wanted and fits nowhere now stays where it is until it does.
  const movable = projectPlacements(view, project.name)
    .filter(({ host }) => !scheduled.isSettled(host))
    .filter(({ instance }) => !stuck.has(instance));
  changes.push(...removals(movable, scheduled, decided, { ...context, view, project }));
  const left = leftToDaemon(view, changes);
  return {
    project: project.name,
    changes: [...(isNew ? [storing(view, revision)] : []), ...left.changes],
    unplaced: [...missingExternalLinks(view, wanted), ...unplaced].filter(
      ({ instance }) => !atRest.has(instance),
    ),
    notes: [
      ...view.unreadable,
      ...(view.brake === undefined ? [] : [view.brake]),
      ...notes,
      ...left.notes,
      ...startFirstNotes(project),
      ...keptNotes(given, project, disabled),
      ...stoppedNotes(project),
      ...olderNotes(view, changes),
      ...leftOutNotes(view, wanted, scheduled),
      ...passedOverNotes(view, project),
    ],
  };
}

const isAtRest = ({ service, index }: WantedInstance): boolean => isStopped(service, index);

/** What is stopped needs no place to run in: it is stopped where it is, whether it would fit anywhere or not. */
function placeAtRest(instance: WantedInstance): ChosenHost | undefined {
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
