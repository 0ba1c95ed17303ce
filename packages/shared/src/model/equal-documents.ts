const NONE: ReadonlySet<string> = new Set();

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether two documents say the same, as their canonical JSON would tell: an absent field and an undefined one are the same,
 * and the order of fields does not count. Fields of the documents themselves that are `ignored` may differ.
 */
export function equalDocuments(
  a: unknown,
  b: unknown,
  ignored: ReadonlySet<string> = NONE,
): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  return !Array.isArray(b) && equalFields(a as Fields, b as Fields, ignored);
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) {
    if (!equalDocuments(a[at], b[at])) return false;
  }
  return true;
}

function equalFields(a: Fields, b: Fields, ignored: ReadonlySet<string>): boolean {
  let count = 0;
  for (const key in a) {
    const value = a[key];
    if (value === undefined || ignored.has(key)) continue;
    // What an object inherits is a function, and equal to no document.
    if (!equalDocuments(value, b[key])) return false;
    count += 1;
  }
  for (const key in b) if (b[key] !== undefined && !ignored.has(key)) count -= 1;
  return count === 0;
}
