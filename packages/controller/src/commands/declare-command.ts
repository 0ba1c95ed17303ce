import type { ArgumentsCamelCase, Argv, InferredOptionTypes, Options } from 'yargs';

export type Flags = Readonly<Record<string, Options>>;
export type ArgsOf<F extends Flags> = ArgumentsCamelCase<InferredOptionTypes<F>>;

/** A command as data: what it is called, what it takes, and the function that does it. */
export interface CommandSpec<F extends Flags> {
  /** As yargs writes it, aliases after the first: `apply [files..]`. */
  readonly command: readonly string[];
  readonly describe: string;
  readonly flags: F;
  /** Which of the flags are given by position. */
  readonly positionals?: readonly (keyof F & string)[];
  readonly examples?: readonly (readonly [command: string, what: string])[];
  /** Resolves with the exit code. */
  readonly run: (args: ArgsOf<F>) => Promise<number>;
}

export interface CommandRun {
  /** `NAP_TIMEOUT` is `--timeout`, and so on; what is no flag of the command is somebody else's and is left alone. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the exit code. */
  readonly done: (exit: number) => void;
}

/** Adds a command to yargs. */
export type RegisterCommand = (yargs: Argv, run: CommandRun) => Argv;

export function declareCommand<F extends Flags>(spec: CommandSpec<F>): RegisterCommand {
  const positionals: readonly string[] = spec.positionals ?? [];
  const build = (yargs: Argv, { env }: CommandRun): Argv => {
    for (const [name, options] of Object.entries(spec.flags)) {
      if (positionals.includes(name)) yargs.positional(name, options as object);
      else yargs.option(name, { ...options, ...fromEnvironment(name, options, env) });
    }
    for (const [command, what] of spec.examples ?? []) yargs.example(command, what);
    return yargs;
  };
  return (yargs, run) =>
    yargs.command(
      [...spec.command],
      spec.describe,
      (command) => build(command, run),
      async (args) => {
        // yargs parsed exactly the flags declared above; its types cannot say so for a generic record.
        run.done(await spec.run(args as ArgsOf<F>));
      },
    );
}

/** Not by `yargs.env`: in strict mode it refuses every `NAP_` variable that a command has no flag for. */
function fromEnvironment(
  name: string,
  { type }: Options,
  env: CommandRun['env'],
): { readonly default?: string | number | boolean } {
  const value = env[`NAP_${name.toUpperCase().replaceAll('-', '_')}`];
  if (value === undefined || value === '') return {};
  if (type === 'number') return { default: Number(value) };
  return { default: type === 'boolean' ? value === 'true' || value === '1' : value };
}
