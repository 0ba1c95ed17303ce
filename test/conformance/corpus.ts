import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The corpus: small Compose files, many in one text.
 *
 *     === what it is about
 *     $ NAME=value -f compose.yml --profile x config --services
 *     services: …
 *     --- other.yml
 *     services: …
 *
 * The line with the dollar may be missing: environment, flags, and after `config` the flags of that command. `cd sub` among
 * them runs it in a directory below. The first file is compose.yml.
 */
export interface Case {
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  /** Relative to the directory of the case. */
  readonly cwd: string;
  readonly flags: readonly string[];
  readonly configFlags: readonly string[];
  readonly files: ReadonlyMap<string, string>;
}

const DIRECTORY = join(import.meta.dirname, 'corpus');

/** Title and cases of every file of the corpus. */
export function readCorpus(): readonly (readonly [string, readonly Case[]])[] {
  return readdirSync(DIRECTORY)
    .sort()
    .map((name) => {
      const text = readFileSync(join(DIRECTORY, name), 'utf8');
      const cases = text.split(/^=== /m).slice(1).map(parseCase);
      return [name.replace(/\.txt$/, ''), cases] as const;
    });
}

function parseCase(text: string): Case {
  const [title = '', ...lines] = text.split('\n');
  const command = lines[0]?.startsWith('$ ') === true ? (lines.shift() ?? '') : '$ ';
  const [first = '', ...others] = lines.join('\n').split(/^--- /m);
  const files = new Map(first === '' ? [] : [['compose.yml', first]]);
  for (const file of others) {
    const end = file.indexOf('\n');
    files.set(file.slice(0, end).trim(), file.slice(end + 1));
  }
  return { title, files, ...parseCommand(command.slice(2).split(' ')) };
}

function parseCommand(words: readonly string[]): Omit<Case, 'title' | 'files'> {
  const env: Record<string, string> = {};
  const flags: string[] = [];
  let [cwd, at] = ['.', 0];
  for (; at < words.length && words[at] !== 'config'; at += 1) {
    const word = words[at] ?? '';
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(word) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    else if (word === 'cd') cwd = words[(at += 1)] ?? '.';
    else if (word !== '' && word !== '-') flags.push(word);
  }
  return { env, cwd, flags, configFlags: words.slice(at + 1) };
}
