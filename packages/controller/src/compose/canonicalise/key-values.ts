import { byKey, replacedByNull, type Merge } from '../merge.js';
import { itemPath, keyPath, scalarNode, type Entry, type Node } from '../node.js';
import { textOfScalar } from '../scalars.js';
import { mustBe, rejected, type ReadContext, type Shape } from '../shape.js';

const merge: Merge = byKey(() => replacedByNull);

/** What becomes of a key without a value. */
type Bare = (key: string, context: ReadContext) => string | null;

function readMap(node: Node, path: string, context: ReadContext, bare: Bare): Node {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    entries.set(key, { ...entry, value: readPair(key, entry.value, path, context, bare) });
  }
  return { ...node, entries };
}

const isName = (key: string): boolean => /^[^=\s][^=]*$/.test(key) && !/\s$/.test(key);

const badName = (key: string): string =>
  `"${key}" is not a name: it is empty, holds "=", or begins or ends with a space`;

function readPair(key: string, node: Node, path: string, context: ReadContext, bare: Bare): Node {
  if (node.kind === 'broken' || node.mark === 'reset') return node;
  const at = keyPath(path, key);
  if (!isName(key)) return rejected(node, at, context, badName(key));
  if (node.kind !== 'scalar') return mustBe('a string, a number or a boolean', node, at, context);
  return { ...node, value: node.value === null ? bare(key, context) : textOfScalar(node.value) };
}

function readList(
  items: readonly Node[],
  list: Node,
  path: string,
  context: ReadContext,
  bare: Bare,
): Node {
  const entries = new Map<string, Entry>();
  for (const [index, item] of items.entries()) {
    if (item.kind === 'broken' || item.mark === 'reset') continue;
    if (item.kind !== 'scalar' || typeof item.value !== 'string') {
      mustBe('a string', item, itemPath(path, index), context);
      continue;
    }
    const equals = item.value.indexOf('=');
    const key = equals === -1 ? item.value : item.value.slice(0, equals);
    if (!isName(key)) {
      rejected(item, itemPath(path, index), context, badName(key));
      continue;
    }
    const value = equals === -1 ? bare(key, context) : item.value.slice(equals + 1);
    entries.set(key, { keyPlace: item.place, value: scalarNode(value, item.place) });
  }
  return { kind: 'map', entries, place: list.place };
}

/** `KEY=value` items, or a mapping. Canonical: a mapping of strings. */
function keyValuesWith(kind: string, bare: Bare): Shape {
  return {
    kind,
    merge,
    read: (node, path, context) => {
      if (node.kind === 'map') return readMap(node, path, context, bare);
      if (node.kind === 'list') return readList(node.items, node, path, context, bare);
      return mustBe('a mapping or a list of KEY=value', node, path, context);
    },
  };
}

/**
 * A variable without a value takes the one of nap's own environment; null when there is none: it is not set. In an included
 * file that is the environment of the include, which has its `.env` beneath the outer one: as where variables are replaced
 * (resolveBareEnvironmentRefs of compose-go; before version 3 it did so in lists only).
 */
export const environment: Shape = keyValuesWith(
  'mapping or list of KEY=value',
  (key, context) => context.lookup(key) ?? null,
);

/** Labels and the like: a key without a value is an empty string. */
export const keyValues: Shape = keyValuesWith('mapping or list of KEY=value', () => '');
