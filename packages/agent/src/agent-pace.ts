import type { Rest } from '@nap/shared/runtime';

export interface Pace {
  /** Between two passes at least, in ms: nudges of one moment cost one pass. */
  readonly minSpacingMs: number;
  /** After a pass; what comes alone is done at once. */
  readonly rest?: Rest;
  /** Instead of it while this host's own instances are being started or stopped; what is left of it ends with that. */
  readonly restAtWork?: Rest;
}

/**
 * How often each loop of the agent makes a pass. While many start, each start is a change, and the processors are the
 * engine's: what one pass tells etcd, every agent and the controller have to read. The hosts files are the quick ones, since
 * clients wait for them; but each start changes the files of all others, so that they take no more than a twentieth of a
 * processor, and less where the engine itself is at work, or waits: for a pull, or a program that takes its time to end. A
 * name rests a fifth of a second at most before it is told, and half a second before it stands in the files of another
 * host; one that comes alone does not rest.
 */
export const PACE = {
  instances: {
    minSpacingMs: 10,
    rest: { times: 10, maxMs: 150 },
    restAtWork: { times: 30, maxMs: 300 },
  },
  hosts: {
    minSpacingMs: 5,
    rest: { times: 20, maxMs: 500 },
    restAtWork: { times: 100, maxMs: 500 },
  },
  names: {
    minSpacingMs: 5,
    rest: { times: 5, maxMs: 50 },
    restAtWork: { times: 40, maxMs: 200 },
  },
  reports: {
    minSpacingMs: 50,
    rest: { times: 10, maxMs: 200 },
    restAtWork: { times: 40, maxMs: 400 },
  },
  // For a person who looks, and for a start without etcd: no program waits for them.
  check: { minSpacingMs: 1_000, restAtWork: { times: 1_000, maxMs: 3_000 } },
  cache: { minSpacingMs: 1_000, restAtWork: { times: 1_000, maxMs: 3_000 } },
  host: { minSpacingMs: 5 },
} as const satisfies Readonly<Record<string, Pace>>;
