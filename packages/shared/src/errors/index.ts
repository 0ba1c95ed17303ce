/** Errors, problems and exit codes alone: what a command line needs before it knows what it is to do. */
export * from './codes.js';
export * from './invariant.js';
export * from './nap-error.js';
export * from './problems.js';
