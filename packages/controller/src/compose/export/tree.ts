/** What is written as YAML: maps keep the order of their keys, also of those that look like numbers. */
export type Tree = string | number | boolean | null | readonly Tree[] | TreeMap;
export type TreeMap = ReadonlyMap<string, Tree>;

export type Fields = Readonly<Record<string, Tree | undefined>>;

/** Without what is undefined; undefined when nothing is left. */
export function mapOf(fields: Fields): TreeMap | undefined {
  const given = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return given.length === 0 ? undefined : new Map(given);
}

/** As `mapOf`, but empty rather than undefined: for items of a list. */
export const itemOf = (fields: Fields): TreeMap => mapOf(fields) ?? new Map<string, Tree>();

/** An empty list says nothing. */
export function listOf(items: readonly Tree[]): readonly Tree[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** One map of several, key by key; where two have a map at one key, these are joined too. */
export function joined(maps: readonly TreeMap[]): TreeMap {
  const all = new Map<string, Tree>();
  for (const [key, value] of maps.flatMap((map) => [...map])) {
    const before = all.get(key);
    all.set(key, before instanceof Map && value instanceof Map ? joined([before, value]) : value);
  }
  return all;
}
