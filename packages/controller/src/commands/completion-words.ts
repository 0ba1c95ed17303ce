import type { Options } from 'yargs';
import { SHELLS } from './completion-command.js';
import type { CommandDescription, Flags } from './declare-command.js';

/** What only the cluster, or the file with contexts, knows. */
export type Named = 'project' | 'service' | 'instance' | 'host' | 'context';

export interface Completion {
  /** What may stand there, whatever the cluster is. */
  readonly words: readonly string[];
  /** What may stand there besides. */
  readonly named?: Named;
  /** What follows a name: `web=` of `scale`. */
  readonly suffix?: string;
  /** The flags before it that have a value. */
  readonly given: Readonly<Record<string, string>>;
}

/** What a flag or an argument names, by what it is called: commands need not say it. */
const NAMED: Readonly<Record<string, Named>> = {
  ...{ project: 'project', projects: 'project', 'project-name': 'project' },
  ...{ service: 'service', services: 'service', counts: 'service', scale: 'service' },
  ...{ instance: 'instance', instances: 'instance', names: 'instance' },
  ...{ host: 'host', hosts: 'host' },
  ...{ context: 'context' },
};
const COUNTED: ReadonlySet<string> = new Set(['counts', 'scale']);
const FORMATS = ['table', 'json', 'jsonl', 'yaml'];

interface Scanned {
  readonly command: CommandDescription;
  /** `context` of `context use`. */
  readonly group: string | undefined;
  readonly given: Readonly<Record<string, string>>;
  /** The flag whose value comes next. */
  readonly awaited: string | undefined;
  readonly positionals: number;
}

/**
 * What the last of the words may become; it may be empty. The words are those after the program, as Bash parts them: an equals
 * sign is a word. Nothing is left to the shell, which knows files.
 */
export function completionOf(
  words: readonly string[],
  commands: readonly CommandDescription[],
): Completion {
  const current = words.at(-1) ?? '';
  const scanned = scan(words.slice(0, -1), {
    ...{ command: [], describe: '', flags: {}, commands },
  });
  const { command, awaited, given } = scanned;
  if (awaited !== undefined) {
    return { ...valuesOf(awaited, command.flags[awaited], scanned), given };
  }
  if (current.startsWith('-')) return { words: flagWords(command.flags), given };
  if (command.commands !== undefined) {
    return { words: command.commands.flatMap(namesOf), given };
  }
  const positionals = command.positionals ?? [];
  // The last one may take any number.
  const name = positionals[Math.min(scanned.positionals, positionals.length - 1)];
  if (name === undefined) return { words: [], given };
  return { ...valuesOf(name, command.flags[name], scanned), given };
}

const namesOf = ({ command }: Pick<CommandDescription, 'command'>): readonly string[] =>
  command.map((text) => text.replace(/ .*/, ''));

function scan(words: readonly string[], top: CommandDescription): Scanned {
  let command = top;
  let group: string | undefined;
  let awaited: string | undefined;
  let positionals = 0;
  const given: Record<string, string> = {};
  for (const word of words) {
    if (word === '=') continue;
    const inner = command.commands?.find((it) => namesOf(it).includes(word));
    if (awaited !== undefined) {
      given[awaited] = word;
      awaited = undefined;
    } else if (word.startsWith('-')) {
      const [, text = '', value] = /^-+([^=]*)(?:=(.*))?$/.exec(word) ?? [];
      const name = flagNamed(command.flags, text);
      if (name !== undefined && value !== undefined) given[name] = value;
      else if (name !== undefined && command.flags[name]?.type !== 'boolean') awaited = name;
    } else if (inner !== undefined) {
      group = namesOf(command)[0];
      command = inner;
    } else positionals += 1;
  }
  return { command, group, given, awaited, positionals };
}

const flagNamed = (flags: Flags, text: string): string | undefined =>
  Object.keys(flags).find(
    (name) => name === text || [flags[name]?.alias ?? []].flat().includes(text),
  );

function flagWords(flags: Flags): readonly string[] {
  const own = Object.entries(flags).map(([name, { type, default: value }]) =>
    type === 'boolean' && value === true ? `--no-${name}` : `--${name}`,
  );
  return [...own, '--help'];
}

function valuesOf(
  name: string,
  options: Options | undefined,
  { group, command }: Scanned,
): Omit<Completion, 'given'> {
  const choices = [options?.choices ?? []].flat().map(String);
  if (choices.length > 0) return { words: choices };
  if (name === 'format') return { words: FORMATS };
  if (name === 'shell') return { words: SHELLS };
  if (group === 'context') {
    return namesOf(command).includes('add') ? { words: [] } : { words: [], named: 'context' };
  }
  // Of a list one sees the instances anyhow.
  const isOfPs = name === 'names' && namesOf(command).includes('ps');
  const named = isOfPs ? 'project' : NAMED[name];
  if (named === undefined) return { words: [] };
  return { words: [], named, ...(COUNTED.has(name) ? { suffix: '=' } : {}) };
}
