export interface ExecArgs {
  /** What nap-lab itself is to parse. */
  readonly own: readonly string[];
  /** The command of `exec WHERE [--] COMMAND…`; empty when there is none. */
  readonly command: readonly string[];
}

/**
 * Takes the command out of the arguments before they are parsed: its words are not ours, and a parser would read 1e3 as
 * a number. Everything after WHERE belongs to it; the `--` may be missing, as npx swallows it.
 */
export function splitExecArgs(args: readonly string[]): ExecArgs {
  const [verb, where, ...rest] = args;
  if (verb !== 'exec' || where === undefined || where.startsWith('-')) {
    return { own: args, command: [] };
  }
  return { own: [verb, where], command: rest[0] === '--' ? rest.slice(1) : rest };
}
