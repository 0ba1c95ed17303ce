import {
  entriesOf,
  isNull,
  itemsOf,
  mapNode,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
} from './node.js';

/** How a later file's value joins an earlier one's. Both are in canonical form: of one kind, or broken. */
export interface Merge {
  /** For docs/compose-support.md. */
  readonly says: string;
  readonly apply: (base: Node, over: Node) => Node;
  /** Of items that are kept once. */
  readonly identity?: (item: Node) => string;
  /** An empty later value takes the place of the earlier one, instead of leaving it. */
  readonly nullReplaces?: boolean;
}

/**
 * Joins two values of one key. A `!reset` stays in the result as a mark, and counts as absent below and above: the result of
 * `extends` may still have to reset what an earlier file says. `stripMarks` ends it.
 */
export function mergeValues(merge: Merge, base: Node | undefined, over: Node): Node {
  if (base === undefined || base.mark === 'reset' || over.mark !== undefined) return over;
  if (isNull(over)) return merge.nullReplaces === true ? over : base;
  if (isNull(base) || base.kind === 'broken' || over.kind === 'broken') {
    return base.kind === 'broken' ? base : over;
  }
  return merge.apply(base, over);
}

export const replaced: Merge = { says: 'replaced', apply: (_base, over) => over };

/** For commands, where an empty list clears what the image has and null goes back to it. */
export const replacedByNull: Merge = {
  ...replaced,
  says: 'replaced, also by null',
  nullReplaces: true,
};

export const appended: Merge = {
  says: 'appended',
  apply: (base, over) =>
    base.kind === 'list' && over.kind === 'list'
      ? { ...over, items: [...base.items, ...over.items] }
      : over,
};

/** Items with one identity are one item: the later takes the place of the earlier. */
export function appendedUnique(identity: (item: Node) => string, by: string): Merge {
  return {
    says: by === '' ? 'appended, each once' : `appended, one for each ${by}`,
    identity,
    apply: (base, over) => {
      if (over.kind !== 'list') return over;
      return uniqueItems({ ...over, items: [...itemsOf(base), ...over.items] }, identity);
    },
  };
}

export function uniqueItems(node: ListNode, identity: (item: Node) => string): ListNode {
  const unique = new Map<string, Node>();
  for (const item of node.items) unique.set(identity(item), item);
  return { ...node, items: [...unique.values()] };
}

/** Joins maps key by key; `mergeOf` says how the values of one key join. */
export function byKey(mergeOf: (key: string) => Merge, says = 'key by key'): Merge {
  return {
    says,
    apply: (base, over) => {
      if (base.kind !== 'map' || over.kind !== 'map') return over;
      const entries = new Map<string, Entry>(base.entries);
      for (const [key, entry] of over.entries) {
        const value = mergeValues(mergeOf(key), entries.get(key)?.value, entry.value);
        entries.set(key, value === entry.value ? entry : { ...entry, value });
      }
      return { ...over, entries };
    },
  };
}

/** For keys that the loader has no shape for: maps by key, lists appended, anything else replaced. */
export const generic: Merge = {
  says: 'maps key by key, lists appended',
  apply: (base, over) => {
    if (base.kind !== over.kind) return over;
    if (base.kind === 'map') return byKey(() => generic).apply(base, over);
    return base.kind === 'list' ? appended.apply(base, over) : over;
  },
};

/** The tree without what is reset and without marks: the end of merging. */
export function stripMarks(node: Node): Node {
  const { mark: _mark, ...bare } = node;
  if (bare.kind === 'list') {
    return { ...bare, items: bare.items.filter((item) => item.mark !== 'reset').map(stripMarks) };
  }
  return bare.kind === 'map' ? withoutMarks(bare) : bare;
}

export function withoutMarks(node: MapNode): MapNode {
  const kept = entriesOf(node)
    .filter(([, entry]) => entry.value.mark !== 'reset')
    .map(([key, entry]) => [key, { ...entry, value: stripMarks(entry.value) }] as const);
  return mapNode(kept, node.place);
}
