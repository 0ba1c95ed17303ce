/** The order of names for people: `web-2` before `web-10`. Not that of `Intl`, whose tables take some ms to load. */
export function naturalOrder(a: string, b: string): number {
  const others = partsOf(b);
  for (const [at, part] of partsOf(a).entries()) {
    const other = others[at] ?? '';
    if (part !== other) return Number(part) - Number(other) || (part < other ? -1 : 1);
  }
  return a.length - b.length;
}

const partsOf = (name: string): readonly string[] => name.match(/\d+|\D/g) ?? [];
