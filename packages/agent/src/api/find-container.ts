import {
  NapError,
  type HostId,
  type InstanceId,
  type OwnContainer,
  type SpecHash,
} from '@nap/shared';
import type { OperatorPort } from '../docker/operator-port.js';

/**
 * The container of an instance: the one that runs, for there may be two while one replaces the other; else the newest. With a
 * spec hash only one of that spec.
 */
export function pickContainer(
  containers: readonly OwnContainer[],
  instance: InstanceId,
  spec?: SpecHash,
): OwnContainer | undefined {
  const rank = ({ state }: OwnContainer): number => (state === 'running' ? 0 : 1);
  return containers
    .filter((it) => it.instance === instance && (spec === undefined || it.specHash === spec))
    .toSorted((a, b) => rank(a) - rank(b) || b.createdAtMs - a.createdAtMs)[0];
}

/** Throws NOT_FOUND. */
export async function findContainer(
  docker: Pick<OperatorPort, 'containers'>,
  host: HostId,
  instance: InstanceId,
  spec?: SpecHash,
): Promise<OwnContainer> {
  const found = pickContainer(await docker.containers(), instance, spec);
  if (found !== undefined) return found;
  const what = spec === undefined ? 'container' : 'container of that version';
  throw new NapError('NOT_FOUND', `${instance} has no ${what} on ${host}`, {
    hint: `its log goes with a container that is removed; nap-controller inspect ${instance} says what became of it`,
  });
}
