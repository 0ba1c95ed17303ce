import { entriesOf, itemsOf, type Node } from './node.js';
import type { Refusal, Support } from './shape.js';

/** What nap does with a key: the words of the attribute table. */
export const honoured: Support = { class: 'honoured' };

export function honouredAs(note: string): Support {
  return { class: 'honoured', note };
}

/** Honoured but for some values; the note names them. */
export function honouredExcept(note: string, except: (node: Node) => Refusal | undefined): Support {
  return { class: 'honoured', note, except };
}

export function ignored(why: string, unless?: (node: Node) => boolean): Support {
  return { class: 'ignored', why, ...(unless === undefined ? {} : { unless }) };
}

export function refused(why: string, wayOut: string, unless?: (node: Node) => boolean): Support {
  return { class: 'refused', why, wayOut, ...(unless === undefined ? {} : { unless }) };
}

/** Refused until somebody does it. */
export function notYet(wayOut: string, unless?: (node: Node) => boolean): Support {
  return refused('not supported yet', wayOut, unless);
}

/** True for a scalar that is one of the values: those ask for nothing. */
export function isOneOf(...values: readonly (string | number | boolean)[]) {
  return (node: Node): boolean =>
    node.kind === 'scalar' && values.some((value) => node.value === value);
}

export const isFalse: (node: Node) => boolean = isOneOf(false);

/** True for an empty list or mapping. */
export function isEmpty(node: Node): boolean {
  return (
    (node.kind === 'list' && itemsOf(node).length === 0) ||
    (node.kind === 'map' && entriesOf(node).length === 0)
  );
}
