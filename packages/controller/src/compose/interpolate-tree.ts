import type { Findings } from './findings.js';
import { interpolate, TEXTS_CHARS_MAX, type Lookup } from './interpolate.js';
import { brokenNode, itemPath, keyPath, type Entry, type Node, type ScalarNode } from './node.js';

/** Interpolates every string value of a tree, never a key. One for each file set: a variable is warned about once. */
export class TreeInterpolation {
  readonly #warned = new Set<string>();
  readonly #lookup: Lookup;
  readonly #findings: Findings;
  #chars = 0;

  constructor(lookup: Lookup, findings: Findings) {
    this.#lookup = lookup;
    this.#findings = findings;
  }

  apply(node: Node, path: string): Node {
    if (node.kind === 'scalar') return this.#scalar(node, path);
    if (node.kind === 'list') {
      return { ...node, items: node.items.map((item, at) => this.apply(item, itemPath(path, at))) };
    }
    if (node.kind === 'broken') return node;
    const entries = new Map<string, Entry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { ...entry, value: this.apply(entry.value, keyPath(path, key)) });
    }
    return { ...node, entries };
  }

  #scalar(node: ScalarNode, path: string): Node {
    if (typeof node.value !== 'string') return node;
    if (this.#chars > TEXTS_CHARS_MAX) return brokenNode(node.place);
    const result = interpolate(node.value, this.#lookup);
    if (result.kind === 'error') {
      this.#findings.error(node.place, path, result.message, result.hint);
      return brokenNode(node.place);
    }
    for (const name of result.unset) {
      if (this.#warned.has(name)) continue;
      this.#warned.add(name);
      this.#findings.warning(
        node.place,
        path,
        `the variable ${name} is not set: a blank string takes its place`,
        `set ${name}, or write a default: \${${name}:-…}`,
      );
    }
    if (result.text === node.value) return node;
    this.#chars += result.text.length;
    if (this.#chars <= TEXTS_CHARS_MAX) return { ...node, value: result.text };
    const message = `the values grow too long: more than ${TEXTS_CHARS_MAX} characters together`;
    this.#findings.error(node.place, path, message);
    return brokenNode(node.place);
  }
}
