/** What the scripts of `completion` ask with; those that are installed somewhere know it by this name. */
export const COMPLETES = '--get-yargs-completions';
