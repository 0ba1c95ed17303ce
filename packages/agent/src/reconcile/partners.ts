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

/**
 * A partner that was started again after this container was: its namespaces are others now, and this container sits alone
 * in those of the earlier run.
 */
export function outlived(
  { volumesFrom: _volumes, ...namespaces }: ContainerSpec,
  container: ObservedContainer,
  containers: Containers,
): InstanceId | undefined {
  const { run } = container;
  if (run.state !== 'running') return undefined;
  return partnerInstances(namespaces).find((instance) => {
    const partner = runningOf(instance, containers)?.run;
    return partner?.state === 'running' && partner.startedAtMs > run.startedAtMs;
  });
}
