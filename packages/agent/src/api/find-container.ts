import { NapError, type HostId, type InstanceId, type OwnContainer } from '@nap/shared';
import type { OperatorPort } from '../docker/operator-port.js';

/** The container of an instance: the one that runs, for there may be two while one replaces the other; else the newest. */
export function pickContainer(
  containers: readonly OwnContainer[],
  instance: InstanceId,
): OwnContainer | undefined {
  const rank = ({ state }: OwnContainer): number => (state === 'running' ? 0 : 1);
  return containers
    .filter((container) => container.instance === instance)
    .toSorted((a, b) => rank(a) - rank(b) || b.createdAtMs - a.createdAtMs)[0];
}

/** Throws NOT_FOUND. */
export async function findContainer(
  docker: Pick<OperatorPort, 'containers'>,
  host: HostId,
  instance: InstanceId,
): Promise<OwnContainer> {
  const found = pickContainer(await docker.containers(), instance);
  if (found !== undefined) return found;
  throw new NapError('NOT_FOUND', `${instance} has no container on ${host}`, {
    hint: `its log goes with a container that is removed; nap-controller inspect ${instance} says what became of it`,
  });
}
