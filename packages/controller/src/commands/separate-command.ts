import type { Options } from 'yargs';
import type { Flags } from './declare-command.js';

export interface Separated {
  /** For the parser. */
  readonly argv: readonly string[];
  /** What is run in a container, word by word; flags in it are its own. */
  readonly command: readonly string[];
}

/**
 * `exec -it web ls -l` → `exec -it web`, and `ls -l`: everything after the first word that is no flag belongs to the
 * container, as with docker. The parser would take `-l` for a flag of nap.
 */
export function separateCommand(argv: readonly string[], flags: Flags): Separated {
  let at = 1;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    if (word === '--') return cut(argv, at, at + 1);
    if (!word.startsWith('-') || word === '-') return cut(argv, at + 1, at + 1);
    at += takesNext(word, flags) ? 2 : 1;
  }
  return { argv, command: [] };
}

/** A `--` between the two belongs to neither. */
function cut(argv: readonly string[], end: number, start: number): Separated {
  const command = argv.slice(argv[start] === '--' ? start + 1 : start);
  return { argv: argv.slice(0, end), command };
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
  if (Object.hasOwn(flags, name)) return flags[name];
  return Object.values(flags).find(({ alias }) => [alias ?? []].flat().includes(name));
}

/** What is not known is left to the parser, which complains. */
const isValued = (options: Options | undefined): boolean =>
  options !== undefined && options.type !== 'boolean';
