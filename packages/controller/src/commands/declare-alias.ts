import { InvariantError } from '@nap/shared';
import type { Options } from 'yargs';
import { declareCommand, type Flags, type RegisterCommand } from './declare-command.js';

export interface AliasSpec<F extends Flags> {
  /** The command that does it. */
  readonly of: RegisterCommand;
  /** What that one is called, where it belongs to a group: `service ls`. */
  readonly ofName?: string;
  readonly command: readonly string[];
  /** Flags of its own, beside those of the command. */
  readonly flags: F;
  /** Flags of the command that it says otherwise. */
  readonly without?: readonly string[];
  readonly positionals?: readonly string[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** The arguments of the command, of those of the alias. */
  readonly toArgs?: (args: Args) => Args;
}

type Args = Readonly<Record<string, unknown>>;
const same = (args: Args): Args => args;

/** Another name and another way to write a command, for people who come from elsewhere; it does nothing of its own. */
export function declareAlias<F extends Flags>(alias: AliasSpec<F>): RegisterCommand {
  const { of, without = [], toArgs = same } = alias;
  const { description, carryOut } = of;
  if (carryOut === undefined) throw new InvariantError('a group can have no alias');
  const { ofName: name = (description.command[0] ?? '').replace(/ .*/, '') } = alias;
  const inherited = Object.entries(description.flags).filter(([flag]) => !without.includes(flag));
  const flags: Record<string, Options> = { ...alias.flags, ...Object.fromEntries(inherited) };
  return declareCommand({
    command: alias.command,
    describe: `alias of ${name}: ${description.describe}`,
    flags,
    positionals:
      alias.positionals ?? (description.positionals ?? []).filter((it) => !without.includes(it)),
    examples: alias.examples,
    run: (args) => carryOut(toArgs(args)),
  });
}
