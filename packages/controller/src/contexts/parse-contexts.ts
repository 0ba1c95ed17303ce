import { hasErrors, LIMITS, NapError, type Place, type Problem } from '@nap/shared';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { renderProblems } from '../output/problem-view.js';
import { absolutePath, isContextName, SETTINGS, type Contexts, type Settings } from './contexts.js';

interface Field {
  readonly key: string;
  readonly value: Node | null;
  readonly place: Place;
}

/** Of one context, or of none. */
export type ContextProblem = Problem & { readonly context: string | undefined };

/** As far as it can be read. */
export interface LooseContexts extends Contexts {
  readonly problems: readonly ContextProblem[];
}

/** Reads the text of a file with contexts. Throws BAD_CONFIG with every problem and its line; never with what a value is. */
export function parseContexts(text: string, file: string, home?: string): Contexts {
  const { problems, ...contexts } = parseLoosely(text, file, home);
  rejectProblems(problems, file);
  return contexts;
}

/** Reads as `parseContexts`; throws only for what can be no file with contexts at all, and so cannot be edited either. */
export function parseLoosely(text: string, file: string, home?: string): LooseContexts {
  const reader = new Reader(file, home);
  const contexts = reader.read(text);
  if (reader.isBroken) rejectProblems(reader.problems, file);
  return { ...contexts, problems: reader.problems };
}

/** Throws BAD_CONFIG when there are any. */
export function rejectProblems(problems: readonly ContextProblem[], file: string): void {
  if (!hasErrors(problems)) return;
  const isOfOne = problems.some(({ context }) => context !== undefined);
  const forget = isOfOne ? ', forget a context with nap-controller context rm' : '';
  throw new NapError(
    'BAD_CONFIG',
    `the contexts cannot be used:\n${renderProblems(problems).trimEnd()}`,
    { hint: `mend ${file}${forget}, or name another file with NAP_CONFIG` },
  );
}

class Reader {
  readonly problems: ContextProblem[] = [];
  /** Nothing in it can be told from anything else. */
  isBroken = false;
  /** Which one is being read. */
  #context: string | undefined;
  readonly #lines = new LineCounter();
  readonly #file: string;
  readonly #home: string | undefined;

  constructor(file: string, home: string | undefined) {
    this.#file = file;
    this.#home = home;
  }

  read(text: string): Contexts {
    const nothing = { file: this.#file, current: undefined, byName: new Map() };
    if (text.length > LIMITS.contextsFileBytes) {
      this.isBroken = true;
      this.#wrong('', this.#place(0), `longer than ${LIMITS.contextsFileBytes} bytes`);
      return nothing;
    }
    // Failsafe: every value is the text that was written, also a password of digits.
    const document = parseDocument(text, {
      ...{ schema: 'failsafe', prettyErrors: false, lineCounter: this.#lines },
    });
    for (const { code, pos } of document.errors) {
      // The library's own words may quote what is there, and that may be a password.
      const what = code.toLowerCase().replaceAll('_', ' ');
      this.#wrong('', this.#place(pos[0]), `not valid YAML: ${what}`);
    }
    this.isBroken = document.errors.length > 0;
    if (document.contents === null || this.isBroken) return nothing;
    const fields = this.#fields(document.contents, '', this.#place(0), ['current', 'contexts']);
    const byName = new Map<string, Settings>();
    for (const { key, value, place } of this.#contexts(fields)) {
      this.#context = key;
      byName.set(key, this.#settings(key, value, place));
    }
    this.#context = undefined;
    return { file: this.#file, current: this.#current(fields, byName), byName };
  }

  #contexts(fields: readonly Field[]): readonly Field[] {
    const field = fields.find(({ key }) => key === 'contexts');
    if (field === undefined || isNothing(field.value)) return [];
    const contexts = this.#fields(field.value, 'contexts', field.place);
    for (const { key, place } of contexts) {
      if (isContextName(key)) continue;
      const hint = 'letters, digits, _, . and -, at most 63, beginning with a letter or digit';
      this.#context = key;
      this.#wrong('contexts', place, `${JSON.stringify(key)} is no name of a context`, hint);
    }
    this.#context = undefined;
    return contexts;
  }

  #current(fields: readonly Field[], byName: ReadonlyMap<string, Settings>): string | undefined {
    const field = fields.find(({ key }) => key === 'current');
    if (field === undefined || isNothing(field.value)) return undefined;
    const name = this.#text(field, 'current');
    if (name === undefined || byName.has(name)) return name;
    const hint = `there are: ${[...byName.keys()].join(', ') || 'none'}`;
    this.#wrong('current', field.place, `no context is called ${JSON.stringify(name)}`, hint);
    return undefined;
  }

  #settings(name: string, value: Node | null, place: Place): Settings {
    const path = `contexts.${name}`;
    const fields = this.#fields(value, path, place, SETTINGS);
    const settings: Record<string, string> = {};
    for (const field of fields) {
      const text = this.#text(field, `${path}.${field.key}`);
      if (text === undefined) continue;
      settings[field.key] = absolutePath(field.key, text, this.#file, this.#home);
    }
    const { etcd } = settings;
    if (etcd === undefined && !fields.some(({ key }) => key === 'etcd')) {
      this.#wrong(path, place, 'does not say where etcd is', 'etcd: https://10.0.0.5:2379');
    }
    if (etcd?.includes('@') === true) {
      const hint = 'use etcd-user, and etcd-password-file or etcd-password';
      this.#wrong(`${path}.etcd`, place, 'user and password do not belong in an endpoint', hint);
    }
    if (settings['etcd-password'] !== undefined && settings['etcd-password-file'] !== undefined) {
      this.#wrong(path, place, 'etcd-password and etcd-password-file: one of the two');
    }
    return settings;
  }

  /** The keys of a mapping; of all of them when it is not said which there may be. */
  #fields(
    node: Node | null,
    path: string,
    fallback: Place,
    known?: readonly string[],
  ): readonly Field[] {
    if (!isMap(node)) {
      this.isBroken ||= path === '' || path === 'contexts';
      this.#wrong(path, this.#placeOf(node, fallback), 'must be a mapping');
      return [];
    }
    return node.items.flatMap(({ key, value }): Field[] => {
      const place = this.#placeOf(key as Node, fallback);
      const name = isScalar(key) ? String(key.value) : '';
      // Parsed, not made: what a parser puts there is a node.
      if (known?.includes(name) !== false)
        return [{ key: name, value: value as Node | null, place }];
      this.#wrong(path, place, `unknown key ${JSON.stringify(name)}`, `known: ${known.join(', ')}`);
      return [];
    });
  }

  #text({ key, value, place }: Field, path: string): string | undefined {
    const at = this.#placeOf(value, place);
    if (key === 'etcd' && isSeq(value)) {
      const items = value.items.map((item) => (isScalar(item) ? String(item.value) : ''));
      if (items.length > 0 && !items.includes('')) return items.join(',');
    } else if (isScalar(value) && typeof value.value === 'string' && value.value !== '') {
      return value.value;
    }
    const what = isAlias(value) ? 'must be written out' : 'must be a text';
    this.#wrong(path, at, isNothing(value) ? 'is empty' : what);
    return undefined;
  }

  #wrong(path: string, place: Place, message: string, hint?: string): void {
    const problem = { severity: 'error' as const, path, place, message, context: this.#context };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  #placeOf(node: Node | null, fallback: Place): Place {
    return node?.range ? this.#place(node.range[0]) : fallback;
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const isNothing = (node: Node | null): boolean =>
  node === null || (isScalar(node) && (node.value === null || node.value === ''));
