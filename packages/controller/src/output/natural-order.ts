let collator: Intl.Collator | undefined;

/** The order of names for people: `web-2` before `web-10`. A collator is slow to make, and is made once. */
export function naturalOrder(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b);
}
