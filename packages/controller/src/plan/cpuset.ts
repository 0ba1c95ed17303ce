/** A set of processors, such as `0-2,4`. */
export interface Cpuset {
  readonly text: string;
  /** How many it names. */
  readonly cpus: number;
}

/** Undefined where none is asked for. */
export function cpusetOf(text: string | undefined): Cpuset | undefined {
  if (text === undefined) return undefined;
  const ranges = text
    .split(',')
    .map((part) => {
      const [from = NaN, to = from] = part.split('-').map(Number);
      return { from, to };
    })
    .sort((a, b) => a.from - b.from);
  let cpus = 0;
  let next = 0;
  // By range, not by processor: whoever writes 0-999999999 is not waited for.
  for (const { from, to } of ranges) {
    cpus += Math.max(0, to + 1 - Math.max(from, next));
    next = Math.max(next, to + 1);
  }
  return { text, cpus };
}
