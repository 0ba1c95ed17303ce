import type { Place, Problem } from '@nap/shared';

/** A file with more than this many problems has one problem that the first thousand show well enough. */
const PROBLEMS_MAX = 1000;

/** What a file says may be quoted in full or may fill the screen. */
const MESSAGE_CHARS_MAX = 400;
const PATH_CHARS_MAX = 200;

function clipped(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`;
}

/** What nap does with one key of the files. */
export interface SupportEntry {
  readonly path: string;
  readonly place: Place;
  readonly verdict: 'honoured' | 'ignored' | 'refused';
  readonly why?: string;
  readonly wayOut?: string;
}

type Verdict = Omit<SupportEntry, 'verdict'>;

function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

interface Found {
  readonly place: Place | undefined;
  readonly path: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Collects the problems of one load: each once, in the order found. */
export class Findings {
  readonly #problems = new Map<string, Problem>();
  readonly #support = new Map<string, SupportEntry>();
  readonly #isStrict: boolean;
  #hasErrors = false;
  #hasMistakes = false;

  /** Strict: what would be ignored is refused. */
  constructor({ isStrict = false }: { readonly isStrict?: boolean } = {}) {
    this.#isStrict = isStrict;
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  /** Has an error. */
  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  /** Has an error of the files themselves: more than a key that is good Compose and that nap refuses. */
  get hasMistakes(): boolean {
    return this.#hasMistakes;
  }

  /** A line for each key that was judged, in the order of judging. One of which a part is refused is not honoured. */
  get support(): readonly SupportEntry[] {
    const entries = [...this.#support.values()];
    const others = entries.filter(({ verdict }) => verdict !== 'honoured');
    const told = new Set(others.map(({ path }) => path));
    return entries.filter(({ verdict, path }) => verdict !== 'honoured' || !told.has(path));
  }

  /** Takes no more: what else is wrong need not be looked for. */
  get isFull(): boolean {
    return this.#problems.size >= PROBLEMS_MAX && this.#hasErrors;
  }

  /** Without a place: it is about the command, not about a file. */
  error(place: Place | undefined, path: string, message: string, hint?: string): void {
    this.#hasMistakes = true;
    this.#add('error', { place, path, message, hint });
  }

  warning(place: Place | undefined, path: string, message: string, hint?: string): void {
    this.#add('warning', { place, path, message, hint });
  }

  honoured(key: Verdict): void {
    this.#judge({ ...key, verdict: 'honoured' });
  }

  /** A key that nap leaves out: a warning, or an error where the user wants it strict. */
  ignored(key: Verdict & { readonly why: string }): void {
    const { place, path, why, wayOut } = key;
    if (this.#isStrict) {
      const strict = wayOut ?? 'remove it, or go without --strict';
      this.refused({ ...key, why: `nap would ignore it: ${why}`, wayOut: strict });
      return;
    }
    this.#judge({ ...key, verdict: 'ignored' });
    this.#add('warning', { place, path, message: `ignored: ${why}`, hint: wayOut });
  }

  /** A key that is good Compose, and that nap cannot honour. */
  refused(key: Verdict & { readonly why: string }): void {
    const { place, path, why, wayOut } = key;
    this.#judge({ ...key, verdict: 'refused' });
    this.#add('error', { place, path, message: why, hint: wayOut });
  }

  /** A later verdict on a key is the better informed one. */
  #judge(entry: SupportEntry): void {
    this.#support.set(`${placeText(entry.place)} ${entry.path}`, entry);
  }

  #add(severity: Problem['severity'], { place, path, message, hint }: Found): void {
    const isCrowded = this.#problems.size >= PROBLEMS_MAX;
    // An error is never crowded out by warnings.
    if (isCrowded && (severity === 'warning' || this.#hasErrors)) return;
    if (severity === 'error') this.#hasErrors = true;
    const problem: Problem = {
      severity,
      path: clipped(path, PATH_CHARS_MAX),
      ...(place === undefined ? {} : { place }),
      message: clipped(message, MESSAGE_CHARS_MAX),
      ...(hint === undefined ? {} : { hint: clipped(hint, MESSAGE_CHARS_MAX) }),
    };
    // One place may be read several times (extends, aliases): it is still one problem.
    const key = `${place === undefined ? '' : placeText(place)} ${path} ${message}`;
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }
}
