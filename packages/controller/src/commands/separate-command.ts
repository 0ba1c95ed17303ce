import type { Options } from 'yargs';
import { camelCase } from './checked-args.js';
import type { Flags } from './declare-command.js';
import { globalFlags } from './global-flags.js';

export interface Separated {
  /** For the parser. */
  readonly argv: readonly string[];
  /** What is run in a container, word by word; flags in it are its own. */
  readonly command: readonly string[];
  /** The first flag that is none of nap's: whether the word after it is its value, or the container's, cannot be known. */
  readonly unknown?: string;
}

/** What every command takes. */
const COMMON: Flags = {
  ...globalFlags,
  help: { type: 'boolean' },
  version: { type: 'boolean' },
};

/**
 * `exec -it web ls -l` → `exec -it web`, and `ls -l`: everything after the first word that is no flag belongs to the
 * container, as with docker. The parser would take `-l` for a flag of nap.
 */
export function separateCommand(argv: readonly string[], own: Flags): Separated {
  const flags = { ...own, ...COMMON };
  let at = 1;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    if (word === '--') return cut(argv, at, at + 1);
    if (!word.startsWith('-') || word === '-') return cut(argv, at + 1, at + 1);
    const unknown = unknownIn(word, flags);
    if (unknown !== undefined) return { argv, command: [], unknown };
    at += takesNext(word, flags) ? 2 : 1;
  }
  return { argv, command: [] };
}

/** A `--` between the two belongs to neither. */
function cut(argv: readonly string[], end: number, start: number): Separated {
  const command = argv.slice(argv[start] === '--' ? start + 1 : start);
  return { argv: argv.slice(0, end), command };
}

function unknownIn(word: string, flags: Flags): string | undefined {
  const [given = ''] = word.split('=');
  if (given.startsWith('--')) {
    const name = given.slice(2);
    const isKnown = [name, name.replace(/^no-/, '')].some((it) => find(it, flags) !== undefined);
    return isKnown ? undefined : given;
  }
  const letters = Array.from(given.slice(1));
  const valued = letters.findIndex((letter) => isValued(find(letter, flags)));
  // What comes after it is its value.
  const named = valued < 0 ? letters : letters.slice(0, valued);
  const unknown = named.find((letter) => find(letter, flags) === undefined);
  return unknown === undefined ? undefined : `-${unknown}`;
}

function takesNext(word: string, flags: Flags): boolean {
  if (word.includes('=')) return false;
  if (word.startsWith('--')) return isValued(find(word.slice(2), flags));
  // `-itu root`: only the last letter can have its value in the next word.
  const letters = Array.from(word.slice(1));
  const valued = letters.findIndex((letter) => isValued(find(letter, flags)));
  return valued >= 0 && valued === letters.length - 1;
}

function find(name: string, flags: Flags): Options | undefined {
  const [, found] =
    Object.entries(flags).find(
      ([flag, { alias }]) =>
        [flag, camelCase(flag)].includes(name) || [alias ?? []].flat().includes(name),
    ) ?? [];
  return found;
}

const isValued = (options: Options | undefined): boolean =>
  options !== undefined && options.type !== 'boolean';
