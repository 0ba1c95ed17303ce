import { appended } from '../merge.js';
import {
  child,
  itemsOf,
  listNode,
  recordNode,
  scalarNode,
  withEntries,
  type Node,
} from '../node.js';
import { listOf, record, rejected, row, type ReadContext, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { keyValues } from './key-values.js';
import { integer, text } from './scalars.js';

const ALL = -1;

/** How many devices: a number, or `all`. */
const deviceCount: Shape = {
  ...integer,
  kind: 'integer or all',
  read: (node, path, context) => {
    if (node.kind === 'scalar' && node.value === 'all') return { ...node, value: ALL };
    return integer.read(node, path, context);
  },
};

const texts = listOf('list of strings', text, appended);

const mapping = record('device request', {
  capabilities: row(texts, honoured),
  driver: row(text, honoured),
  count: row(deviceCount, honoured),
  device_ids: row(texts, honoured),
  options: row(keyValues, honoured),
});

/** All devices, when the request names neither a number nor some of them. */
function completed(node: Node, path: string, context: ReadContext): Node {
  if (node.kind !== 'map') return node;
  const count = child(node, 'count');
  const ids = child(node, 'device_ids');
  if (count !== undefined && ids !== undefined) {
    const message = 'a device request has a count or device_ids, not both';
    return rejected(count, path, context, message, 'remove one of them');
  }
  if (count !== undefined || itemsOf(ids).length > 0) return node;
  return withEntries(node, { count: scalarNode(ALL, node.place), device_ids: undefined });
}

const gpu: Shape = {
  ...mapping,
  read: (node, path, context) => completed(mapping.read(node, path, context), path, context),
};

const reserved: Shape = {
  ...gpu,
  read: (node, path, context) => {
    const read = gpu.read(node, path, context);
    if (read.kind !== 'map' || itemsOf(child(read, 'capabilities')).length > 0) return read;
    const hint = 'such as capabilities: [gpu]';
    return rejected(node, path, context, 'a device reservation names no capabilities', hint);
  },
};

const gpuList = listOf('list of devices', gpu, appended);

/** `all`, or a list. Canonical: a list of {driver, count or device_ids, capabilities, options}. */
export const gpus: Shape = {
  ...gpuList,
  kind: 'all, or list of devices',
  read: (node, path, context) => {
    if (node.kind !== 'scalar' || node.value !== 'all') return gpuList.read(node, path, context);
    return listNode([recordNode({ count: scalarNode(ALL, node.place) }, node.place)], node.place);
  },
};

export const reservedDevices: Shape = listOf('list of devices', reserved, appended);
