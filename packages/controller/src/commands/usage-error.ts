import { NapError } from '@nap/shared/errors';
import { didYouMean } from '../did-you-mean.js';
import { camelCase } from './checked-args.js';

/** A command as the list has it: `ps [project]`, `host <command>` and its other names; a group that is meant has its commands. */
interface Named {
  readonly command: readonly string[];
  readonly commands?: readonly Named[];
}

const namesOf = ({ command }: Named): readonly string[] =>
  command.map((text) => text.replace(/ .*/, ''));

/** What is wrong with a command line, in words of the commands; `message` is that of yargs. */
export function usageError(
  message: string,
  argv: readonly string[],
  commands: readonly Named[],
): NapError {
  const [first = '', second = ''] = argv;
  const known = commands.find((command) => namesOf(command).includes(first));
  if (known === undefined) return unknownCommand(message, first, commands);
  const { commands: own } = known;
  if (own === undefined) return ofCommand(message, first, argv);
  if (second === '' || second.startsWith('-')) {
    return usage(`${first} what?`, first, 'lists its commands');
  }
  const names = own.flatMap(namesOf);
  if (names.includes(second)) return ofCommand(message, `${first} ${second}`, argv);
  const hint = nearText(second, names);
  return usage(`${first} has no command "${second}"${hint}`, first, 'lists its commands');
}

function ofCommand(message: string, command: string, argv: readonly string[]): NapError {
  if (message.startsWith('Not enough non-option')) {
    return usage(`${command}: something is missing`, command, 'shows what it takes');
  }
  const flag = flagMessage(message);
  if (flag !== undefined) return usage(`${command}${flag}`, command, 'shows what it takes');
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (unknown === undefined) return usage(message, command);
  return unknownWords(
    command,
    unknown.split(', ').map((word) => asGiven(word, argv)),
  );
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** What is wrong with a flag that the command has, to be said of the command; undefined: nothing that is known here. */
function flagMessage(message: string): string | undefined {
  const [, missing] = /^Missing required arguments?: (.*)$/.exec(message) ?? [];
  if (missing !== undefined) return `: ${missing.split(', ').map(dashed).join(', ')} is missing`;
  const [, bare] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  if (bare !== undefined) return ` ${dashed(bare)}: a value is expected`;
  const [, name = '', given, choices = ''] =
    /^ *Argument: (\S+), Given: (.*), Choices: (.*)$/m.exec(message) ?? [];
  if (given === undefined) return undefined;
  const known = choices.replaceAll('"', '').replace(/, ([^,]*)$/, ' or $1');
  // A flag without a value is true to yargs.
  const told = given.startsWith('"') ? ` ${given}` : '';
  return ` ${dashed(name)}${told}: ${known} is expected`;
}

/** What Compose has a flag for, and nap another way to write. */
const INSTEAD: Readonly<Record<string, string>> = {
  '--index': 'one of several is named by its number: web/2, or shop/web/2',
};

/** Flags, or other words, that a command does not take. */
export function unknownWords(command: string, words: readonly string[]): NapError {
  // yargs names a flag of two words twice, once without its dash.
  const named = [...new Set(words)];
  const message = `${command} does not know ${named.join(', ')}`;
  const hint = named.flatMap((word) => INSTEAD[word] ?? [])[0];
  if (hint !== undefined) return new NapError('USAGE', message, { hint });
  return usage(message, command, 'shows what it takes');
}

function unknownCommand(message: string, first: string, commands: readonly Named[]): NapError {
  if (first === '' || first.startsWith('-')) return usage(message, '', 'lists the commands');
  const hint = nearText(first, commands.flatMap(namesOf));
  return usage(`there is no command "${first}"${hint}`, '', 'lists those that there are');
}

function nearText(word: string, known: readonly string[]): string {
  const near = didYouMean(word, known);
  return near === undefined ? '' : `: ${near}`;
}

/** yargs drops the dashes. */
function asGiven(word: string, argv: readonly string[]): string {
  const isIt = (arg: string): boolean => {
    const name = arg.replace(/^--?/, '').replace(/=.*/, '');
    return name === word || camelCase(name) === word;
  };
  const given = argv.find((arg) => arg.startsWith('-') && isIt(arg)) ?? word;
  return given.replace(/=.*/, '');
}

function usage(message: string, path: string, what = 'shows its usage'): NapError {
  const command = path === '' ? '' : `${path} `;
  return new NapError('USAGE', message, { hint: `nap-controller ${command}--help ${what}` });
}
