/** How long each loop of the agent waits between two passes, in ms: nudges of one moment cost one pass. The hosts files are the quick ones: clients wait for them. */
export const SPACING_MS = {
  instances: 10,
  hosts: 5,
  names: 5,
  reports: 50,
  check: 1_000,
  cache: 1_000,
} as const;
/** While many start, each changes the files of all others: those of several starts are written at once. */
export const HOSTS_REST = { times: 8, maxMs: 50 } as const;
