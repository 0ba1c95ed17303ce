import { NapError, type ContainerSpec, type InstanceId } from '@nap/shared';
import { isRunning, type ObservedContainer } from './observed.js';

/** The instances that a spec shares a network, another namespace or volumes with, each once. */
export function partnerInstances(spec: ContainerSpec): readonly InstanceId[] {
  const modes = [spec.network, spec.ipc, spec.pid].flatMap((mode) =>
    typeof mode === 'object' ? [mode.instance] : [],
  );
  return [...new Set([...modes, ...(spec.volumesFrom ?? []).map(({ instance }) => instance)])];
}

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
