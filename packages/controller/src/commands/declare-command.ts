import type { ArgumentsCamelCase, Argv, InferredOptionTypes, Options } from 'yargs';
import { contextFlags, globalFlags } from './global-flags.js';
import { camelCase, checkedArgs, checkWords, switchOf, variableOf } from './checked-args.js';

export type Flags = Readonly<Record<string, Options>>;
export type ArgsOf<F extends Flags> = ArgumentsCamelCase<InferredOptionTypes<F>>;

/** What a command is, without what it does: what help, completion and docs/cli.md are made of. */
export interface CommandDescription {
  /** As yargs writes it, aliases after the first: `apply [files..]`. */
  readonly command: readonly string[];
  readonly describe: string;
  /** Longer text for docs/cli.md: paragraphs of Markdown. */
  readonly details?: string;
  readonly flags: Flags;
  /** Which of the flags are given by position. */
  readonly positionals?: readonly string[];
  readonly examples?: readonly (readonly [command: string, what: string])[];
  /** Those of a group, such as `host`. */
  readonly commands?: readonly CommandDescription[];
}

/** A command as data: what it is called, what it takes, and the function that does it. */
export interface CommandSpec<F extends Flags> extends CommandDescription {
  readonly flags: F;
  readonly positionals?: readonly (keyof F & string)[];
  /** Resolves with the exit code. */
  readonly run: (args: ArgsOf<F> & GlobalArgs) => Promise<number>;
}

type GlobalArgs = ArgsOf<typeof globalFlags>;

export interface CommandRun {
  /** The command line, as it was before it was parsed. */
  readonly words: readonly string[];
  /** `NAP_TIMEOUT` is `--timeout`, and so on; what is no flag of the command is somebody else's and is left alone. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the context in use, and the environment, say of etcd, given what the command line says; by the name of the flag. */
  readonly connect: (
    given: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** Is told what the command is about to do its work with. */
  readonly begin?: (args: Readonly<Record<string, unknown>>) => void;
  /** Takes the exit code. */
  readonly done: (exit: number) => void;
}

/** Adds a command to yargs. */
export interface RegisterCommand {
  (yargs: Argv, run: CommandRun): Argv;
  readonly description: CommandDescription;
  /** What it does, with arguments that are settled: for aliases. A group does nothing itself. */
  readonly carryOut?: (args: object) => Promise<number>;
}

export function declareCommand<F extends Flags>(spec: CommandSpec<F>): RegisterCommand {
  const register = (yargs: Argv, run: CommandRun): Argv =>
    yargs.command(
      [...spec.command],
      spec.describe,
      (command) => build(command, spec, run.env),
      async (args) => {
        const flags = { ...spec.flags, ...globalFlags };
        checkWords(flags, run.words);
        // yargs parsed exactly the flags declared above; its types cannot say so for a generic record.
        const given = checkedArgs(flags, args as ArgsOf<F> & GlobalArgs);
        run.begin?.(given);
        run.done(await spec.run(await settled(spec.flags, given, run)));
      },
    );
  // An alias takes the flags of its command, but for those that it has another way to say.
  const carryOut = (args: object): Promise<number> => spec.run(args as ArgsOf<F> & GlobalArgs);
  return Object.assign(register, { description: spec, carryOut });
}

export interface GroupSpec {
  readonly command: readonly string[];
  readonly describe: string;
  readonly details?: string;
  readonly commands: readonly RegisterCommand[];
}

/** A command that only has commands: `host ls`, `host drain`. */
export function declareGroup({ commands, ...group }: GroupSpec): RegisterCommand {
  const [first = '', ...aliases] = group.command;
  const command = [`${first} <command>`, ...aliases];
  const register = (yargs: Argv, run: CommandRun): Argv =>
    yargs.command(command, group.describe, (inner) => {
      for (const add of commands) add(inner, run);
      return inner.demandCommand(1, 'which command?');
    });
  const descriptions = commands.map(({ description }) => description);
  const description = { ...group, command, flags: {}, commands: descriptions };
  return Object.assign(register, { description });
}

function build(yargs: Argv, spec: CommandDescription, env: CommandRun['env']): Argv {
  const positionals: readonly string[] = spec.positionals ?? [];
  for (const [name, options] of Object.entries({ ...spec.flags, ...globalFlags })) {
    if (positionals.includes(name)) yargs.positional(name, options as object);
    else yargs.option(name, { ...settings(spec.flags, name, options, env), ...valueOf(options) });
  }
  for (const [command, what] of spec.examples ?? []) yargs.example(command, what);
  return yargs;
}

const settings = (flags: Flags, name: string, options: Options, env: CommandRun['env']): Options =>
  isOfContext(flags, name)
    ? withoutDefault(options)
    : { ...options, ...fromEnvironment(name, options, env) };

/** A flag that is no switch has a value: without this yargs takes its absence for an empty text, or for no flag. */
const valueOf = ({ type }: Options): Options => (type === 'boolean' ? {} : { requiresArg: true });

/** Not by `yargs.env`: in strict mode it refuses every `NAP_` variable that a command has no flag for. */
function fromEnvironment(
  name: string,
  { type, choices, alias = [] }: Options,
  env: CommandRun['env'],
): { readonly default?: string | number | boolean } {
  const variables = [name, ...[alias].flat().filter(({ length }) => length > 1)].map(variableOf);
  const variable = variables.find((it) => (env[it] ?? '') !== '');
  const value = variable === undefined ? undefined : env[variable];
  if (variable === undefined || value === undefined) return {};
  // One variable for all commands: a format that lists have, and this has not, was not meant for it.
  if (name === 'format' && choices !== undefined && !choices.includes(value)) return {};
  // Blanks alone are no 0.
  if (type === 'number') return { default: value.trim() === '' ? NaN : Number(value) };
  return { default: type === 'boolean' ? switchOf(variable, value) : value };
}

/** A flag that a context may say too: its value is settled after parsing, when it is known which context applies. */
const isOfContext = (flags: Flags, name: string): boolean =>
  'context' in flags && (name === 'context' || contextFlags.has(name));

function withoutDefault({ default: value, ...options }: Options): Options {
  return value === undefined ? options : { ...options, defaultDescription: String(value) };
}

/** The arguments with what the context in use, the environment and the defaults say of etcd. */
export async function settled<A extends object>(
  flags: Flags,
  args: A,
  run: CommandRun,
): Promise<A> {
  if (!('context' in flags)) return args;
  const given = args as Readonly<Record<string, unknown>>;
  const values = await run.connect(given);
  const more = Object.entries(flags).flatMap(([name, { coerce, default: fallback }]) => {
    if (!contextFlags.has(name) || given[name] !== undefined) return [];
    const value: unknown = values[name] ?? fallback;
    if (value === undefined) return [];
    const isText = typeof value === 'string' && coerce !== undefined;
    return [[camelCase(name), isText ? (coerce(value) as unknown) : value] as const];
  });
  const password = values['etcd-password'];
  return {
    ...args,
    ...Object.fromEntries(more),
    ...(password === undefined ? {} : { etcdPassword: password }),
  };
}
