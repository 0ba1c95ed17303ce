import { Findings } from './findings.js';
import type { Node } from './node.js';
import { parseYaml } from './parse-yaml.js';

function plain(node: Node): unknown {
  if (node.kind === 'broken') return 'BROKEN';
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'scalar') return node.value;
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
}

function parse(text: string): { documents: unknown[]; problems: string[]; nodes: readonly Node[] } {
  const findings = new Findings();
  const nodes = parseYaml(text, 'f.yml', findings);
  const problems = findings.problems.map(
    ({ place, path, message }) => `${place?.line ?? 0}:${place?.column ?? 0} ${path}: ${message}`,
  );
  return { documents: nodes.map(plain), problems, nodes };
}

describe('parseYaml', () => {
  test('every value knows its line and column', () => {
    const [root] = parse('a:\n  b: [x,\n    y]\n').nodes;
    const inner = root?.kind === 'map' ? root.entries.get('a') : undefined;
    const list = inner?.value.kind === 'map' ? inner.value.entries.get('b') : undefined;
    expect(inner?.keyPlace).toEqual({ file: 'f.yml', line: 1, column: 1 });
    expect(list?.keyPlace).toMatchObject({ line: 2, column: 3 });
    expect(list?.value.place).toMatchObject({ line: 2, column: 6 });
    expect(list?.value.kind === 'list' ? list.value.items[1]?.place : undefined).toMatchObject({
      line: 3,
      column: 5,
    });
  });

  test('merge keys: own keys win wherever they stand, of a list the first wins', () => {
    const text = 'x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz:\n  b: 0\n  <<: [*x, *y]\n';
    expect(parse(text).documents).toMatchObject([{ z: { a: 1, b: 0, c: 2 } }]);
    expect(parse('z: {"<<": 1}').documents).toEqual([{ z: { '<<': 1 } }]);
    expect(parse('z:\n  <<: 1').problems).toEqual([
      '2:7 z.<<: "<<" takes a mapping or a list of mappings',
    ]);
  });

  test('a key written twice is an error with both lines', () => {
    expect(parse('a: 1\nb: 2\na: 3').problems).toEqual([
      '3:1 a: "a" is written twice, in line 1 and in line 3',
    ]);
  });

  test('anchors: undefined, inside themselves, per document', () => {
    expect(parse('a: *b').problems).toEqual([
      '1:4 a: *b refers to an anchor that is not defined above',
    ]);
    expect(parse('a: &a [*a]').problems).toEqual(['1:8 a[0]: *a contains itself']);
    expect(parse('a: &a 1\n---\nb: *a').problems).toHaveLength(1);
    expect(parse('a: &a 1\nb: *a\nc: &a 2\nd: *a').documents).toEqual([{ a: 1, b: 1, c: 2, d: 2 }]);
  });

  test('several documents, empty ones left out', () => {
    expect(parse('a: 1\n---\n# nothing\n---\nb: 2\n').documents).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parse('').documents).toEqual([]);
    expect(parse('# nothing').documents).toEqual([]);
  });

  test('byte order mark, CRLF, JSON, comments and block texts', () => {
    expect(parse('\uFEFFa: |\r\n  x\r\n  y\r\nb: >-\r\n  x\r\n  y # text\r\n').documents).toEqual([
      { a: 'x\ny\n', b: 'x y # text' },
    ]);
    expect(parse('{"a": ["010", 010, null], "b": {}}').documents).toEqual([
      { a: ['010', 8, null], b: {} },
    ]);
  });

  test('tags: reset and override stay, those of YAML type, others are ignored', () => {
    const { nodes, documents } = parse(
      'a: !reset []\nb: !override {c: 1}\nd: !!str 010\ne: !x 1\nf: !reset\n',
    );
    const marks = nodes.flatMap((node) =>
      node.kind === 'map' ? [...node.entries.values()].map(({ value }) => value.mark) : [],
    );
    expect(marks).toEqual(['reset', 'override', undefined, undefined, 'reset']);
    expect(documents).toMatchObject([{ d: '010', e: 1 }]);
  });

  test('dates keep their text, binary values are refused', () => {
    expect(parse('a: !!timestamp 2024-01-01').documents).toEqual([{ a: '2024-01-01' }]);
    expect(parse('a: !!binary aGk=').problems).toEqual([
      '1:13 a: !!binary values are not supported',
    ]);
  });

  test('keys that are no strings are taken as text; a mapping is no key', () => {
    expect(parse('1: a\ntrue: b\n').documents).toEqual([{ 1: 'a', true: 'b' }]);
    expect(parse('? {a: 1}\n: b\n').problems).toEqual(['1:3 : a key must be plain text']);
  });

  test('what is no YAML is an error with its place', () => {
    expect(parse('a: 1\n\tb: 2\n').problems[0]).toMatch(
      /^2:1 : not valid YAML: tabs are not allowed/,
    );
    expect(parse('a: [1\n').problems[0]).toMatch(/not valid YAML/);
    expect(parse('a: b: c').problems[0]).toMatch(/^1:4 : not valid YAML/);
    expect(parse('%%').problems[0]).toMatch(/not valid YAML/);
  });
});

describe('one slip is one error, at the place of its cause', () => {
  const more = Array.from(
    { length: 50 },
    (_, at) => `  s${at}:\n    image: "x"\n    command: [a, 'b']\n    environment: {A: b}\n`,
  ).join('');
  test.each([
    ['a bracket too many', 'command: [a]]', '3:17 : not valid YAML: unexpected flow-seq-end'],
    ['a brace too many', 'environment: {A: b}}', '3:24 : not valid YAML: unexpected flow-map-end'],
    ['a bracket that is not closed', 'command: [a', '4:3 : not valid YAML: flow sequence in block'],
    ['a brace that is not closed', 'environment: {A: b', '4:3 : not valid YAML: flow map in block'],
    ['one within another', 'x: {test: [CMD, a: 3s}', '3:26 : not valid YAML: flow sequence in'],
    ['a brace for a bracket', 'command: [a}', '3:16 : not valid YAML: flow sequence in block'],
    ['no comma', 'environment: {A: b C: d}', '3:22 : not valid YAML: block collections are not'],
    [
      'no comma at the end of a line',
      'environment: {\n      A: b\n      C: d\n    }',
      '4:10 : not valid YAML: block collections are not allowed within flow collections',
    ],
    ['no comma in a list', 'command: ["a" "b"]', '3:19 : not valid YAML: missing , or : between'],
    ['a quote', 'image: "x', '3:12 : not valid YAML: the quote that is opened here is not closed'],
    [
      'another quote',
      'cmd: "don\'t',
      '3:10 : not valid YAML: the quote that is opened here is not',
    ],
    ['a quote in quotes', "cmd: 'don't'", '3:15 : not valid YAML: unexpected scalar at node end'],
    ['a tab', 'a:\n\tb: c', '4:1 : not valid YAML: tabs are not allowed as indentation'],
    ['a dash out of line', 'a:\n      - b\n     - c', '5:1 : not valid YAML: a block sequence may'],
    ['no colon', 'a\n    b: c', '3:5 : not valid YAML: implicit keys need to be on a single line'],
  ])('%s', (_what, line, problem) => {
    const { problems } = parse(`services:\n  web:\n    ${line}\n${more}---\na: ]\n`);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});

describe('parseYaml is bounded', () => {
  const repeated = (text: string, length = 4_000_000): string =>
    text.repeat(Math.floor(length / text.length));
  const names = Array.from('abcdefghij');
  const bomb = names
    .map(
      (name, at) =>
        `${name}: &${name} [${`${at === 0 ? 'x' : `*${names[at - 1] ?? ''}`},`.repeat(9)}]`,
    )
    .join('\n');

  test.each([
    ['a bomb of aliases', bomb, 'aliases written out'],
    [
      'a bomb of merge keys',
      `x: &x {${Array.from({ length: 9000 }, (_, at) => `k${at}: 1`).join(',')}}\ny:\n${repeated('- {<<: *x}\n', 200_000)}`,
      'aliases written out',
    ],
    ['brackets', repeated('['), 'nested too deeply'],
    ['colons', repeated(': '), 'nested too deeply'],
    ['dashes', repeated('- '), 'nested too deeply'],
    ['lines', repeated('a: b\n'), 'too long'],
    ['quotes', repeated('"'), 'too long'],
    [
      'indentation',
      Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
      'nested too deeply',
    ],
  ])('%s end in one clear problem, soon', (_name, text, message) => {
    const start = performance.now();
    const { problems } = parse(text);
    expect(problems[0]).toContain(message);
    expect(performance.now() - start).toBeLessThan(8000);
  });
});
