import type { Options } from 'yargs';
import type { Flags } from './declare-command.js';

/**
 * `-nfoo` as `-n=foo`, as Docker understands it: the parser takes every letter for a flag unless a number follows. What comes
 * after `--` is left as it is.
 */
export function withGluedValues(argv: readonly string[], flags: Flags): readonly string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, at) => (at < end ? (unglued(word, flags) ?? word) : word));
}

function unglued(word: string, flags: Flags): string | undefined {
  if (!/^-[a-zA-Z]{2}/.test(word)) return undefined;
  const letters = Array.from(word.slice(1));
  const at = letters.findIndex((letter) => optionOf(letter, flags)?.type !== 'boolean');
  const isValued = optionOf(letters[at] ?? '', flags) !== undefined;
  const value = letters.slice(at + 1).join('');
  if (!isValued || value === '' || value.startsWith('=')) return undefined;
  return `-${letters.slice(0, at + 1).join('')}=${value}`;
}

const optionOf = (letter: string, flags: Flags): Options | undefined =>
  Object.values(flags).find(({ alias }) => [alias ?? []].flat().includes(letter));
