import type { Scalar } from './node.js';

const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/;
const DECIMAL = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

function integer(text: string): number | bigint | undefined {
  const [, sign, digits] = INTEGER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  // A leading zero alone means octal, as in YAML 1.1: Compose files write file modes that way.
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const signed = sign === '-' ? -value : value;
  const small = Number(signed);
  return Number.isSafeInteger(small) ? small : signed;
}

/** Longer ones are no numbers that anybody means, and take quadratic time to read: they stay text. */
const NUMBER_CHARS_MAX = 1000;

/**
 * The value of an unquoted scalar, as Compose reads it: YAML 1.2, with the octal, binary and underscore habits of 1.1.
 * `yes`, `no`, dates and base-60 numbers stay text.
 */
export function resolvePlain(text: string): Scalar {
  if (text === '' || text === '~' || /^(null|Null|NULL)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (!/^[-+.0-9]/.test(text) || text.length > NUMBER_CHARS_MAX) return text;
  const digits = text.replaceAll('_', '');
  const whole = integer(digits);
  if (whole !== undefined) return whole;
  if (DECIMAL.test(digits)) return Number(digits);
  if (/^\+?\.(inf|Inf|INF)$/.test(text)) return Infinity;
  if (/^-\.(inf|Inf|INF)$/.test(text)) return -Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(text)) return NaN;
  return text;
}

/** A scalar as the text a container sees: `1.0` is "1" and `1e3` is "1000", as Compose prints them. Null is empty. */
export function textOfScalar(value: Scalar): string {
  if (value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  // The exponent has two digits at least, and starts below 0.0001, as Go prints it.
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}
