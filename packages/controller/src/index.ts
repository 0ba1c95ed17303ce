/** The door of the package, for tests that run the command line in their own process. */
export type { CommandContext } from './commands/context.js';
export { runCli } from './cli.js';
