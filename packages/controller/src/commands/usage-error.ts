import { NapError } from '@nap/shared/errors';
import { didYouMean } from '../did-you-mean.js';
import { camelCase } from './checked-args.js';

/** A command as the list has it: `ps [project]`, `host <command>` and its other names. */
interface Named {
  readonly command: readonly string[];
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
  const isGroup = known.command[0]?.endsWith('<command>') === true;
  return isGroup ? ofGroup(message, first, second, argv) : ofCommand(message, first, argv);
}

function ofGroup(
  message: string,
  group: string,
  command: string,
  argv: readonly string[],
): NapError {
  if (command === '' || command.startsWith('-')) {
    return usage(`${group} what?`, group, 'lists its commands');
  }
  const [, nearest] = /^Did you mean (.*)\?$/.exec(message) ?? [];
  const isUnknown = nearest !== undefined || message === `Unknown argument: ${command}`;
  if (!isUnknown) return ofCommand(message, `${group} ${command}`, argv);
  const near = nearest === undefined ? '' : `: did you mean "${nearest}"?`;
  return usage(`${group} has no command "${command}"${near}`, group, 'lists its commands');
}

function ofCommand(message: string, command: string, argv: readonly string[]): NapError {
  if (message.startsWith('Not enough non-option')) {
    return usage(`${command}: something is missing`, command, 'shows what it takes');
  }
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (unknown === undefined) return usage(message, command);
  const words = unknown.split(', ').map((word) => asGiven(word, argv));
  // yargs names a flag of two words twice, once without its dash.
  const named = [...new Set(words)].join(', ');
  return usage(`${command} does not know ${named}`, command, 'shows what it takes');
}

function unknownCommand(message: string, first: string, commands: readonly Named[]): NapError {
  if (first === '' || first.startsWith('-')) return usage(message, '', 'lists the commands');
  const near = didYouMean(first, commands.flatMap(namesOf));
  const hint = near === undefined ? '' : `: ${near}`;
  return usage(`there is no command "${first}"${hint}`, '', 'lists those that there are');
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
