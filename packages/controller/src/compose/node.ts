import type { Place } from '@nap/shared';

/**
 * A Compose file as a tree in which every value remembers where it was written. All passes of the loader take and return
 * such trees and never change one: aliases share their nodes.
 */
export type Scalar = string | number | bigint | boolean | null;

/** `!reset` removes the key from what is merged so far, `!override` replaces without merging. */
export type Mark = 'reset' | 'override';

interface Located {
  readonly place: Place;
  readonly mark?: Mark;
}

export interface ScalarNode extends Located {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** What the file says, where a pass made something else of it, such as `./html` of an absolute path. */
  readonly written?: string;
}

export interface ListNode extends Located {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface MapNode extends Located {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A value with a problem that is already reported: later passes skip it instead of complaining again. */
export interface BrokenNode extends Located {
  readonly kind: 'broken';
}

export interface Entry {
  readonly keyPlace: Place;
  readonly value: Node;
}

export type Node = ScalarNode | ListNode | MapNode | BrokenNode;

export function scalarNode(value: Scalar, place: Place): ScalarNode {
  return { kind: 'scalar', value, place };
}

export function listNode(items: readonly Node[], place: Place): ListNode {
  return { kind: 'list', items, place };
}

export function brokenNode(place: Place): BrokenNode {
  return { kind: 'broken', place };
}

export function mapNode(entries: Iterable<readonly [string, Entry]>, place: Place): MapNode {
  return { kind: 'map', entries: new Map(entries), place };
}

/** A map whose keys all stand where the map does: for what a short form expands to. Undefined values are left out. */
export function recordNode(
  values: Readonly<Record<string, Node | undefined>>,
  place: Place,
): MapNode {
  const entries = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, { keyPlace: place, value }] as const],
  );
  return mapNode(entries, place);
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

export function entriesOf(node: Node | undefined): readonly (readonly [string, Entry])[] {
  return node?.kind === 'map' ? [...node.entries] : [];
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The string at a key of a canonical map; undefined when there is none. */
export function textAt(node: Node | undefined, key: string): string | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

export function numberAt(node: Node | undefined, key: string): number | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined;
}

export function boolAt(node: Node | undefined, key: string): boolean | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'boolean' ? value.value : undefined;
}

/** The strings of a canonical list. */
export function textsOf(node: Node | undefined): readonly string[] {
  return itemsOf(node).flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : [],
  );
}

/** The same map with some keys set, and those given as undefined removed. */
export function withEntries(
  node: MapNode,
  changes: Readonly<Record<string, Node | undefined>>,
): MapNode {
  const entries = new Map(node.entries);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, { keyPlace: entries.get(key)?.keyPlace ?? value.place, value });
  }
  return { ...node, entries };
}

/** What a node is, for "must be a string, not a list". */
export function kindOf(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'broken') return 'broken';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'string') return 'a string';
  return typeof node.value === 'boolean' ? 'a boolean' : 'a number';
}

export function keyPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}
