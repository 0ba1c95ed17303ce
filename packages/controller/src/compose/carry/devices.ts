import type { DeviceRequestSpec, DeviceSpec } from '@nap/shared';
import { isCdiName } from '../canonicalise/devices.js';
import { child, itemsOf, numberAt, textAt, type Node } from '../node.js';
import type { CarryContext } from './carry.js';
import { asFilledPairs, asFilledTexts, asText, present, valueAt } from './values.js';

function isCdi(device: Node): boolean {
  return isCdiName(textAt(device, 'source') ?? '');
}

export function devicesOf(value: Node): DeviceSpec[] | undefined {
  const devices = itemsOf(value).filter((device) => !isCdi(device));
  if (devices.length === 0) return undefined;
  return devices.map((device) => ({
    source: textAt(device, 'source') ?? '',
    target: textAt(device, 'target') ?? '',
    permissions: textAt(device, 'permissions') ?? 'rwm',
  }));
}

function requestOf(node: Node, extra: readonly string[] = []): DeviceRequestSpec {
  const capabilities = [...(valueAt(node, 'capabilities', asFilledTexts) ?? []), ...extra];
  return present<DeviceRequestSpec>({
    driver: valueAt(node, 'driver', asText),
    count: numberAt(node, 'count'),
    deviceIds: valueAt(node, 'device_ids', asFilledTexts),
    capabilities: [[...new Set(capabilities)]],
    options: asFilledPairs(child(node, 'options')),
  });
}

/** Of `devices` with names of the Container Device Interface, of `gpus`, and of `deploy.resources.reservations.devices`. */
export function deviceRequestsOf(
  _value: Node,
  { service }: CarryContext,
): DeviceRequestSpec[] | undefined {
  const names = itemsOf(child(service, 'devices'))
    .filter(isCdi)
    .map((device) => textAt(device, 'source') ?? '');
  const reservations = child(child(child(service, 'deploy'), 'resources'), 'reservations');
  const requests: DeviceRequestSpec[] = [
    ...(names.length === 0 ? [] : [{ driver: 'cdi', deviceIds: names }]),
    ...itemsOf(child(service, 'gpus')).map((node) => requestOf(node, ['gpu'])),
    ...itemsOf(child(reservations, 'devices')).map((node) => requestOf(node)),
  ];
  return requests.length === 0 ? undefined : requests;
}
