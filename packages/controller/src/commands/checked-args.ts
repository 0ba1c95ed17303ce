import { NapError } from '@nap/shared/errors';
import type { Options } from 'yargs';

/** What the timers of Node can wait for, in seconds: 24 days. No count that a flag takes is near it. */
const NUMBER_MAX = 2_147_483;

type Args = Readonly<Record<string, unknown>>;

/** What a flag that is on or off can be told to be, in any case. */
const SWITCH: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  false: false,
  '0': false,
};

/** The variable of the environment that is a flag. */
export const variableOf = (name: string): string =>
  `NAP_${name.toUpperCase().replaceAll('-', '_')}`;

/** As yargs names what a flag says. */
export const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * What was given, where flags have one value each: of a flag that is given again the last one counts, as with Docker. Throws
 * USAGE for what is no number: yargs makes NaN of it, which would go through every comparison.
 */
export function checkedArgs<A extends Args>(flags: Readonly<Record<string, Options>>, args: A): A {
  const single: Record<string, unknown> = {};
  for (const [name, { type, array, coerce }] of Object.entries(flags)) {
    const given = args[name];
    const isMany = array === true || coerce !== undefined;
    const value: unknown = Array.isArray(given) && !isMany ? given.at(-1) : given;
    if (value !== given) Object.assign(single, { [name]: value, [camelCase(name)]: value });
    if (type === 'number' && value !== undefined) checkNumber(name, value);
  }
  return { ...args, ...single };
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= NUMBER_MAX) return;
  const told = typeof value === 'number' && !Number.isNaN(value) ? ` ${value}` : '';
  throw new NapError('USAGE', `--${name}${told}: a number from 0 to ${NUMBER_MAX} is expected`, {
    hint: `it is from the command line, or from ${variableOf(name)}`,
  });
}

/** Throws USAGE for any other word: taken for "off", it would carry out what `--plan=yes` only asks about. */
export function switchOf(flag: string, word: string): boolean {
  const value = SWITCH[word.toLowerCase()];
  if (value !== undefined) return value;
  throw new NapError('USAGE', `${flag}=${word}: true or false is expected`);
}

/** The command line with `true` and `false` where a flag is told to be on or off: of all else yargs makes "off". */
export function withSwitches(
  argv: readonly string[],
  flags: Readonly<Record<string, Options>>,
): readonly string[] {
  const switches = new Set(
    Object.entries(flags).flatMap(([name, { type, alias = [] }]) =>
      type === 'boolean' ? [name, ...[alias].flat()] : [],
    ),
  );
  const end = argv.indexOf('--');
  return argv.map((it, at) => {
    const [, flag = '', dashes = '', name = '', word = ''] =
      /^((--?)([^=]+))=(.*)$/s.exec(it) ?? [];
    const isOurs = end === -1 || at < end;
    if (!isOurs || dashes === '' || !switches.has(name.replace(/^no-/, ''))) return it;
    return `${flag}=${switchOf(flag, word)}`;
  });
}
