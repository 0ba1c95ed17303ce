const BEGINNING = 'the hosts file of ';

/** The one problem of a host that means that names on its disk are not as they should be. */
export const hostsFileProblem = (container: string, reason: string): string =>
  `${BEGINNING}${container} could not be written: ${reason}`;

/** Told by its words: agents publish their problems as sentences. */
export const isHostsFileProblem = (problem: string): boolean => problem.startsWith(BEGINNING);
