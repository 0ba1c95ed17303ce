import type { Findings } from './findings.js';
import {
  entriesOf,
  isNull,
  itemPath,
  itemsOf,
  keyPath,
  kindOf,
  type Entry,
  type Node,
} from './node.js';
import type { Shape, Support } from './shape.js';

/** Keys that a short form expands to stand where it does, in nobody's file. */
function isWritten({ keyPlace, value }: Entry): boolean {
  const { file, line, column } = value.place;
  const isSame = file === keyPlace.file && line === keyPlace.line && column === keyPlace.column;
  return !isSame || isNull(value);
}

function reportSupport(support: Support, path: string, entry: Entry, findings: Findings): void {
  const key = { path, place: entry.keyPlace };
  const isHonoured = support.class === 'honoured';
  const refusal = isHonoured ? support.except?.(entry.value) : undefined;
  if (refusal !== undefined) {
    const { why, wayOut, at = entry.value } = refusal;
    findings.refused({ path, place: at.place, why, wayOut });
    return;
  }
  if (isHonoured || support.unless?.(entry.value) === true) {
    // The note of a key with exceptions names what it may be: this value is among it.
    const note = isHonoured && support.except === undefined ? support.note : undefined;
    if (isWritten(entry)) findings.honoured(note === undefined ? key : { ...key, why: note });
    return;
  }
  const { why, wayOut } = support;
  const verdict = { ...key, why, ...(wayOut === undefined ? {} : { wayOut }) };
  if (support.class === 'ignored') findings.ignored(verdict);
  else findings.refused(verdict);
}

/**
 * What nap cannot honour in the merged tree, by name and place, and keys left without a value. After merging, because an
 * override file may reset what nap refuses, and only for services that will run.
 */
export function checkSupport(shape: Shape, node: Node, path: string, findings: Findings): void {
  if (isNull(node)) {
    if (shape.nullable === true) return;
    const what = shape.table === undefined ? shape.kind : 'mapping';
    const hint = `write a value (${what}), or remove the key`;
    findings.error(node.place, path, `is ${kindOf(node)}`, hint);
    return;
  }
  for (const [index, item] of itemsOf(node).entries()) {
    if (shape.each !== undefined) checkSupport(shape.each, item, itemPath(path, index), findings);
  }
  for (const [key, entry] of entriesOf(node)) {
    const at = keyPath(path, key);
    const attribute =
      shape.table !== undefined && Object.hasOwn(shape.table, key) ? shape.table[key] : undefined;
    if (attribute !== undefined) {
      const { shape: inner, support } = attribute;
      reportSupport(support, at, entry, findings);
      checkSupport(inner, entry.value, at, findings);
    } else if (shape.each !== undefined) {
      checkSupport(shape.each, entry.value, at, findings);
    }
  }
}
