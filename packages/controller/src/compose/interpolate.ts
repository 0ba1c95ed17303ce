/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export type Interpolated =
  | { readonly kind: 'text'; readonly text: string; readonly unset: readonly string[] }
  | { readonly kind: 'error'; readonly message: string; readonly hint?: string };

/** Defaults inside defaults. */
const NESTING_MAX = 50;
/** Characters that one value may become. */
const TEXT_CHARS_MAX = 1024 * 1024;

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

class Interpolation {
  readonly unset: string[] = [];
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  text(text: string, depth = 0): string {
    if (depth > NESTING_MAX) throw new InterpolationError('defaults are nested too deeply');
    let result = '';
    let at = 0;
    while (at < text.length) {
      const dollar = text.indexOf('$', at);
      if (dollar === -1) break;
      result += text.slice(at, dollar);
      const [value, end] = this.#dollar(text, dollar, depth);
      result += value;
      at = end;
      if (result.length > TEXT_CHARS_MAX) throw new InterpolationError('the value grows too long');
    }
    return result + text.slice(at);
  }

  /** What stands for the `$` at an index, and where the text goes on. */
  #dollar(text: string, dollar: number, depth: number): readonly [string, number] {
    const next = text[dollar + 1];
    if (next === '$') return ['$', dollar + 2];
    if (next === '{') {
      const close = closingBrace(text, dollar + 2);
      if (close === -1) throw invalid(text.slice(dollar));
      return [this.#braced(text.slice(dollar + 2, close), depth), close + 1];
    }
    const name = nameAt(text, dollar + 1);
    if (name === undefined) return ['$', dollar + 1];
    return [this.#plain(name), dollar + 1 + name.length];
  }

  #plain(name: string): string {
    const value = this.#lookup(name);
    if (value === undefined) this.unset.push(name);
    return value ?? '';
  }

  /** The inside of `${…}`. A word is evaluated only when it is used: the unused side neither warns nor fails. */
  #braced(inside: string, depth: number): string {
    const name = nameAt(inside, 0);
    if (name === undefined) throw invalid(`\${${inside}}`);
    const rest = inside.slice(name.length);
    if (rest === '') return this.#plain(name);
    const [, colon = '', operator, word = ''] = /^(:?)([-+?])([^]*)$/.exec(rest) ?? [];
    if (operator === undefined) throw invalid(`\${${inside}}`);
    const value = this.#lookup(name);
    const isThere = value !== undefined && (colon === '' || value !== '');
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
