import { NapError } from '../errors/nap-error.js';

/** What is looked at here of a flag in yargs' own form: this needs no yargs. */
export interface FlagOptions {
  readonly type?: string | undefined;
  readonly alias?: string | readonly string[] | undefined;
  readonly array?: boolean | undefined;
  readonly coerce?: unknown;
  readonly choices?: unknown;
}

type FlagSet = Readonly<Record<string, FlagOptions>>;

/** What the timers of Node can wait for, in seconds: 24 days. No count that a flag takes is near it. */
const NUMBER_MAX = 2_147_483;

type Args = Readonly<Record<string, unknown>>;

/** What a variable tells a flag that is on or off, in any case. */
const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

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
export function checkedArgs<A extends Args>(flags: FlagSet, args: A): A {
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

/** Of a variable. Throws USAGE for any other word: taken for "off", it would carry out what `--plan=yes` only asks about. */
export function switchOf(variable: string, word: string): boolean {
  const value = SWITCH.get(word.toLowerCase());
  if (value !== undefined) return value;
  throw noSwitch(variable, word);
}

/**
 * Throws USAGE where a flag that is on or off is told anything but `true` or `false`, which yargs takes for "off", and where one
 * that is a number is told nothing, which it takes for 0. By the words of the command line, which are gone once they are parsed;
 * what follows `--` is for a container.
 */
export function checkWords(flags: FlagSet, words: readonly string[]): void {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  checkSwitches(namesOf(flags, 'boolean'), own);
  checkNumbers(namesOf(flags, 'number'), own);
}

function checkSwitches(switches: ReadonlySet<string>, words: readonly string[]): void {
  for (const it of words) {
    const [, flag = '', name = '', word = ''] = /^(--?(?:no-)?([^=]+))=(.*)$/s.exec(it) ?? [];
    if (switches.has(name) && word !== 'true' && word !== 'false') throw noSwitch(flag, word);
  }
}

function checkNumbers(numbers: ReadonlySet<string>, words: readonly string[]): void {
  for (const [at, it] of words.entries()) {
    const [, name = '', word = words[at + 1]] = /^--?([^=]+)(?:=(.*))?$/s.exec(it) ?? [];
    if (!numbers.has(name) || word?.trim() !== '') continue;
    throw new NapError('USAGE', `${dashed(name)}: a number is expected`);
  }
}

/** All that a flag of the type may be called. */
const namesOf = (flags: FlagSet, of: string): ReadonlySet<string> =>
  new Set(
    Object.entries(flags).flatMap(([name, { type, alias = [] }]) =>
      type === of ? [name, camelCase(name), ...[alias].flat()] : [],
    ),
  );

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

const noSwitch = (flag: string, word: string): NapError =>
  new NapError('USAGE', `${flag}=${word}: true or false is expected`);
