import { replaced } from '../merge.js';
import { mustBe, rejected, type Shape } from '../shape.js';

const POWERS: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
const SIZE = /^(\d+(?:\.\d+)?|\.\d+) ?(?:(b)|([kmgtp])(?:i?b)?)?$/i;

/** Bytes of a size such as `64m` or `1.5 GiB`, in powers of 1024; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, , unit] = SIZE.exec(text) ?? [];
  if (number === undefined) return undefined;
  const bytes = Math.floor(Number(number) * 1024 ** (POWERS[(unit ?? 'b').toLowerCase()] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Canonical: a string of decimal digits. */
export const bytes: Shape = {
  kind: 'size',
  merge: replaced,
  read: (node, path, context) => {
    const { value } = node.kind === 'scalar' ? node : { value: null };
    if (typeof value !== 'string' && typeof value !== 'number') {
      return mustBe('a size such as "64m"', node, path, context);
    }
    const size = parseBytes(String(value));
    if (size !== undefined) return { ...node, kind: 'scalar', value: String(size) };
    return rejected(
      node,
      path,
      context,
      `"${value}" is not a size`,
      'a size is a number with a unit: b, k, m, g, t',
    );
  },
};

/** A size, or -1 for no limit. */
export const bytesOrUnlimited: Shape = {
  ...bytes,
  kind: 'size, or -1',
  read: (node, path, context) => {
    const isUnlimited = node.kind === 'scalar' && String(node.value) === '-1';
    return isUnlimited ? { ...node, value: '-1' } : bytes.read(node, path, context);
  },
};
