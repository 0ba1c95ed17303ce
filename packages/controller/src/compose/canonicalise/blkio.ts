import { appended } from '../merge.js';
import { textAt } from '../node.js';
import { listOf, record, rejected, row, type Shape, type Table } from '../shape.js';
import { honoured } from '../support.js';
import { bytes } from './bytes.js';
import { integerFrom, text } from './scalars.js';

const weight = integerFrom(0, 1000);

function ofDevices(kind: string, key: string, value: Shape): Shape {
  const mapping = record(kind, { path: row(text, honoured), [key]: row(value, honoured) });
  const device: Shape = {
    ...mapping,
    read: (node, path, context) => {
      const read = mapping.read(node, path, context);
      const isComplete =
        read.kind !== 'map' || (read.entries.has(key) && textAt(read, 'path') !== undefined);
      if (isComplete) return read;
      return rejected(node, path, context, `needs a path and a ${key}`, 'such as path: /dev/sda');
    },
  };
  return listOf(`list of ${kind}s`, device, appended);
}

const rates = row(ofDevices('device rate', 'rate', bytes), honoured);

const table: Table = {
  weight: row(weight, honoured),
  weight_device: row(ofDevices('device weight', 'weight', weight), honoured),
  device_read_bps: rates,
  device_write_bps: rates,
  device_read_iops: rates,
  device_write_iops: rates,
};

export const blkio: Shape = record('block device limits', table);
