import { appended } from '../merge.js';
import { child } from '../node.js';
import { listOf, record, rejected, row, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { integer, text } from './scalars.js';

const spec = record('mapping', { kind: row(text, honoured), value: row(integer, honoured) });
const resource = record('mapping', { discrete_resource_spec: row(spec, honoured) });

const counted: Shape = {
  ...resource,
  read: (node, path, context) => {
    const read = resource.read(node, path, context);
    const asked = child(read, 'discrete_resource_spec');
    const isWhole = child(asked, 'kind') !== undefined && child(asked, 'value') !== undefined;
    if (read.kind !== 'map' || isWhole) return read;
    const hint = 'such as discrete_resource_spec: {kind: gpu, value: 1}';
    return rejected(node, path, context, 'a resource has a kind and a value', hint);
  },
};

/** Swarm's way to ask for what is counted: GPUs, licences, ports of a card. */
export const genericResources: Shape = listOf('list of resources', counted, appended);
