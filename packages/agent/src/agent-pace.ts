import type { Rest } from '@nap/shared/runtime';

interface Pace {
  /** Between two passes at least, in ms: nudges of one moment cost one pass. */
  readonly minSpacingMs: number;
  /** After a pass; what comes alone is done at once. */
  readonly rest?: Rest;
}

/**
 * How often each loop of the agent makes a pass. While many start, each start is a change, and the processors are the
 * engine's. The hosts files are the quick ones, since clients wait for them; but each start changes the files of all others,
 * so that they take no more than a twentieth of a processor.
 */
export const PACE = {
  instances: { minSpacingMs: 10, rest: { times: 10, maxMs: 150 } },
  hosts: { minSpacingMs: 5, rest: { times: 20, maxMs: 500 } },
  names: { minSpacingMs: 5, rest: { times: 5, maxMs: 50 } },
  reports: { minSpacingMs: 50, rest: { times: 10, maxMs: 200 } },
  check: { minSpacingMs: 1_000 },
  cache: { minSpacingMs: 1_000 },
  host: { minSpacingMs: 5 },
} as const satisfies Readonly<Record<string, Pace>>;
