import { hash } from 'node:crypto';
import { specHash, type SpecHash } from './ids.js';

/**
 * JSON with sorted keys and without absent fields, so that equal documents are equal texts whatever order they were
 * built in, and a field that a newer nap adds changes nothing while it is not used.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value);
}

function hashText(canonical: string): SpecHash {
  return specHash(`v1:${hash('sha256', canonical)}`);
}

/** The identity of what to run; `v1` names the canonical form, so that a later form can be told apart. */
export function hashSpec(spec: object): SpecHash {
  return hashText(canonicalJson(spec));
}

/**
 * Hashes specs that share parts, such as those of the replicas of a service: a part that is the same object in several specs
 * is written out once. The hashes are those of `hashSpec`, as long as nobody changes a spec meanwhile.
 */
export class SpecHasher {
  readonly #texts = new WeakMap<object, string>();

  hash(spec: object): SpecHash {
    const fields = Object.entries(spec)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${this.#text(field)}`);
    return hashText(`{${fields.join(',')}}`);
  }

  #text(field: unknown): string {
    if (field === null || typeof field !== 'object') return JSON.stringify(field);
    const known = this.#texts.get(field);
    if (known !== undefined) return known;
    const text = canonicalJson(field);
    this.#texts.set(field, text);
    return text;
  }
}
