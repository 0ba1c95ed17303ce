/** Sorted copy; the caller's order may mean something. */
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Nearest-rank percentile, `p` in (0, 100]. */
export function percentile(values: readonly number[], p: number): number {
  const list = sorted(values);
  return list[Math.max(0, Math.ceil((p / 100) * list.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** `min / median / max`. */
export function spread(values: readonly number[], digits = 0): string {
  const list = sorted(values);
  return [list[0], median(list), list.at(-1)]
    .map((value) => (value ?? Number.NaN).toFixed(digits))
    .join(' / ');
}
