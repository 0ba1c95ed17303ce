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

function reportSupport(support: Support, path: string, entry: Entry, findings: Findings): void {
  const { keyPlace, value } = entry;
  if (support.class === 'honoured') {
    const refusal = support.except?.(value);
    if (refusal === undefined) return;
    findings.error((refusal.at ?? value).place, path, refusal.why, refusal.wayOut);
    return;
  }
  if (support.unless?.(value) === true) return;
  if (support.class === 'ignored') {
    findings.warning(keyPlace, path, `ignored: ${support.why}`, support.wayOut);
  } else {
    findings.error(keyPlace, path, support.why, support.wayOut);
  }
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
