import type { BlkioSpec, ServiceContainer } from '@nap/shared';
import { child, entriesOf, itemsOf, numberAt, textAt, type Node } from '../node.js';
import { asNonZero, asNumber, present, valueAt } from './values.js';

export function ulimitsOf(node: Node): ServiceContainer['ulimits'] {
  const limits = entriesOf(node).map(([name, { value }]) => {
    const both = asNumber(value) ?? 0;
    const soft = numberAt(value, 'soft') ?? both;
    return [name, { soft, hard: numberAt(value, 'hard') ?? both }] as const;
  });
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}

function ratesAt(node: Node, key: string): BlkioSpec['readBps'] {
  const rates = itemsOf(child(node, key)).map((device) => ({
    path: textAt(device, 'path') ?? '',
    rate: valueAt(device, 'rate', asNumber) ?? 0,
  }));
  return rates.length === 0 ? undefined : rates;
}

export function blkioOf(node: Node): BlkioSpec | undefined {
  const weights = itemsOf(child(node, 'weight_device')).map((device) => ({
    path: textAt(device, 'path') ?? '',
    weight: numberAt(device, 'weight') ?? 0,
  }));
  const blkio = present<BlkioSpec>({
    weight: valueAt(node, 'weight', asNonZero),
    weightDevices: weights.length === 0 ? undefined : weights,
    readBps: ratesAt(node, 'device_read_bps'),
    writeBps: ratesAt(node, 'device_write_bps'),
    readIops: ratesAt(node, 'device_read_iops'),
    writeIops: ratesAt(node, 'device_write_iops'),
  });
  return Object.keys(blkio).length === 0 ? undefined : blkio;
}
