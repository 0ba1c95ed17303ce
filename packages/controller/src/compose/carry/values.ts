import { durationMs } from '../canonicalise/durations.js';
import { child, entriesOf, textsOf, type Node } from '../node.js';

/** Canonical values as the spec has them. Undefined is what asks for nothing. */

/** Drops what is undefined: the spec hash counts the keys that are there. */
export function present<T extends object>(values: {
  readonly [K in keyof T]: T[K] | undefined;
}): T {
  // What is left has the types of T: undefined stands for optional ones only.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

export function asText(node: Node): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value !== ''
    ? node.value
    : undefined;
}

export function asBool(node: Node): boolean | undefined {
  return node.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : undefined;
}

/** False asks for what a container is anyway. */
export function asTrue(node: Node): true | undefined {
  return asBool(node) === true ? true : undefined;
}

/** A number, also as the digits of a canonical size. */
export function asNumber(node: Node): number | undefined {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return undefined;
  }
  return Number(node.value);
}

/** Zero means "not set", as in Compose. */
export function asNonZero(node: Node): number | undefined {
  return asNumber(node) === 0 ? undefined : asNumber(node);
}

export function asPositive(node: Node): number | undefined {
  const number = asNumber(node);
  return number !== undefined && number > 0 ? number : undefined;
}

export function asTexts(node: Node): string[] | undefined {
  return node.kind === 'list' ? [...textsOf(node)] : undefined;
}

export function asFilledTexts(node: Node): string[] | undefined {
  const texts = asTexts(node);
  return texts?.length === 0 ? undefined : texts;
}

/** Keys with null, such as variables that are not set, are left out. */
export function asPairs(node: Node | undefined): Record<string, string> {
  const pairs = entriesOf(node).flatMap(([key, { value }]) =>
    value.kind === 'scalar' && typeof value.value === 'string' ? [[key, value.value] as const] : [],
  );
  return Object.fromEntries(pairs);
}

export function asFilledPairs(node: Node | undefined): Record<string, string> | undefined {
  const pairs = asPairs(node);
  return Object.keys(pairs).length === 0 ? undefined : pairs;
}

export function asMilliseconds(node: Node): number | undefined {
  const text = asText(node);
  return text === undefined ? undefined : durationMs(text);
}

/** The value at a key, read in one of these ways. */
export function valueAt<T>(
  node: Node | undefined,
  key: string,
  read: (node: Node) => T | undefined,
): T | undefined {
  const value = child(node, key);
  return value === undefined ? undefined : read(value);
}
