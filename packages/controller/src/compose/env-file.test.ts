import fc from 'fast-check';
import { parseEnvFile } from './env-file.js';
import { Findings } from './findings.js';

function parse(text: string, env: Record<string, string> = {}): [Record<string, string>, string[]] {
  const findings = new Findings();
  const entries = parseEnvFile(text, 'x.env', { lookup: (name) => env[name] }, findings);
  const values = [...entries].map(([key, { value }]) => [key, value] as const);
  return [
    Object.fromEntries(values),
    findings.problems.map(({ place, message }) => `${place?.line ?? 0} ${message}`),
  ];
}

describe('.env grammar', () => {
  test.each([
    ['A=b', { A: 'b' }],
    ['A: b', { A: 'b' }],
    ['export A = b ', { A: 'b' }],
    ['  A=b', { A: 'b' }],
    ['A=', { A: '' }],
    ['A=a b c', { A: 'a b c' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=a #b', { A: 'a' }],
    ['A= # c', { A: '# c' }],
    ['A=#ff0000\nB= #1', { A: '#ff0000', B: '#1' }],
    ['A=a\t#b', { A: 'a\t#b' }],
    ['# c\n\nA=1', { A: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a\\nb', { A: 'a\\nb' }],
    ['A="a\\nb\\t\\"c\\" \\\\ \\$X"', { A: 'a\nb\t"c" \\ $X' }],
    ['A="a\nb" # c\nB=1', { A: 'a\nb', B: '1' }],
    ["A='a\nb $X \\' \\n'", { A: "a\nb $X ' \\n" }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\nB=$A-${A}-${U:-d}', { A: '1', B: '1-1-d' }],
    ['A=1=2', { A: '1=2' }],
    ['a.b-c=1', { 'a.b-c': '1' }],
  ])('%j', (text, expected) => {
    expect(parse(text)).toEqual([expected, []]);
  });

  test('the environment wins over earlier keys when a value is expanded', () => {
    expect(parse('SET=file\nB=$SET', { SET: 'shell' })).toEqual([{ SET: 'file', B: 'shell' }, []]);
  });

  test('a key alone takes the value of the environment, or is left out', () => {
    expect(parse('A\nB\n', { A: '1' })).toEqual([{ A: '1' }, []]);
  });

  test.each([
    ['A=1\nB="x\ny', '2 the value of B has a quote that is not closed'],
    ['A=1\nB C=2', '2 "B" is not a variable'],
    ['=x', '1 "=x" is not a variable'],
    ['A="x" y', '1 the value of A goes on after its closing quote'],
    ['A=${B:?why}', '1 required variable B is missing a value: why'],
    ['A="a\nb"\nC=${', '3 invalid interpolation format: "${"'],
  ])('%j is an error with its line', (text, problem) => {
    expect(parse(text)[1]).toEqual([problem]);
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('A', '=', '"', "'", '$', '{', '}', '#', ' ', '\n', '\\', ':'),
        }),
        (text) => {
          expect(() => parse(text)).not.toThrow();
        },
      ),
    );
  });
});
