/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export type Interpolated =
  | { readonly kind: 'text'; readonly text: string; readonly unset: readonly string[] }
  | { readonly kind: 'error'; readonly message: string; readonly hint?: string };

/** Defaults inside defaults. */
const NESTING_MAX = 50;
/** Characters that one value may become. */
const TEXT_CHARS_MAX = 1024 * 1024;
/** Characters that all values of one file set or env file may become: a long variable in many places multiplies. */
export const TEXTS_CHARS_MAX = 8 * 1024 * 1024;

const NAME_AT = /[A-Za-z_][A-Za-z0-9_]*/y;

class InterpolationError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

function invalid(text: string): InterpolationError {
  return new InterpolationError(
    `invalid interpolation format: "${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`,
    'You may need to escape any $ with another $',
  );
}

function missing(name: string, why: string): InterpolationError {
  return new InterpolationError(
    `required variable ${name} is missing a value${why === '' ? '' : `: ${why}`}`,
    `set ${name} in the environment or in the .env file`,
  );
}

function nameAt(text: string, start: number): string | undefined {
  NAME_AT.lastIndex = start;
  return NAME_AT.exec(text)?.[0];
}

/** Index of the brace that closes one opened just before `start`, or -1. Braces inside are counted, as in `${A:-{"b":1}}`. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** One `$NAME` or `${…}` of a text. */
export interface Variable {
  readonly name: string;
  /** Default, required, alternate; absent where the name stands alone. */
  readonly operator?: '-' | '?' | '+';
  /** With the colon: an empty value counts as none. */
  readonly isEmptyNone: boolean;
  /** What follows the operator, as it is written. */
  readonly word: string;
}

/** What the inside of `${…}` says. */
function braced(inside: string): Variable {
  const name = nameAt(inside, 0);
  if (name === undefined) throw invalid(`\${${inside}}`);
  const rest = inside.slice(name.length);
  if (rest === '') return { name, isEmptyNone: false, word: '' };
  const [, colon = '', operator, word = ''] = /^(:?)([-+?])([^]*)$/.exec(rest) ?? [];
  if (operator !== '-' && operator !== '+' && operator !== '?') throw invalid(`\${${inside}}`);
  return { name, operator, isEmptyNone: colon !== '', word };
}

/** Cuts a text into what stands for itself and the variables between. */
function* partsOf(text: string): Generator<string | Variable> {
  let at = 0;
  for (;;) {
    const dollar = text.indexOf('$', at);
    yield text.slice(at, dollar === -1 ? undefined : dollar);
    if (dollar === -1) return;
    const next = text[dollar + 1];
    const name = nameAt(text, dollar + 1);
    if (next === '{') {
      const close = closingBrace(text, dollar + 2);
      if (close === -1) throw invalid(text.slice(dollar));
      yield braced(text.slice(dollar + 2, close));
      at = close + 1;
    } else if (name !== undefined) {
      yield { name, isEmptyNone: false, word: '' };
      at = dollar + 1 + name.length;
    } else {
      yield '$';
      at = dollar + (next === '$' ? 2 : 1);
    }
  }
}

class Interpolation {
  readonly unset: string[] = [];
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  text(text: string, depth = 0): string {
    if (depth > NESTING_MAX) throw new InterpolationError('defaults are nested too deeply');
    let result = '';
    for (const part of partsOf(text)) {
      result += typeof part === 'string' ? part : this.#value(part, depth);
      if (result.length > TEXT_CHARS_MAX) throw new InterpolationError('the value grows too long');
    }
    return result;
  }

  /** A word is evaluated only when it is used: the unused side neither warns nor fails. */
  #value({ name, operator, isEmptyNone, word }: Variable, depth: number): string {
    const value = this.#lookup(name);
    if (operator === undefined) {
      if (value === undefined) this.unset.push(name);
      return value ?? '';
    }
    const isThere = value !== undefined && !(isEmptyNone && value === '');
    if (operator === '+') return isThere ? this.text(word, depth + 1) : '';
    if (isThere) return value;
    const fallback = this.text(word, depth + 1);
    if (operator === '-') return fallback;
    throw missing(name, fallback);
  }
}

/** Replaces `$NAME` and the forms of `${…}` once: what comes from a variable is never evaluated again. */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  if (!text.includes('$')) return { kind: 'text', text, unset: [] };
  const interpolation = new Interpolation(lookup);
  try {
    return { kind: 'text', text: interpolation.text(text), unset: interpolation.unset };
  } catch (err) {
    if (!(err instanceof InterpolationError)) throw err;
    const { message, hint } = err;
    return { kind: 'error', message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** The variables of a text, those inside of words too. A text that cannot be interpolated has none. */
export function variablesIn(text: string, depth = 0): readonly Variable[] {
  if (depth > NESTING_MAX || !text.includes('$')) return [];
  try {
    return [...partsOf(text)].flatMap((part) =>
      typeof part === 'string' ? [] : [part, ...variablesIn(part.word, depth + 1)],
    );
  } catch (err) {
    if (err instanceof InterpolationError) return [];
    throw err;
  }
}
