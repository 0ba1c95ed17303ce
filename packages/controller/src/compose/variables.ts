import { variablesIn } from './interpolate.js';
import { entriesOf, itemsOf, type Node } from './node.js';

/** A variable that files ask for: what `config --variables` lists. */
export interface AskedVariable {
  readonly name: string;
  readonly isRequired: boolean;
  /** What takes its place when it has no value; empty without one. */
  readonly defaultValue: string;
  /** What takes its place when it has a value, of `${NAME:+…}`; empty without one. */
  readonly alternateValue: string;
}

function* textsIn(node: Node): Generator<string> {
  if (node.kind === 'scalar' && typeof node.value === 'string') yield node.value;
  for (const item of itemsOf(node)) yield* textsIn(item);
  for (const [, { value }] of entriesOf(node)) yield* textsIn(value);
}

const NOT_ASKED = { isRequired: false, defaultValue: '', alternateValue: '' };

const firstOf = (first: string, second: string): string => (first === '' ? second : first);

/** The variables of a tree that is not interpolated, by name. Of several places the first that says something counts. */
export function askedVariables(root: Node): readonly AskedVariable[] {
  const asked = new Map<string, AskedVariable>();
  for (const text of textsIn(root)) {
    for (const { name, operator, word } of variablesIn(text)) {
      const known = asked.get(name) ?? NOT_ASKED;
      asked.set(name, {
        name,
        isRequired: known.isRequired || operator === '?',
        defaultValue: firstOf(known.defaultValue, operator === '-' ? word : ''),
        alternateValue: firstOf(known.alternateValue, operator === '+' ? word : ''),
      });
    }
  }
  return [...asked.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
