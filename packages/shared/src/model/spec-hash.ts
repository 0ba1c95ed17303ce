import { createHash } from 'node:crypto';
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

/** The identity of what to run; `v1` names the canonical form, so that a later form can be told apart. */
export function hashSpec(spec: object): SpecHash {
  return specHash(`v1:${createHash('sha256').update(canonicalJson(spec)).digest('hex')}`);
}
