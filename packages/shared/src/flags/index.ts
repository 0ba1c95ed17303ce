/** What flags and variables say, as both programs take it. */
export * from './checked-args.js';
