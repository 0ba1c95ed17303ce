import { isServiceName, type ServiceContainer, type ServiceName } from '@nap/shared';
import { partnerOf } from '../canonicalise/namespaces.js';
import { parseVolumesFrom } from '../canonicalise/volumes-from.js';
import { child, entriesOf, textsOf, type Node } from '../node.js';
import type { CarryContext } from './carry.js';
import { asText, valueAt } from './values.js';

/** A mode of the engine, or the service whose namespace is shared. Absent: one of its own; for the network, nap's. */
function modeOf<T extends string>(...words: readonly T[]) {
  return (value: Node): T | { service: ServiceName } | undefined => {
    const mode = asText(value) ?? '';
    const service = partnerOf(mode);
    if (service !== undefined && isServiceName(service)) return { service };
    return words.find((word) => word === mode);
  };
}

export const networkOf = modeOf('host', 'none');
export const ipcOf = modeOf('host', 'none', 'private', 'shareable');
export const pidOf = modeOf('host');

export function asHost(value: Node): 'host' | undefined {
  return asText(value) === 'host' ? 'host' : undefined;
}

export function volumesFromOf(value: Node): ServiceContainer['volumesFrom'] {
  const sources = textsOf(value).flatMap((text) => {
    const { name = '', access } = parseVolumesFrom(text) ?? {};
    if (!isServiceName(name)) return [];
    return [{ service: name, ...(access === undefined ? {} : { readOnly: access === 'ro' }) }];
  });
  return sources.length === 0 ? undefined : sources;
}

/** Of `mac_address`, or of a network: a container has one. */
export function macAddressOf(_value: Node, { service }: CarryContext): string | undefined {
  const networks = entriesOf(child(service, 'networks')).map(([, { value }]) => value);
  const given = [service, ...networks].map((it) => valueAt(it, 'mac_address', asText));
  return given.find((address) => address !== undefined);
}
