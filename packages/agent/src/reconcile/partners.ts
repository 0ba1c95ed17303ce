import {
  NapError,
  partnerInstances,
  type ContainerSpec,
  type InstanceId,
  type Placement,
} from '@nap/shared';
import { isRunning, type ObservedContainer } from './observed.js';

/** The running container of each, on this host. Throws DOCKER_REFUSED naming one that has none: namespaces end with it. */
export function resolvePartners(
  spec: ContainerSpec,
  containers: readonly ObservedContainer[],
): ReadonlyMap<InstanceId, string> {
  return new Map(
    partnerInstances(spec).map((instance) => {
      const found = containers.find((it) => it.instance === instance && isRunning(it));
      if (found !== undefined) return [instance, found.id];
      throw new NapError(
        'DOCKER_REFUSED',
        `${instance}, whose container it shares, does not run here`,
        {
          hint: 'it is tried again',
        },
      );
    }),
  );
}

/**
 * Anonymous volumes that are a container's own. Those that it has from a partner are the partner's: they are neither
 * handed down nor dropped with it.
 */
export function ownAnonymousVolumes(
  container: ObservedContainer,
  all: readonly ObservedContainer[],
): ObservedContainer['volumes'] {
  const partners = all.filter((it) => container.partners.has(it.instance));
  const lent = new Set(partners.flatMap((it) => it.volumes.map(({ name }) => name)));
  return container.volumes.filter(({ name, isAnonymous }) => isAnonymous && !lent.has(name));
}

type Containers = readonly ObservedContainer[];

const runningOf = (instance: InstanceId, containers: Containers): ObservedContainer | undefined =>
  containers.find((it) => it.instance === instance && isRunning(it));

/**
 * Whether a container still shares with the containers that its partners have now. While a partner has none that runs,
 * nobody knows better: it may be the same one again.
 */
export function hasItsPartners(
  { partners }: Pick<ObservedContainer, 'partners'>,
  containers: Containers,
): boolean {
  return [...partners].every(([instance, id]) => {
    const now = runningOf(instance, containers);
    return now === undefined || now.id === id;
  });
}

/** The first partner without a container to share with: one that runs and, for a new container, will go on running. */
export function missingPartner(
  spec: ContainerSpec,
  view: {
    readonly containers: Containers;
    readonly placements: ReadonlyMap<InstanceId, Placement>;
  },
  isForNew: boolean,
): InstanceId | undefined {
  return partnerInstances(spec).find((instance) => {
    const now = runningOf(instance, view.containers);
    if (now === undefined) return true;
    const wanted = view.placements.get(instance)?.specHash;
    return isForNew && wanted !== undefined && wanted !== now.specHash;
  });
}

/** Of a run of a container: the runs of its partners whose namespaces it is in. */
export interface Joined {
  readonly containerId: string;
  readonly startedAt: string;
  /** When each was started, in the engine's own text; empty: it had ended already. */
  readonly partners: readonly (readonly [InstanceId, string])[];
}

interface Now {
  readonly containers: Containers;
  readonly nowMs: number;
}

/** Volumes outlive a restart of whose they are. */
const namespacePartners = ({ volumesFrom: _volumes, ...namespaces }: ContainerSpec) =>
  partnerInstances(namespaces);

/** By the clock; one that was started in the future says only that the clock was set back. */
const isStartedSince = (partner: Running, run: Running, nowMs: number): boolean =>
  partner.startedAtMs > run.startedAtMs && partner.startedAtMs <= nowMs;

type Running = Extract<ObservedContainer['run'], { readonly state: 'running' }>;

function runOf(instance: InstanceId, containers: Containers): Running | undefined {
  const run = runningOf(instance, containers)?.run;
  return run?.state === 'running' ? run : undefined;
}

/** At the first look at a run of a container with partners. Undefined where it has none, or does not run. */
export function joinedBy(
  spec: ContainerSpec,
  { id, run }: ObservedContainer,
  { containers, nowMs }: Now,
): Joined | undefined {
  const partners = namespacePartners(spec);
  if (run.state !== 'running' || partners.length === 0) return undefined;
  const runs = partners.flatMap((instance) => {
    const partner = runOf(instance, containers);
    // It was quicker than this look: what was joined is gone.
    if (partner !== undefined && isStartedSince(partner, run, nowMs)) return [];
    return [[instance, partner?.startedAt ?? ''] as const];
  });
  return { containerId: id, startedAt: run.startedAt, partners: runs };
}

export const isJoinedBy = (joined: Joined | undefined, { id, run }: ObservedContainer): boolean =>
  run.state === 'running' && joined?.containerId === id && joined.startedAt === run.startedAt;

/**
 * A partner that was started again after this container was: its namespaces are others now, and this container sits alone
 * in those of the earlier run. Which run that was tells without a clock.
 */
export function outlived(
  spec: ContainerSpec,
  container: ObservedContainer,
  { containers, nowMs }: Now,
  joined: Joined | undefined,
): InstanceId | undefined {
  const { run } = container;
  if (run.state !== 'running') return undefined;
  const known = new Map(isJoinedBy(joined, container) ? joined?.partners : []);
  return namespacePartners(spec).find((instance) => {
    const partner = runOf(instance, containers);
    if (partner === undefined) return false;
    const startedAt = known.get(instance);
    return startedAt === undefined
      ? isStartedSince(partner, run, nowMs)
      : startedAt !== partner.startedAt;
  });
}
