/** How long each loop of the agent waits between two passes, in ms: nudges of one moment cost one pass. The hosts files are the quick ones: clients wait for them. */
export const SPACING_MS = {
  instances: 10,
  hosts: 5,
  names: 5,
  reports: 50,
  check: 1_000,
  cache: 1_000,
} as const;
/**
 * While many start, each start changes the files of all others. After a pass the agent rests for a multiple of what it took,
 * so that hosts files take no more than a twentieth of a processor from the engine, and those of several starts are written
 * at once; a name that comes alone is written at once.
 */
export const HOSTS_REST = { times: 20, maxMs: 500 } as const;
