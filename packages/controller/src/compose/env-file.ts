import type { Place } from '@nap/shared';
import type { Findings } from './findings.js';
import { interpolate, TEXTS_CHARS_MAX, type Lookup } from './interpolate.js';
import { startOf } from './session.js';

export interface EnvEntry {
  readonly value: string;
  readonly place: Place;
}

export type EnvEntries = ReadonlyMap<string, EnvEntry>;

/** What a file may refer to. */
interface Variables {
  readonly lookup: Lookup;
  /** Of the files before this one. */
  readonly earlier?: EnvEntries;
}

/** Variables, comments and empty lines of one file: a container takes far fewer. */
const STATEMENTS_MAX = 50_000;

const KEY = /[ \t]*(?:export[ \t]+)?([^\s=:#'"]*)[ \t]*/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"/y;
const SINGLE = /'((?:[^'\\]|\\[^])*)'/y;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  // Doubled, so that interpolation gives one.
  $: '$$',
};

/**
 * Reads `.env`, `env_file` and `label_file`: one grammar for the three. Variables are looked up in `lookup` first, then in
 * the entries above, then in those of earlier files.
 */
class EnvFileParser {
  readonly entries = new Map<string, EnvEntry>();
  readonly #text: string;
  readonly #file: string;
  readonly #lookup: Lookup;
  readonly #earlier: EnvEntries;
  readonly #findings: Findings;
  #at = 0;
  #line = 1;
  #chars = 0;

  constructor(text: string, file: string, variables: Variables, findings: Findings) {
    this.#text = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
    this.#file = file;
    this.#lookup = variables.lookup;
    this.#earlier = variables.earlier ?? new Map();
    this.#findings = findings;
  }

  parse(): EnvEntries {
    for (let lines = 0; this.#at < this.#text.length; lines += 1) {
      if (lines === STATEMENTS_MAX) {
        this.#findings.error(this.#place, '', `more than ${STATEMENTS_MAX} lines of variables`);
        break;
      }
      this.#statement();
    }
    return this.entries;
  }

  get #place(): Place {
    return { ...startOf(this.#file), line: this.#line };
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #advance(length: number): void {
    const passed = this.#text.slice(this.#at, this.#at + length);
    this.#line += passed.split('\n').length - 1;
    this.#at += length;
  }

  #restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#at);
    return this.#text.slice(this.#at, end === -1 ? undefined : end);
  }

  #skipLine(): void {
    this.#advance(this.#restOfLine().length + 1);
  }

  #statement(): void {
    const line = this.#restOfLine();
    if (/^\s*(#|$)/.test(line)) {
      this.#skipLine();
      return;
    }
    const place = this.#place;
    const match = this.#match(KEY);
    const key = match?.[1] ?? '';
    const length = match?.[0].length ?? 0;
    const separator = this.#text[this.#at + length];
    const isBare = separator === undefined || separator === '\n' || separator === '#';
    if (key === '' || (!isBare && separator !== '=' && separator !== ':')) {
      const name = key === '' ? line.trim().slice(0, 40) : key;
      this.#findings.error(place, '', `"${name}" is not a variable`, 'each line is KEY=value');
      this.#skipLine();
      return;
    }
    this.#advance(length);
    if (isBare) this.#bare(key, place);
    else {
      this.#advance(1);
      this.#value(key, place);
    }
  }

  /** A key alone takes the value from the environment, or is left out. */
  #bare(key: string, place: Place): void {
    this.#skipLine();
    const value = this.#lookup(key) ?? this.#earlier.get(key)?.value;
    if (value !== undefined) this.entries.set(key, { value, place });
  }

  #value(key: string, place: Place): void {
    this.#advance(/^[ \t]*/.exec(this.#restOfLine())?.[0].length ?? 0);
    // A # is a comment after a blank inside the value only: `KEY=#1` and `KEY= #1` are "#1" (Docker's env file syntax).
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") {
      const [text = ''] = this.#restOfLine().split(/ #/);
      this.#skipLine();
      this.#set(key, text.trim(), place, true);
      return;
    }
    const quoted = this.#match(quote === '"' ? DOUBLE : SINGLE);
    if (quoted === null) {
      this.#findings.error(place, key, `the value of ${key} has a quote that is not closed`);
      // What follows is inside the quote: nothing of it can be told apart.
      this.#at = this.#text.length;
      return;
    }
    this.#advance(quoted[0].length);
    const after = this.#restOfLine();
    if (!/^\s*(#|$)/.test(after)) {
      this.#findings.error(place, key, `the value of ${key} goes on after its closing quote`);
    }
    this.#skipLine();
    const inside = quoted[1] ?? '';
    if (quote === "'") this.#set(key, inside.replaceAll("\\'", "'"), place, false);
    else this.#set(key, unescape(inside), place, true);
  }

  #set(key: string, text: string, place: Place, isExpanded: boolean): void {
    const value = isExpanded ? this.#expand(key, text, place) : text;
    if (value !== undefined) this.entries.set(key, { value, place });
  }

  #expand(key: string, text: string, place: Place): string | undefined {
    const result = interpolate(
      text,
      (name) =>
        this.#lookup(name) ?? this.entries.get(name)?.value ?? this.#earlier.get(name)?.value,
    );
    if (result.kind === 'text') {
      this.#chars += result.text.length;
      if (this.#chars <= TEXTS_CHARS_MAX) return result.text;
      const message = `the values grow too long: more than ${TEXTS_CHARS_MAX} characters together`;
      this.#findings.error(place, key, message);
      // The rest would only say the same.
      this.#at = this.#text.length;
      return undefined;
    }
    this.#findings.error(place, key, result.message, result.hint);
    return undefined;
  }
}

function unescape(text: string): string {
  return text.replace(/\\([^])/g, (whole, char: string) => ESCAPES[char] ?? whole);
}

export function parseEnvFile(
  text: string,
  file: string,
  variables: Variables,
  findings: Findings,
): EnvEntries {
  return new EnvFileParser(text, file, variables, findings).parse();
}

/** `format: raw`: lines as they are, without quotes, variables or comments after a value. */
export function parseRawEnvFile(text: string, file: string): EnvEntries {
  const entries = new Map<string, EnvEntry>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const equals = line.indexOf('=');
    if (equals <= 0 || line.startsWith('#')) continue;
    const place = { ...startOf(file), line: index + 1 };
    entries.set(line.slice(0, equals).trim(), { value: line.slice(equals + 1), place });
  }
  return entries;
}
