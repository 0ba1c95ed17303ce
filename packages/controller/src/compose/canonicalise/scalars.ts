import { didYouMean } from '../../did-you-mean.js';
import { mustBe, rejected, scalarShape, type Shape } from '../shape.js';

/** A string. A number must be quoted, as in Compose: `user: 0100` would be read as octal 64. */
export const text: Shape = scalarShape('string', 'a string', (value) =>
  typeof value === 'string' ? value : undefined,
);

/** A string or a number, kept as text. */
export const textOrNumber: Shape = scalarShape(
  'string or number',
  'a string or a number',
  (value) => (typeof value === 'boolean' ? undefined : String(value)),
);

/** The number of a scalar, also of a text of this form; undefined for others. Never -0, which JSON does not keep. */
function numberOf(value: unknown, form: RegExp): number | undefined {
  const number = typeof value === 'string' && form.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number + 0 : undefined;
}

export const integer: Shape = scalarShape('integer', 'an integer', (value) => {
  const number = numberOf(value, /^[-+]?\d+$/);
  return Number.isSafeInteger(number) ? number : undefined;
});

/** An integer that is not negative. */
export const count: Shape = scalarShape('integer', 'an integer from 0', (value) => {
  const number = numberOf(value, /^\d+$/) ?? -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
});

export const decimal: Shape = scalarShape('number', 'a number', (value) =>
  numberOf(value, /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i),
);

/** A number that is not negative. */
export const amount: Shape = {
  ...decimal,
  read: (node, path, context) => {
    const number = decimal.read(node, path, context);
    const isNegative = number.kind === 'scalar' && Number(number.value) < 0;
    return isNegative ? mustBe('a number from 0', node, path, context) : number;
  },
};

export function integerFrom(min: number, max: number): Shape {
  return {
    ...integer,
    read: (node, path, context) => {
      const number = integer.read(node, path, context);
      const value = number.kind === 'scalar' ? Number(number.value) : min;
      if (value >= min && value <= max) return number;
      return rejected(node, path, context, `must be from ${min} to ${max}, and is ${value}`);
    },
  };
}

const TRUE = /^(true|True|TRUE|1|t|T)$/;
const FALSE = /^(false|False|FALSE|0|f|F)$/;
const OLD_TRUE = /^(y|Y|yes|Yes|YES|on|On|ON)$/;
const OLD_FALSE = /^(n|N|no|No|NO|off|Off|OFF)$/;

/** A boolean, or a string that says one: interpolated values are strings. */
export const bool: Shape = {
  ...scalarShape('boolean', 'true or false', (value) =>
    typeof value === 'boolean' ? value : undefined,
  ),
  read: (node, path, context) => {
    if (node.kind !== 'scalar') return mustBe('true or false', node, path, context);
    if (typeof node.value === 'boolean') return node;
    const word = typeof node.value === 'string' ? node.value : '';
    if (TRUE.test(word) || FALSE.test(word)) return { ...node, value: TRUE.test(word) };
    if (!OLD_TRUE.test(word) && !OLD_FALSE.test(word)) {
      return mustBe('true or false', node, path, context);
    }
    const value = OLD_TRUE.test(word);
    context.findings.warning(node.place, path, `"${word}" is read as ${value}`, `write ${value}`);
    return { ...node, value };
  },
};

/** What is wrong with a text, and how it is written right. */
type Wrong = readonly [message: string, hint?: string | undefined];

/** A string in which `wrong` finds nothing. Canonical: as written. */
export function checkedText(kind: string, wrong: (text: string) => Wrong | undefined): Shape {
  return {
    ...text,
    kind,
    read: (node, path, context) => {
      const value = text.read(node, path, context);
      const found = value.kind === 'scalar' ? wrong(String(value.value)) : undefined;
      return found === undefined ? value : rejected(node, path, context, ...found);
    },
  };
}

/** Also an empty text, which asks for nothing: what is left of a variable that is not set. */
export function orEmpty(shape: Shape): Shape {
  return {
    ...shape,
    read: (node, path, context) =>
      node.kind === 'scalar' && node.value === '' ? node : shape.read(node, path, context),
  };
}

/** One of a few words. */
export function choice(words: readonly string[]): Shape {
  const list = words.join(', ');
  return checkedText(`one of ${list}`, (word) =>
    words.includes(word) ? undefined : [`"${word}" is not one of ${list}`, didYouMean(word, words)],
  );
}

/** A string of one form, which an example shows. */
export function matching(kind: string, pattern: RegExp, example: string): Shape {
  return checkedText(kind, (written) =>
    pattern.test(written)
      ? undefined
      : [`"${written}" is not a ${kind}`, `write it as in ${example}`],
  );
}
