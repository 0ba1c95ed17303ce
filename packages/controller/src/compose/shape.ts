import { didYouMean } from '../did-you-mean.js';
import type { Carry } from './carry/carry.js';
import type { Findings } from './findings.js';
import type { Lookup } from './interpolate.js';
import { byKey, generic, replaced, uniqueItems, type Merge } from './merge.js';
import {
  brokenNode,
  isNull,
  itemPath,
  keyPath,
  kindOf,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';

export interface ReadContext {
  readonly findings: Findings;
  /** Absolute; relative paths resolve against it. */
  readonly baseDirectory: string;
  readonly lookup: Lookup;
  /** Variables are left as they are written: a value with one can be anything. */
  readonly keepsVariables?: boolean;
}

export type Read = (node: Node, path: string, context: ReadContext) => Node;

/** The form of one value: how it is checked and brought into canonical form, and how it merges. */
export interface Shape {
  /** For docs/compose-support.md: `string`, `list of ports`. */
  readonly kind: string;
  readonly read: Read;
  readonly merge: Merge;
  /** A key without a value is fine at the end of merging. */
  readonly nullable?: boolean;
  /** Of a mapping with known keys. */
  readonly table?: Table;
  /** Of a list or a mapping with free keys: the shape of each value. */
  readonly each?: Shape;
}

/** Why a value is refused, and what to do instead. */
export interface Refusal {
  readonly why: string;
  readonly wayOut: string;
  /** The part of the value that is meant; absent: all of it. */
  readonly at?: Node;
}

/**
 * How nap treats a key. `unless` names the values that ask for nothing, such as `privileged: false`: they are fine whatever
 * the class. `except` finds the values that a key which is honoured cannot have.
 */
export type Support =
  | {
      readonly class: 'honoured';
      readonly note?: string;
      readonly except?: (node: Node) => Refusal | undefined;
    }
  | {
      readonly class: 'ignored' | 'refused';
      readonly why: string;
      readonly wayOut?: string;
      readonly unless?: (node: Node) => boolean;
    };

export interface Attribute {
  readonly shape: Shape;
  readonly support: Support;
  /** The fields of the project that it ends in; none for what only the loader needs. */
  readonly carries?: readonly Carry[];
}

export type Table = Readonly<Record<string, Attribute>>;

/** A row of a table. */
export function row(shape: Shape, support: Support, ...carries: readonly Carry[]): Attribute {
  return { shape, support, carries };
}

/** Reads one value. Empty ones, resets and what is broken already pass as they are; a mark stays on. */
export function readValue(shape: Shape, node: Node, path: string, context: ReadContext): Node {
  if (node.kind === 'broken' || node.mark === 'reset' || isNull(node)) return node;
  if (context.keepsVariables === true && hasVariable(node)) return node;
  const read = shape.read(node, path, context);
  return node.mark === undefined ? read : { ...read, mark: node.mark };
}

/** A list with one stays as a whole, short forms and all: what its items are is not known yet. */
function hasVariable(node: Node): boolean {
  if (node.kind === 'list') return node.items.some(hasVariable);
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes('$');
}

/** Reports that a value is not what it must be. */
export function rejected(
  node: Node,
  path: string,
  context: ReadContext,
  message: string,
  hint?: string,
): Node {
  context.findings.error(node.place, path, message, hint);
  return brokenNode(node.place);
}

export function mustBe(what: string, node: Node, path: string, context: ReadContext): Node {
  // "must be a number from 0, and is a number" would help nobody.
  const isNumber = node.kind === 'scalar' && typeof node.value === 'number';
  const is = isNumber && /integer|number/.test(what) ? String(node.value) : kindOf(node);
  return rejected(node, path, context, `must be ${what}, and is ${is}`, wayOutOf(what, node));
}

/** For the slips that YAML makes easy. */
function wayOutOf(what: string, node: Node): string | undefined {
  if (what === 'a string' && node.kind === 'scalar') {
    return `write it in quotes: "${String(node.value)}"`;
  }
  if (what === 'a string' && node.kind === 'map') {
    const [key = 'KEY'] = node.entries.keys();
    return `"${key}:" with a space after it makes a mapping: quote the whole, or write "${key}=…" where that is meant`;
  }
  if (what !== 'a mapping' || node.kind !== 'scalar' || typeof node.value !== 'string')
    return undefined;
  const [, key] = /^([\w-]+)\s/.exec(node.value) ?? [];
  return key === undefined ? undefined : `a key ends with a colon: "${key}: …"`;
}

function own(table: Table, key: string): Attribute | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A mapping with known keys; `x-…` are free everywhere. `short` turns other kinds of node into the mapping. */
export function record(
  kind: string,
  table: Table,
  short: Read = (node, path, context) => mustBe('a mapping', node, path, context),
  unknownHint = 'remove it, or prefix it with "x-"',
): Shape {
  return {
    kind,
    table,
    merge: byKey((key) => own(table, key)?.shape.merge ?? generic),
    read: (node, path, context) => {
      if (node.kind !== 'map') return short(node, path, context);
      return readRecord(node, path, context, { table, unknownHint });
    },
  };
}

function readRecord(
  node: MapNode,
  path: string,
  context: ReadContext,
  { table, unknownHint }: { readonly table: Table; readonly unknownHint: string },
): MapNode {
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const at = keyPath(path, key);
    const attribute = own(table, key);
    if (attribute !== undefined) {
      const value = readValue(attribute.shape, entry.value, at, context);
      entries.set(key, { ...entry, value });
    } else if (key.startsWith('x-')) {
      entries.set(key, entry);
    } else {
      if (context.findings.isFull) continue;
      const hint = didYouMean(key, Object.keys(table)) ?? unknownHint;
      context.findings.error(entry.keyPlace, at, 'unknown key', hint);
    }
  }
  return { ...node, entries };
}

export type NameRule = (name: string) => string | undefined;

/** A mapping from free names to values of one shape. `checkName` returns what is wrong with a name. */
export function mapOf(kind: string, each: Shape, checkName: NameRule = () => undefined): Shape {
  return {
    kind,
    each,
    merge: byKey(() => each.merge),
    read: (node, path, context) => {
      if (node.kind !== 'map') return mustBe('a mapping', node, path, context);
      const entries = new Map<string, Entry>();
      for (const [key, entry] of node.entries) {
        const at = keyPath(path, key);
        const wrong = checkName(key);
        if (wrong !== undefined) context.findings.error(entry.keyPlace, at, wrong);
        entries.set(key, { ...entry, value: readValue(each, entry.value, at, context) });
      }
      return { ...node, entries };
    },
  };
}

/** A list of values of one shape. */
export function listOf(kind: string, each: Shape, merge: Merge): Shape {
  return {
    kind,
    each,
    merge,
    read: (node, path, context) => {
      if (node.kind !== 'list') return mustBe('a list', node, path, context);
      const read = { ...node, items: readItems(node.items, each, path, context) };
      return merge.identity === undefined ? read : uniqueItems(read, merge.identity);
    },
  };
}

/** As `listOf`; a single value stands for a list of one. */
export function oneOrMore(kind: string, each: Shape, merge: Merge): Shape {
  const list = listOf(kind, each, merge);
  return {
    ...list,
    read: (node, path, context) => {
      if (node.kind === 'list') return list.read(node, path, context);
      const item = readValue(each, { ...node }, path, context);
      return item.kind === 'broken' ? item : { kind: 'list', items: [item], place: node.place };
    },
  };
}

function readItems(
  items: readonly Node[],
  each: Shape,
  path: string,
  context: ReadContext,
): readonly Node[] {
  return items.map((item, index) => {
    const at = itemPath(path, index);
    if (isNull(item) && item.mark === undefined) return rejected(item, at, context, 'is empty');
    return readValue(each, item, at, context);
  });
}

/** A value that nap only passes on. */
export const anything: Shape = { kind: 'any', merge: generic, read: (node) => node };

/** A shape of scalars from what is accepted: `read` returns undefined when the value does not fit. */
export function scalarShape(
  kind: string,
  what: string,
  read: (value: string | number | bigint | boolean) => string | number | boolean | undefined,
): Shape {
  return {
    kind,
    merge: replaced,
    read: (node, path, context) => {
      if (node.kind !== 'scalar' || node.value === null) return mustBe(what, node, path, context);
      const value = read(node.value);
      return value === undefined ? mustBe(what, node, path, context) : { ...node, value };
    },
  };
}
