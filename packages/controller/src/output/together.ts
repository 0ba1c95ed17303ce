/** Of one thing that is said of many: `shop.web.1` alone, `shop.web.1 and 29 more` of thirty. */
export const namesTogether = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${others.length} more`;

/** What is said, with all of whom it is said, in the order in which each was said first. */
export function bySentence<T>(
  all: readonly T[],
  sentence: (each: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const said = sentence(each);
    const group = groups.get(said);
    if (group === undefined) groups.set(said, [each]);
    else group.push(each);
  }
  return groups;
}
