import { invariant, isInstanceId, type ContainerSpec, type InstanceId } from '@nap/shared';
import type { ObservedNetwork } from '../reconcile/observed.js';

/** The containers, on this host, of the instances that a spec shares namespaces or volumes with. */
export type PartnerIds = ReadonlyMap<InstanceId, string>;

/** The engine's form of "that one's". */
const JOINED = 'container:';

type Mode = ContainerSpec['network'] | ContainerSpec['ipc'] | ContainerSpec['pid'];

/** The engine's word for a namespace: `host`, or `container:<id>` for a partner's. Undefined: its own. */
export function containerMode(mode: Mode, partners: PartnerIds): string | undefined {
  if (mode === undefined || typeof mode === 'string') return mode;
  return `${JOINED}${partnerId(mode.instance, partners)}`;
}

export function partnerId(instance: InstanceId, partners: PartnerIds): string {
  const id = partners.get(instance);
  invariant(id !== undefined, `no container of ${instance} was looked up before its partner's`);
  return id;
}

/** As a label: neither an instance id nor a container id holds `=` or a comma. */
export function formatPartners(partners: PartnerIds): string {
  return [...partners].map(([instance, id]) => `${instance}=${id}`).join(',');
}

export function readPartners(label: string | undefined): PartnerIds {
  const pairs = (label ?? '').split(',').map((pair) => pair.split('='));
  return new Map(
    pairs.flatMap(([instance = '', id = '']) => (isInstanceId(instance) ? [[instance, id]] : [])),
  );
}

export function readNetworkMode(mode: string | undefined): ObservedNetwork {
  if (mode === 'host' || mode === 'none') return mode;
  return mode?.startsWith(JOINED) === true ? { container: mode.slice(JOINED.length) } : 'own';
}
