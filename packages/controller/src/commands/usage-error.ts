import { NapError } from '@nap/shared/errors';
import { didYouMean } from '../did-you-mean.js';
import { camelCase } from './checked-args.js';

const NAME = 'nap-controller';

/** A command as the list has it: `ps [project]`, `host <command>` and its other names; a group that is meant has its commands. */
interface Named {
  readonly command: readonly string[];
  readonly commands?: readonly Named[];
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly examples?: readonly (readonly [command: string, what: string])[];
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
  if (own === undefined) return ofCommand(message, first, argv, known);
  if (second === '' || second.startsWith('-')) {
    return usage(`${first} what?`, first, 'lists its commands');
  }
  const names = own.flatMap(namesOf);
  const inner = own.find((command) => namesOf(command).includes(second));
  if (inner !== undefined) return ofCommand(message, `${first} ${second}`, argv, inner);
  const hint = nearText(second, names);
  return usage(`${first} has no command "${second}"${hint}`, first, 'lists its commands');
}

function ofCommand(
  message: string,
  command: string,
  argv: readonly string[],
  named: Named,
): NapError {
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  if (got !== undefined) return missing(command, named, Number(got));
  const flag = flagMessage(message);
  if (flag !== undefined) return usage(`${command}${flag}`, command, 'shows what it takes');
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (unknown === undefined) return usage(message, command);
  const words = [...new Set(unknown.split(', ').map((word) => asGiven(word, argv)))];
  if (!words.some((word) => word.startsWith('-'))) return tooMany(command, named, words);
  return unknownWords(command, words, Object.keys(named.flags ?? {}));
}

/** `cp: TO is missing`. */
function missing(
  command: string,
  { command: [text = ''], examples }: Named,
  got: number,
): NapError {
  const wanted = [...text.matchAll(/<(\w[\w-]*)(?:\.\.)?>/g)].map(([, name = '']) => name);
  const names = wanted.slice(got).map((name) => name.toUpperCase());
  const verb = names.length === 1 ? 'is' : 'are';
  const [example] = examples?.[0] ?? [];
  const such = example === undefined ? '' : `such as ${example.replace('$0', NAME)}; `;
  return new NapError('USAGE', `${command}: ${names.join(' and ')} ${verb} missing`, {
    hint: `${such}${NAME} ${command} --help shows what it takes`,
  });
}

/** Words that a command has no place for; where it takes none, one is often a project. */
function tooMany(
  command: string,
  { command: [text = ''], flags = {} }: Named,
  words: readonly string[],
): NapError {
  const [word = ''] = words;
  const isProject = 'project-name' in flags && !/[[<]/.test(text) && words.length === 1;
  const verb = words.length === 1 ? 'is' : 'are';
  const told = words.map((it) => (it === '' ? '""' : it)).join(', ');
  const message = `${command}: ${told} ${verb} more than it takes`;
  if (!isProject) return usage(message, command, 'shows what it takes');
  return new NapError('USAGE', message, {
    hint: `a project is named with -p: ${NAME} ${command} -p ${word}`,
  });
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

/** What Compose has a command for, and nap another way. */
const INSTEAD_OF_COMMAND: Readonly<Record<string, string>> = {
  attach: `${NAME} logs -f shows what it writes, ${NAME} exec -it starts a shell in it`,
  build:
    'nap builds no images: docker build and docker push, and the name of the image in the file',
  convert: `${NAME} config prints the file as nap reads it`,
  create: `${NAME} apply makes the containers, and starts them`,
  deploy: `${NAME} apply shop.yml, or ${NAME} stack deploy -c shop.yml shop`,
  images: `${NAME} image ls lists those of the hosts`,
  pause: `nap pauses no containers: ${NAME} stop keeps them`,
  pull: `${NAME} image pull pulls onto the hosts; ${NAME} apply --pull always looks for newer images`,
  push: 'nap pushes no images: docker push',
  rm: `${NAME} scale web=0 removes the containers of a service, ${NAME} down all of a project`,
  unpause: `nap pauses no containers: ${NAME} start starts what was stopped`,
};

/** What Compose has a flag for, and nap another way to write. */
const INSTEAD: Readonly<Record<string, string>> = {
  '-q': "one field alone is printed by a template: --format '{{.Name}}'",
  '--index': 'one of several is named by its number: web/2, or shop/web/2',
};

/** Flags, or other words, that a command does not take. */
export function unknownWords(
  command: string,
  words: readonly string[],
  known: readonly string[] = [],
): NapError {
  // yargs names a flag of two words twice, once without its dash.
  const named = [...new Set(words)];
  const [only = '', ...others] = named;
  const near =
    others.length > 0
      ? ''
      : nearText(
          only,
          known.map((name) => `--${name}`),
        );
  const message = `${command} does not know ${named.join(', ')}${near}`;
  const hint = named.flatMap((word) => INSTEAD[word] ?? [])[0];
  if (hint !== undefined) return new NapError('USAGE', message, { hint });
  return usage(message, command, 'shows what it takes');
}

function unknownCommand(message: string, first: string, commands: readonly Named[]): NapError {
  if (first === '' || first.startsWith('-')) return usage(message, '', 'lists the commands');
  const instead = Object.hasOwn(INSTEAD_OF_COMMAND, first) ? INSTEAD_OF_COMMAND[first] : undefined;
  if (instead !== undefined) {
    return new NapError('USAGE', `there is no command "${first}"`, { hint: instead });
  }
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
  return new NapError('USAGE', message, { hint: `${NAME} ${command}--help ${what}` });
}
