import type { Place } from '@nap/shared';
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  Scalar as YamlScalar,
  type CST,
  type Document,
  type Node as YamlNode,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';
import type { Findings } from './findings.js';
import {
  brokenNode,
  entriesOf,
  keyPath,
  listNode,
  mapNode,
  scalarNode,
  type Entry,
  type Mark,
  type Node,
} from './node.js';
import { resolvePlain } from './scalars.js';
import { firstError } from './yaml-error.js';

/** Values of one document with every alias written out: a bomb of nested aliases is refused before anything walks it. */
const EXPANDED_VALUES_MAX = 100_000;
/** Levels of one document with every alias written out: far above any real file, far below the stack. */
const DEPTH_MAX = 100;
/** Pieces that the lexer cuts one file into, about a second of work. */
const LEXEMES_MAX = 400_000;
/** Constructs that are open at once while parsing; a level needs up to three. */
const OPEN_MAX = 3 * DEPTH_MAX;

interface Sized {
  readonly node: Node;
  /** Values in it, itself included. */
  readonly size: number;
  /** Levels below it. */
  readonly depth: number;
}

const leaf = (node: Node): Sized => ({ node, size: 1, depth: 0 });

/** Turns the documents of the `yaml` library into our located nodes. One for each document: anchors are per document. */
class Reader {
  readonly #anchors = new Map<string, Sized | 'open'>();
  readonly #findings: Findings;
  readonly #placeAt: (offset: number) => Place;
  #values = 0;

  constructor(findings: Findings, placeAt: (offset: number) => Place) {
    this.#findings = findings;
    this.#placeAt = placeAt;
  }

  read(node: YamlNode | null, path: string, fallback: Place): Sized {
    const place = node?.range ? this.#placeAt(node.range[0]) : fallback;
    // Once over the limit, the rest of the document costs nothing more.
    if (this.#values > EXPANDED_VALUES_MAX) return leaf(brokenNode(place));
    if (isAlias(node)) return this.#alias(node.source, path, place);
    this.#spend(1, place, path);
    if (node === null) return leaf(scalarNode(null, place));
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const content = this.#content(node, path, place);
    const isDeep = content.depth > DEPTH_MAX;
    const sized = isDeep
      ? this.#broken(place, path, `more than ${DEPTH_MAX} levels deep`)
      : content;
    if (anchor !== undefined) this.#anchors.set(anchor, sized);
    return sized;
  }

  #spend(values: number, place: Place, path: string): void {
    const before = this.#values;
    this.#values += values;
    if (before > EXPANDED_VALUES_MAX || this.#values <= EXPANDED_VALUES_MAX) return;
    const message = `the file has more than ${EXPANDED_VALUES_MAX} values, aliases written out`;
    this.#findings.error(place, path, message);
  }

  #content(node: YamlNode, path: string, place: Place): Sized {
    if (isScalar(node)) {
      if (node.tag !== BINARY) return marked(node, leaf(scalar(node, place)));
      return this.#broken(place, path, '!!binary values are not supported');
    }
    if (isMap(node)) return marked(node, this.#map(node, path, place));
    if (!isSeq(node)) return this.#broken(place, path, 'not a YAML value that Compose knows');
    const items = node.items.map((item, index) =>
      this.read(asNode(item), `${path}[${index}]`, place),
    );
    return marked(
      node,
      collected(
        listNode(
          items.map((item) => item.node),
          place,
        ),
        items,
      ),
    );
  }

  #map(map: YAMLMap, path: string, place: Place): Sized {
    const entries = new Map<string, Entry>();
    const merged: Node[] = [];
    const values: Sized[] = [];
    for (const pair of map.items) {
      const key = asNode(pair.key);
      const keyPlace = key?.range ? this.#placeAt(key.range[0]) : place;
      const name = this.#keyName(key);
      if (name === undefined) {
        this.#findings.error(keyPlace, path, 'a key must be plain text');
        continue;
      }
      const value = this.read(asNode(pair.value), keyPath(path, name), keyPlace);
      values.push(value);
      if (name === '<<' && isScalar(key) && key.type === YamlScalar.PLAIN) {
        merged.push(...this.#mergeSources(value.node, keyPath(path, name)));
        continue;
      }
      const first = entries.get(name);
      if (first === undefined) entries.set(name, { keyPlace, value: value.node });
      else this.#duplicate(name, path, first.keyPlace, keyPlace);
    }
    for (const source of merged) {
      // Keys that the map writes itself win wherever they stand; of several sources the first wins.
      for (const [name, entry] of entriesOf(source)) {
        if (!entries.has(name)) entries.set(name, entry);
      }
    }
    return collected(mapNode(entries, place), values);
  }

  #keyName(key: YamlNode | null): string | undefined {
    if (key === null) return '';
    if (isScalar(key)) return typeof key.value === 'string' ? key.value : '';
    if (!isAlias(key)) return undefined;
    const target = this.#anchors.get(key.source);
    if (target === undefined || target === 'open' || target.node.kind !== 'scalar')
      return undefined;
    return String(target.node.value ?? '');
  }

  #mergeSources(node: Node, path: string): readonly Node[] {
    if (node.kind === 'map' || node.kind === 'broken') return [node];
    if (node.kind === 'list' && node.items.every((item) => item.kind === 'map')) return node.items;
    this.#findings.error(node.place, path, '"<<" takes a mapping or a list of mappings');
    return [];
  }

  #duplicate(name: string, path: string, first: Place, second: Place): void {
    this.#findings.error(
      second,
      keyPath(path, name),
      `"${name}" is written twice, in line ${first.line} and in line ${second.line}`,
      'a mapping has each key once: remove one of them',
    );
  }

  #alias(name: string, path: string, place: Place): Sized {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      return this.#broken(place, path, `*${name} refers to an anchor that is not defined above`);
    }
    if (target === 'open') return this.#broken(place, path, `*${name} contains itself`);
    this.#spend(target.size, place, path);
    return target;
  }

  #broken(place: Place, path: string, message: string): Sized {
    this.#findings.error(place, path, message);
    return leaf(brokenNode(place));
  }
}

function collected(node: Node, children: readonly Sized[]): Sized {
  let [size, depth] = [1, 0];
  for (const inner of children) {
    size += inner.size;
    depth = Math.max(depth, inner.depth + 1);
  }
  return { node, size, depth };
}

function marked(node: YamlNode, sized: Sized): Sized {
  const mark = markOf(node);
  return mark === undefined ? sized : { ...sized, node: { ...sized.node, mark } };
}

const BINARY = 'tag:yaml.org,2002:binary';

function asNode(value: unknown): YamlNode | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

function markOf(node: YamlNode): Mark | undefined {
  if (node.tag === '!reset') return 'reset';
  return node.tag === '!override' ? 'override' : undefined;
}

function scalar(node: YamlScalar, place: Place): Node {
  // Of a tag that the library knows by itself, such as !!timestamp, the text counts.
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  const isPlain = node.type === YamlScalar.PLAIN || node.type === undefined;
  const isTyped = /^tag:yaml\.org,2002:(int|float|bool|null)$/.test(node.tag ?? '');
  if (node.tag === 'tag:yaml.org,2002:str') return scalarNode(text, place);
  return scalarNode(isPlain || isTyped ? resolvePlain(text) : text, place);
}

function readDocument(
  document: Document<ParsedNode>,
  findings: Findings,
  placeAt: (offset: number) => Place,
): Node | undefined {
  const error = firstError(document);
  if (error !== undefined) {
    findings.error(placeAt(error.offset), '', `not valid YAML: ${error.message}`, error.hint);
    return brokenNode(placeAt(0));
  }
  const { contents } = document;
  if (contents === null) return undefined;
  const { node } = new Reader(findings, placeAt).read(contents, '', placeAt(0));
  return node.kind === 'scalar' && node.value === null ? undefined : node;
}

interface Tokens {
  readonly tokens: CST.Token[];
  readonly refused?: string;
}

/** Cuts a text into the tokens of the library, within bounds: it has none, and its parser recurses. */
function tokensOf(text: string, lineCounter: LineCounter): Tokens {
  const parser = new Parser(lineCounter.addNewLine);
  // The parser announces every line but the first.
  lineCounter.addNewLine(0);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > LEXEMES_MAX) return { tokens: [], refused: 'the file is too long' };
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > OPEN_MAX) return { tokens: [], refused: 'nested too deeply' };
  }
  tokens.push(...parser.end());
  return { tokens };
}

/**
 * The documents of one file, empty ones left out. Scalars are typed here and not by the library, whose numbers differ from
 * Compose's; so are anchors and duplicate keys, which the library handles in quadratic time.
 */
export function parseYaml(text: string, file: string, findings: Findings): readonly Node[] {
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const { tokens, refused } = tokensOf(text.replace(/^\uFEFF/, ''), lineCounter);
  if (refused !== undefined) {
    findings.error(placeAt(0), '', `not a Compose file: ${refused}`);
    return [brokenNode(placeAt(0))];
  }
  const composer = new Composer({
    schema: 'failsafe',
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  });
  const nodes: Node[] = [];
  for (const document of composer.compose(tokens, true)) {
    const node = readDocument(document, findings, placeAt);
    if (node !== undefined) nodes.push(node);
    // What follows may be read as it is only because of what is wrong here.
    if (document.errors.length > 0) break;
  }
  return nodes;
}
