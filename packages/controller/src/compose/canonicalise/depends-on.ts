import {
  itemPath,
  mapNode,
  recordNode,
  scalarNode,
  textAt,
  withEntries,
  type Entry,
  type Node,
} from '../node.js';
import { mapOf, mustBe, readValue, record, type ReadContext, type Shape } from '../shape.js';
import { bool, choice, text } from './scalars.js';
import { honoured, ignored, isFalse } from '../support.js';

const condition: Shape = choice([
  'service_started',
  'service_healthy',
  'service_completed_successfully',
]);

const dependency: Shape = record('dependency', {
  condition: { shape: condition, support: honoured },
  required: { shape: bool, support: honoured },
  restart: {
    shape: bool,
    support: ignored('nap does not restart a service when its dependency restarts yet', isFalse),
  },
});

const long = mapOf('mapping of services', dependency);

function started(node: Node): Node {
  return recordNode(
    {
      condition: scalarNode('service_started', node.place),
      required: scalarNode(true, node.place),
    },
    node.place,
  );
}

function fromList(items: readonly Node[], list: Node, path: string, context: ReadContext): Node {
  const entries = new Map<string, Entry>();
  for (const [index, item] of items.entries()) {
    const name = readValue(text, item, itemPath(path, index), context);
    if (name.kind !== 'scalar' || item.mark === 'reset') continue;
    if (name.value === null) mustBe('the name of a service', item, itemPath(path, index), context);
    else entries.set(String(name.value), { keyPlace: item.place, value: started(item) });
  }
  return mapNode(entries, list.place);
}

/** What the long form leaves out. */
function completed(node: Node, path: string, context: ReadContext): Node {
  if (node.kind !== 'map') return node;
  if (textAt(node, 'condition') === undefined && !node.entries.has('condition')) {
    context.findings.error(
      node.place,
      `${path}.condition`,
      'a dependency in long form needs a condition',
      'add condition: service_started',
    );
  }
  return node.entries.has('required')
    ? node
    : withEntries(node, { required: scalarNode(true, node.place) });
}

/** Canonical: a mapping from service to condition and required. */
export const dependsOn: Shape = {
  ...long,
  kind: 'list or mapping of services',
  read: (node, path, context) => {
    if (node.kind === 'list') return fromList(node.items, node, path, context);
    const read = long.read(node, path, context);
    if (read.kind !== 'map') return read;
    const entries = [...read.entries].map(([name, entry]) => {
      const value =
        entry.value.mark === 'reset'
          ? entry.value
          : completed(entry.value, `${path}.${name}`, context);
      return [name, { ...entry, value }] as const;
    });
    return mapNode(entries, read.place);
  },
};
